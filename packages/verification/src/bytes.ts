/** Hex, base64, UTF-8 and equality of bytes, each in its one strict form. RFC 4648, RFC 3629. @module */
import { VerificationError } from './errors.ts';

const BASE64_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'; // RFC 4648 section 4
const UNITS_PER_CALL = 8_192; // engines limit the argument count

/**
 * Lower-case hex, two digits a byte.
 * @example hexFromBytes(Uint8Array.of(0, 255)) // '00ff'
 */
export function hexFromBytes(bytes: Uint8Array): string {
  // Code units in an array of known length: joined pairs of digits take 1.8 times as long, and more memory.
  const units = new Array<number>(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    units[2 * i] = hexUnit(byte >> 4);
    units[2 * i + 1] = hexUnit(byte & 15);
  }
  return stringFromUnits(units);
}

function hexUnit(digit: number): number {
  return digit < 10 ? 0x30 + digit : 0x61 - 10 + digit;
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
  const bytes = bytesOfHex(hex);
  if (bytes !== null) return bytes;
  throw new VerificationError('E_FIELD', {
    expected: 'lower-case hex digits',
    actual: `another character at position ${hex.search(/[^0-9a-f]/)}`,
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
  const digits = text.replace(/==?$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let written = 0;
  let bits = 0; // what the digits so far say beyond the bytes written
  let bitCount = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = BASE64_ALPHABET.indexOf(digits.charAt(i));
    if (digit === -1) {
      throw new VerificationError('E_FIELD', {
        expected: 'characters of the base64 alphabet',
        actual: `another character at position ${i}`,
      });
    }
    bits = (bits << 6) | digit;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[written++] = bits >> bitCount;
    bits &= (1 << bitCount) - 1;
  }
  if (bits === 0) return bytes;
  throw new VerificationError('E_FIELD', {
    expected: 'base64 whose spare bits are zero',
    actual: 'spare bits that are set',
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
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    const length = utf8Length(character);
    // The lead byte begins with as many ones as there are bytes, each other byte with 10. RFC 3629 section 3.
    bytes[at++] = length === 1 ? point : (0xff00 >> length) | (point >> (6 * length - 6));
    for (let rest = length - 2; rest >= 0; rest--) {
      bytes[at++] = 0x80 | ((point >> (6 * rest)) & 63);
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
  // As many places as there can be units: an array that grows unit by unit takes twice as long.
  const units = new Array<number>(bytes.length);
  let count = 0;
  let i = 0;
  while (i < bytes.length) {
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
  return stringFromUnits(units);
}

function stringFromUnits(units: readonly number[]): string {
  if (units.length <= UNITS_PER_CALL) return String.fromCharCode(...units);
  let text = '';
  for (let at = 0; at < units.length; at += UNITS_PER_CALL) {
    text += String.fromCharCode(...units.slice(at, at + UNITS_PER_CALL));
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
