/** Hex, base64 and UTF-8: one value has one text, checked against Node's own coders. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64FromBytes,
  bytesFromBase64,
  bytesFromHex,
  concatBytes,
  equalBytes,
  hexFromBytes,
  isWellFormed,
  stringFromUtf8,
  utf8FromString,
  utf8Length,
} from '../src/bytes.ts';
import { expectRefusal } from './refusal.ts';

const SEED = { seed: 6962, numRuns: 300 };
const bytes = fc.uint8Array({ maxLength: 70 });
const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('hex', () => {
  it('is what Buffer writes, and comes back', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(hexFromBytes(value)).toBe(Buffer.from(value).toString('hex'));
        expect(bytesFromHex(hexFromBytes(value))).toEqual(value);
      }),
      SEED,
    );
  });

  it.each(['A0', '0', 'g0', '0x', ' 00', '00\n', '\u0660\u0661'])('refuses %j', (text) => {
    expectRefusal('E_FIELD', () => bytesFromHex(text));
  });

  it.each(['/', ':', '`', 'g'])('refuses %j, the neighbour of a digit, in both halves', (unit) => {
    for (const digit of ['0', '1', 'f']) {
      for (const text of [digit + unit, unit + digit]) {
        expectRefusal('E_FIELD', () => bytesFromHex(text));
      }
    }
  });

  it('names the rule that is broken, and where', () => {
    const refusal = (text: string) => expectRefusal('E_FIELD', () => bytesFromHex(text));
    expect(refusal('000')).toMatchObject({ rule: 'hex-pairs', actual: '3' });
    expect(refusal('000G')).toMatchObject({ rule: 'hex', actual: '3' });
  });
});

describe('base64', () => {
  it('is what Buffer writes, and comes back', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(base64FromBytes(value)).toBe(Buffer.from(value).toString('base64'));
        expect(bytesFromBase64(base64FromBytes(value))).toEqual(value);
      }),
      SEED,
    );
  });

  it('accepts a text only if encoding what it says gives the same text', () => {
    const alphabet = fc.constantFrom(...'AQgw+/=-_ \n');
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 8 }), (text) => {
        let decoded: Uint8Array;
        try {
          decoded = bytesFromBase64(text);
        } catch {
          return; // refused, which is always safe
        }
        expect(Buffer.from(decoded).toString('base64')).toBe(text);
      }),
      { seed: 6962, numRuns: 5_000 },
    );
  });

  it.each([
    ['spare bits set, two padding', 'AR=='],
    ['spare bits set, one padding', 'AAB='],
    ['no padding', 'AQ'],
    ['url alphabet', '-_-_'],
    ['white space', 'AQ= '],
    ['line break inside', 'AAAA\nAAA'],
    ['padding alone', '===='],
    ['three padding', 'A==='],
    ['padding in the middle', 'AA==AAAA'],
  ])('refuses %s', (_, text) => {
    expectRefusal('E_FIELD', () => bytesFromBase64(text));
  });
});

describe('UTF-8', () => {
  it('is what TextEncoder writes, and comes back', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        fc.pre(isWellFormed(text));
        const expected = new TextEncoder().encode(text);
        expect(utf8FromString(text)).toEqual(expected);
        expect(utf8Length(text)).toBe(expected.length);
        expect(stringFromUtf8(expected)).toBe(text);
      }),
      SEED,
    );
  });

  it('accepts exactly the bytes that a fatal TextDecoder accepts', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const tricky = fc.constantFrom(
      0x00,
      0x7f,
      0x80,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf1,
      0xf4,
      0xf5,
      0xff,
      0x8f,
      0x90,
      0x41,
    );
    fc.assert(
      fc.property(fc.array(tricky, { maxLength: 6 }), (units) => {
        const input = Uint8Array.from(units);
        let expected: string | null = null;
        try {
          expected = decoder.decode(input);
        } catch {
          // The oracle refuses: so must we.
        }
        if (expected === null) expectRefusal('E_FIELD', () => stringFromUtf8(input));
        else expect(stringFromUtf8(input)).toBe(expected);
      }),
      { seed: 6962, numRuns: 5_000 },
    );
  });

  it.each([
    ['overlong slash', [0xc0, 0xaf]],
    ['encoded surrogate', [0xed, 0xa0, 0x80]],
    ['byte FF', [0xff]],
    ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['cut off', [0xe2, 0x82]],
    ['stray continuation', [0x80]],
  ])('refuses %s', (_, units) => {
    expectRefusal('E_FIELD', () => stringFromUtf8(Uint8Array.from(units)));
  });

  it('refuses lone surrogates instead of replacing them', () => {
    for (const text of ['\ud800', 'a\udc00', '\udc00\ud800', '\ud800\ud800\udc00']) {
      expect(isWellFormed(text)).toBe(false);
      const refusal = expectRefusal('E_FIELD', () => utf8FromString(text));
      expect(refusal.rule).toBe('well-formed');
    }
    expect(isWellFormed('\ud83d\ude00')).toBe(true);
  });

  it.each([
    [0, [0xff]],
    [1, [0x41, 0xc0, 0xaf]],
    [3, [0xef, 0xbb, 0xbf, 0xff]],
    [3, [0xef, 0xbf, 0xbd, 0x80]],
    [2, [0xef, 0xbf]],
  ])('names byte %i as the first that is no UTF-8 in %j', (at, units) => {
    const refusal = expectRefusal('E_FIELD', () => stringFromUtf8(Uint8Array.from(units)));
    expect(refusal).toMatchObject({ rule: 'utf-8', actual: `${at}` });
  });

  it('keeps a byte order mark, so that a parser can refuse it', () => {
    expect(stringFromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA');
  });

  it('decodes more text than one call of String.fromCharCode takes', () => {
    const long = '\u{1f600}x'.repeat(100_000);
    expect(stringFromUtf8(utf8FromString(long))).toBe(long);
  });
});

describe('equality and joining', () => {
  it('sees a difference at any place and in length', () => {
    const a = Uint8Array.of(1, 2, 3);
    expect(equalBytes(a, Uint8Array.of(1, 2, 3))).toBe(true);
    for (let i = 0; i < 3; i++) {
      const b = Uint8Array.from(a);
      b[i] = 9;
      expect(equalBytes(a, b)).toBe(false);
    }
    expect(equalBytes(a, a.subarray(0, 2))).toBe(false);
    expect(equalBytes(a.subarray(0, 2), a)).toBe(false);
  });

  it('joins in order', () => {
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(
      Uint8Array.of(1, 2, 3),
    );
  });
});
