/** Files and pasted text, read up to the size limit. Each becomes an entry, also when it cannot be read. @module */

/** The limit for one package, as in the command line program. */
export const MAX_PACKAGE_BYTES = 1_048_576;

/** How many files one run takes; a folder of more belongs to the command line program. */
export const MAX_FILES = 200;

/** What was found in a file. */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unreadable' };

/** One thing to check. The name comes from outside: escape it before showing it. */
export interface Entry {
  /** Tells apart two files of the same name. */
  readonly id: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly content: Content;
}

/** Reads one file. A folder or a file that vanished is an entry too. */
export async function readEntry(id: number, file: File): Promise<Entry> {
  const { name, size: sizeBytes } = file;
  if (sizeBytes > MAX_PACKAGE_BYTES) return { id, name, sizeBytes, content: { kind: 'too-large' } };
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return { id, name, sizeBytes, content: { kind: 'bytes', bytes } };
  } catch {
    // The browser gives no reason that would help: a folder, a missing permission, a removed file.
    return { id, name, sizeBytes, content: { kind: 'unreadable' } };
  }
}

/** Makes an entry of pasted text. */
export function entryFromText(id: number, name: string, text: string): Entry {
  const bytes = new TextEncoder().encode(text);
  const sizeBytes = bytes.length;
  if (sizeBytes > MAX_PACKAGE_BYTES) return { id, name, sizeBytes, content: { kind: 'too-large' } };
  return { id, name, sizeBytes, content: { kind: 'bytes', bytes } };
}
