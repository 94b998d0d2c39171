/** Hex, base64, UTF-8 and equality of bytes, each in its one strict form. RFC 4648, RFC 3629. @module */
import { VerificationError } from './errors.ts';

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);
const BASE64_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'; // RFC 4648 section 4
const DECODE_CHUNK = 8_192; // code units per String.fromCharCode call: engines limit the argument count

/**
 * Lower-case hex, two digits a byte.
 * @example hexFromBytes(Uint8Array.of(0, 255)) // '00ff'
 */
export function hexFromBytes(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += HEX_OF_BYTE[byte];
  return hex;
}

/**
 * Reads lower-case hex. Anything else is refused with `E_FIELD`.
 * @example bytesFromHex('00ff') // Uint8Array [0, 255]
 */
export function bytesFromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0) {
    throw new VerificationError('E_FIELD', {
      expected: 'an even number of hex digits',
      actual: `${hex.length} characters`,
    });
  }
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = hexDigitAt(hex, 2 * i) * 16 + hexDigitAt(hex, 2 * i + 1);
  }
  return bytes;
}

function hexDigitAt(hex: string, position: number): number {
  const unit = hex.charCodeAt(position);
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  if (unit >= 0x61 && unit <= 0x66) return unit - 0x61 + 10;
  throw new VerificationError('E_FIELD', {
    expected: 'lower-case hex digits',
    actual: `another character at position ${position}`,
  });
}

/**
 * The standard alphabet with padding. RFC 4648 section 4.
 * @example base64FromBytes(Uint8Array.of(1)) // 'AQ=='
 */
export function base64FromBytes(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const present = Math.min(3, bytes.length - i);
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let sextet = 0; sextet < 4; sextet++) {
      text += sextet > present ? '=' : BASE64_ALPHABET.charAt((group >> (18 - 6 * sextet)) & 63);
    }
  }
  return text;
}

/**
 * Reads the standard alphabet with padding. Spare bits must be zero, so that one value has one text; anything else
 * is refused with `E_FIELD`.
 * @example bytesFromBase64('AQ==') // Uint8Array [1]
 */
export function bytesFromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) {
    throw new VerificationError('E_FIELD', {
      expected: 'base64 with padding, a multiple of 4 characters',
      actual: `${text.length} characters`,
    });
  }
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let written = 0;
  for (let i = 0; i < text.length; i += 4) {
    const inLastGroup = i + 4 === text.length;
    let group = 0;
    for (let sextet = 0; sextet < 4; sextet++) {
      const isPadding = inLastGroup && sextet >= 4 - padding;
      group = (group << 6) | (isPadding ? 0 : base64DigitAt(text, i + sextet));
    }
    for (let shift = 16; shift >= 0 && written < bytes.length; shift -= 8) {
      bytes[written++] = (group >> shift) & 255;
    }
    const spareBits = padding === 0 || !inLastGroup ? 0 : group & (padding === 2 ? 0xffff : 0xff);
    if (spareBits !== 0) {
      throw new VerificationError('E_FIELD', {
        expected: 'base64 whose spare bits are zero',
        actual: 'spare bits that are set',
      });
    }
  }
  return bytes;
}

function base64DigitAt(text: string, position: number): number {
  const unit = text.charCodeAt(position);
  if (unit >= 0x41 && unit <= 0x5a) return unit - 0x41;
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x61 + 26;
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30 + 52;
  if (unit === 0x2b) return 62;
  if (unit === 0x2f) return 63;
  throw new VerificationError('E_FIELD', {
    expected: 'characters of the base64 alphabet',
    actual: `another character at position ${position}`,
  });
}

/**
 * UTF-8 of a well-formed string. A lone surrogate has no UTF-8 and is refused with `E_FIELD`.
 * @example utf8FromString('é') // Uint8Array [0xc3, 0xa9]
 */
export function utf8FromString(text: string): Uint8Array {
  return asciiFromString(text) ?? utf8FromAnyString(text);
}

// Most texts are ASCII: one pass instead of three.
function asciiFromString(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return null;
    bytes[i] = unit;
  }
  return bytes;
}

function utf8FromAnyString(text: string): Uint8Array {
  if (!isWellFormed(text)) {
    throw new VerificationError('E_FIELD', {
      expected: 'well-formed text',
      actual: 'a lone surrogate',
    });
  }
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 63);
    } else if (isSurrogate(unit)) {
      // The text is well-formed: a low surrogate follows.
      const point = 0x10000 + ((unit - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00);
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 63);
      bytes[at++] = 0x80 | ((point >> 6) & 63);
      bytes[at++] = 0x80 | (point & 63);
    } else {
      bytes[at++] = 0xe0 | (unit >> 12);
      bytes[at++] = 0x80 | ((unit >> 6) & 63);
      bytes[at++] = 0x80 | (unit & 63);
    }
  }
  return bytes;
}

/** How many bytes the text has in UTF-8; a lone surrogate, which has none, counts 2. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a pair counts 2 of the pair's 4 bytes.
    length += unit < 0x80 ? 1 : unit < 0x800 || isSurrogate(unit) ? 2 : 3;
  }
  return length;
}

/** Tells whether each surrogate of the text is half of a pair. Engines before 2023 lack the method of this name. */
export function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!isSurrogate(unit)) continue;
    const next = text.charCodeAt(i + 1); // NaN at the end, which no comparison accepts
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
    i++;
  }
  return true;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/**
 * Text of UTF-8 bytes. Overlong forms, surrogates and stray bytes are refused with `E_FIELD`, never replaced. A byte
 * order mark is kept as U+FEFF: whoever parses the text refuses it there.
 * @example stringFromUtf8(Uint8Array.of(0xc3, 0xa9)) // 'é'
 */
export function stringFromUtf8(bytes: Uint8Array): string {
  let text = '';
  let i = 0;
  while (i < bytes.length) {
    // As many places as there can be units: an array that grows unit by unit takes twice as long.
    const units = new Array<number>(Math.min(bytes.length - i, DECODE_CHUNK));
    let count = 0;
    while (i < bytes.length && count < DECODE_CHUNK - 1) {
      const lead = bytes[i] as number;
      if (lead < 0x80) {
        units[count++] = lead;
        i++;
        continue;
      }
      const length = sequenceLength(lead);
      const point = codePointAt(bytes, i, length);
      if (point === undefined) {
        throw new VerificationError('E_FIELD', {
          expected: 'UTF-8',
          actual: `another byte sequence at byte ${i}`,
        });
      }
      if (point < 0x10000) {
        units[count++] = point;
      } else {
        units[count++] = 0xd800 + ((point - 0x10000) >> 10);
        units[count++] = 0xdc00 + ((point - 0x10000) & 0x3ff);
      }
      i += length;
    }
    units.length = count;
    text += String.fromCharCode(...units);
  }
  return text;
}

// For a lead byte of 0x80 or more.
function sequenceLength(lead: number): number {
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

// The smallest code point that needs so many bytes: a smaller one is an overlong form. RFC 3629 section 3.
const SMALLEST_POINT: readonly number[] = [0, 0, 0x80, 0x800, 0x10000];

function codePointAt(bytes: Uint8Array, start: number, length: number): number | undefined {
  const lead = bytes[start] as number;
  if (lead < 0xc2 || lead > 0xf4 || start + length > bytes.length) return undefined;
  let point = lead & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const byte = bytes[start + i] as number;
    if ((byte & 0xc0) !== 0x80) return undefined;
    point = (point << 6) | (byte & 63);
  }
  const tooSmall = point < (SMALLEST_POINT[length] as number);
  return tooSmall || isSurrogate(point) || point > 0x10ffff ? undefined : point;
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

/** Joins byte strings, one allocation. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
