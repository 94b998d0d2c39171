/** Hex, base64, UTF-8 and equality of bytes, each in its one strict form. RFC 4648, RFC 3629. @module */
import { VerificationError } from './errors.ts';

// What these four answer is laid down by the WHATWG standards "Encoding" and "HTML", and is the same in every engine
// (test/runtimes.test.ts). They are all that the core takes from outside the language, so they are declared here alone.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label: 'utf-8', options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}
declare function atob(base64: string): string;
declare function btoa(binary: string): string;

const encoder = /* @__PURE__ */ new TextEncoder();
// A byte order mark stays, as U+FEFF; what is no UTF-8 is refused, or replaced by U+FFFD to find where it is.
const strictDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossyDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
const HEX_DIGITS = '0123456789abcdef';
const LONE_SURROGATE = /[\ud800-\udfff]/u; // with this flag a pair is one character above U+FFFF

/**
 * Lower-case hex, two digits a byte.
 * @example hexFromBytes(Uint8Array.of(0, 255)) // '00ff'
 */
export function hexFromBytes(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += HEX_DIGITS.charAt(byte >> 4) + HEX_DIGITS.charAt(byte & 15);
  return hex;
}

/**
 * Reads lower-case hex. Anything else is refused with `E_FIELD`.
 * @example bytesFromHex('00ff') // Uint8Array [0, 255]
 */
export function bytesFromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0) {
    throw new VerificationError('E_FIELD', {
      rule: 'hex-pairs',
      actual: `${hex.length}`,
    });
  }
  const bytes = bytesOfHex(hex);
  if (bytes !== null) return bytes;
  throw new VerificationError('E_FIELD', {
    rule: 'hex',
    actual: `${hex.search(/[^0-9a-f]/)}`,
  });
}

/** The same for a text of even length, without a word about what is wrong: null. */
export function bytesOfHex(hex: string): Uint8Array | null {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = 16 * hexDigit(hex.charCodeAt(2 * i)) + hexDigit(hex.charCodeAt(2 * i + 1));
    if (byte < 0) return null;
    bytes[i] = byte;
  }
  return bytes;
}

// No digit: so little that the byte is negative, whatever its other digit.
function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  return unit >= 0x61 && unit <= 0x66 ? unit - 0x61 + 10 : -256;
}

/**
 * The standard alphabet with padding. RFC 4648 section 4.
 * @example base64FromBytes(Uint8Array.of(1)) // 'AQ=='
 */
export function base64FromBytes(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * Reads the standard alphabet with padding. Spare bits must be zero, so that one value has one text; anything else
 * is refused with `E_FIELD`.
 * @example bytesFromBase64('AQ==') // Uint8Array [1]
 */
export function bytesFromBase64(text: string): Uint8Array {
  const binary = binaryOfBase64(text);
  // The platform takes white space, missing padding and spare bits: only the text that it would write is the one.
  if (binary !== null && btoa(binary) === text) {
    return Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
  }
  throw new VerificationError('E_FIELD', { rule: 'base64' });
}

function binaryOfBase64(text: string): string | null {
  try {
    return atob(text);
  } catch {
    return null; // a character outside the alphabet, or a length that no bytes have
  }
}

/**
 * UTF-8 of a well-formed string. A lone surrogate has no UTF-8 and is refused with `E_FIELD`.
 * @example utf8FromString('é') // Uint8Array [0xc3, 0xa9]
 */
export function utf8FromString(text: string): Uint8Array {
  if (isWellFormed(text)) return encoder.encode(text);
  throw new VerificationError('E_FIELD', { rule: 'well-formed' });
}

/** How many bytes the text has in UTF-8; a lone surrogate, which has none, counts 3. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** Tells whether each surrogate of the text is half of a pair. Engines before 2023 lack the method of this name. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/**
 * Text of UTF-8 bytes. Overlong forms, surrogates and stray bytes are refused with `E_FIELD`, never replaced. A byte
 * order mark is kept as U+FEFF: whoever parses the text refuses it there.
 * @example stringFromUtf8(Uint8Array.of(0xc3, 0xa9)) // 'é'
 */
export function stringFromUtf8(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    const replaced = encoder.encode(lossyDecoder.decode(bytes));
    let at = 0;
    while (at < bytes.length && bytes[at] === replaced[at]) at++;
    throw new VerificationError('E_FIELD', { rule: 'utf-8', actual: `${at}`, cause });
  }
}

/**
 * Whether both have the same length and the same bytes. The time does not depend on where they differ.
 * @example equalBytes(Uint8Array.of(1), Uint8Array.of(1)) // true
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** The bytes in the other order, as a copy. A `slice` would do for a plain array alone: that of a Node buffer is a view. */
export function reversedBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes).reverse();
}

/** Joins byte strings, one allocation. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return joinBytes(parts);
}

/** The same for a list that may be too long for arguments. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
