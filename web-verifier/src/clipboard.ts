/** The clipboard, which a browser may refuse or not have. @module */

/** Resolves to whether the text is in the clipboard now. Never rejects. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Not there on pages that came over plain http.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // refused, or there is none: whoever asked shows the text to be copied by hand
  }
}
