/** Header fields as they came, before anybody joined or dropped repeated ones. RFC 9110 section 5.2. @module */

/** Names and values in turns, as `node:http` gives them; values in Latin-1, one character a byte. */
export type RawHeaders = readonly string[];

export type FoundHeader =
  | { readonly kind: 'one'; readonly value: string }
  | { readonly kind: 'none' }
  /** Two readers could pick different ones, so neither counts. */
  | { readonly kind: 'repeated' };

const NONE: FoundHeader = { kind: 'none' };
const REPEATED: FoundHeader = { kind: 'repeated' };

/** `lowerName` is in lower case. */
export function findHeader(headers: RawHeaders, lowerName: string): FoundHeader {
  let value: string | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== lowerName.length || name.toLowerCase() !== lowerName) continue;
    if (value !== undefined) return REPEATED;
    value = headers[i + 1] as string;
  }
  return value === undefined ? NONE : { kind: 'one', value };
}
