/** URL credentials: `https://user:password@host/` becomes a URL without them and a header that is kept as a secret. RFC 7617. @module */

export type TakenCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'taken'; readonly url: string; readonly authorization: string }
  | { readonly kind: 'unusable' };

// RFC 7617 section 2: a colon would end the user name earlier; control characters are forbidden.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** `text` is a URL already judged in all but its credentials. */
export function takeUrlCredentials(text: string): TakenCredentials {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { kind: 'none' };
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (user === null || password === null || user.includes(':')) return { kind: 'unusable' };
  url.username = '';
  url.password = '';
  const basic = Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
  return { kind: 'taken', url: url.href, authorization: `Basic ${basic}` };
}

function decoded(escaped: string): string | null {
  try {
    const text = decodeURIComponent(escaped);
    return CONTROL.test(text) ? null : text;
  } catch {
    // Bytes that are no UTF-8: no receiver could be told what was meant.
    return null;
  }
}
