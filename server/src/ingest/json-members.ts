/** The members of a JSON object as the bytes they stand in, so that a value can be passed on exactly as it was written. RFC 8259. @module */

/** Where a value stands: `bytes.subarray(start, end)`. */
export interface MemberPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * The members of the outermost object, in order, repeated names included. `bytes` are UTF-8 that `JSON.parse` has
 * read without complaint: this only finds the borders. No byte of a longer character looks like one of the above.
 */
export function findMembers(bytes: Uint8Array): MemberPlace[] {
  const members: MemberPlace[] = [];
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return members;
  at = skipSpace(bytes, at + 1);
  while (at < bytes.length && bytes[at] !== CLOSE_BRACE) {
    const nameEnd = endOfString(bytes, at);
    const name = JSON.parse(Buffer.from(bytes.subarray(at, nameEnd)).toString('utf8')) as string;
    at = skipSpace(bytes, nameEnd);
    if (bytes[at] === COLON) at = skipSpace(bytes, at + 1);
    const end = endOfValue(bytes, at);
    members.push({ name, start: at, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return members;
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** The place after the string that begins at `from`. */
function endOfString(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function endOfValue(bytes: Uint8Array, from: number): number {
  let at = from;
  let depth = 0;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at; // of the object around a number or a word
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) {
      return at;
    }
    at += 1;
  }
  return at;
}
