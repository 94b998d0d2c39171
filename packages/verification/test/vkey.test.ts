/** Verifier keys: the known line byte for byte, one type for logs and one for witnesses. C2SP signed-note. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64FromBytes, hexFromBytes } from '../src/bytes.ts';
import { VerificationError } from '../src/errors.ts';
import { noteKeyId } from '../src/note.ts';
import { encodeVkey, hasVkeyForm, isPrivateVkey, parseVkey } from '../src/vkey.ts';
import { LOG_SIGNER, ORIGIN, signerFromSeed } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

// Known answer: RFC 8032 TEST 1 key, origin log.kapsel.example/t1.
const VKEY = 'log.kapsel.example/t1+6942b0d7+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea';
const KEY = LOG_SIGNER.publicKey;

/** The line by its parts, so that each can be wrong. */
function lineOf(name: string, type: number, key: Uint8Array, hint?: string): string {
  const id = hint ?? hexFromBytes(noteKeyId(name, type, key));
  return `${name}+${id}+${base64FromBytes(Uint8Array.of(type, ...key))}`;
}

describe('the known answer', () => {
  it('is written byte for byte', () => {
    expect(encodeVkey(ORIGIN, KEY)).toBe(VKEY);
  });

  it('is read, though its base64 holds a plus sign', () => {
    expect(VKEY.split('+')).toHaveLength(4);
    expect(parseVkey(VKEY, 'log')).toEqual({ name: ORIGIN, publicKey: KEY });
  });
});

describe('the two kinds', () => {
  it('differ in type and key id, and neither passes for the other', () => {
    const witness = encodeVkey('w.example', KEY, 'witness');
    expect(witness).toBe(lineOf('w.example', 4, KEY));
    expect(parseVkey(witness, 'witness')).toEqual({ name: 'w.example', publicKey: KEY });
    expectRefusal('E_KEY_FORMAT', () => parseVkey(witness, 'log'));
    expectRefusal('E_KEY_FORMAT', () => parseVkey(VKEY, 'witness'));
  });

  it('come back for every name and key', () => {
    const names = fc.stringMatching(/^[!-*,-~]{1,40}$/);
    fc.assert(
      fc.property(names, fc.nat({ max: 5 }), fc.constantFrom('log', 'witness'), (name, i, kind) => {
        const { publicKey } = signerFromSeed(`${i}${i}`.repeat(32));
        expect(parseVkey(encodeVkey(name, publicKey, kind), kind)).toEqual({ name, publicKey });
      }),
      { seed: 6962, numRuns: 60 },
    );
  });
});

describe('a line is refused', () => {
  const identity = new Uint8Array(32);
  identity[0] = 1;
  it.each([
    ['with another key id', VKEY.replace('6942b0d7', '6942b0d8')],
    ['with an upper-case key id', VKEY.replace('6942b0d7', '6942B0D7')],
    ['with the key id of another type', lineOf('a', 1, KEY, hexFromBytes(noteKeyId('a', 4, KEY)))],
    ['of type 02', lineOf('a', 2, KEY)],
    ['of type 06', lineOf('a', 6, KEY)],
    ['with 31 bytes', lineOf('a', 1, KEY.subarray(1))],
    ['with 33 bytes', lineOf('a', 1, Uint8Array.of(...KEY, 0))],
    ['with a key of small order', lineOf('a', 1, identity)],
    ['without name', lineOf('', 1, KEY)],
    ['with a space in its name', lineOf('a b', 1, KEY)],
    ['with a plus sign in its name', lineOf('a+b', 1, KEY)],
    ['with a character less', VKEY.slice(0, -1)],
    ['without key', 'a+00000000+'],
    ['with two parts', VKEY.slice(0, VKEY.indexOf('+', 30))],
    ['with white space around', ` ${VKEY}`],
    ['behind another word and a plus sign', `x+${VKEY}`],
    ['with more text behind it', `${VKEY}!`],
    ['with a newline behind it', `${VKEY}\n`],
    ['with nothing in it', ''],
  ])('%s', (_, line) => {
    const refusal = expectRefusal('E_KEY_FORMAT', () => parseVkey(line, 'log'));
    if (line.length > 12) expect(refusal.message).not.toContain(line.slice(0, 12));
  });

  it('by name if it is a private key', () => {
    const line = `PRIVATE+KEY+${VKEY}`;
    expectRefusal('E_KEY_PRIVATE', () => parseVkey(line, 'log'));
    expectRefusal('E_KEY_PRIVATE', () => parseVkey(line, 'witness'));
    expect([isPrivateVkey(line), isPrivateVkey(VKEY)]).toEqual([true, false]);
  });

  it('with its own error, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.boolean(), (text, hasName) => {
        try {
          parseVkey(hasName ? `a+00000000+${text}` : text, 'log');
        } catch (error) {
          expect(error).toBeInstanceOf(VerificationError);
        }
      }),
      { seed: 6962, numRuns: 300 },
    );
  });
});

describe('the form', () => {
  it('is seen before the line is judged', () => {
    expect([VKEY, 'a+00000000+AA=='].every(hasVkeyForm)).toBe(true);
    const others = ['', 'a+b+c', 'a+0000000+AA==', VKEY.slice(0, 30), `x+${VKEY}`, `${VKEY}!`];
    expect(others.some(hasVkeyForm)).toBe(false);
  });
});

describe('writing', () => {
  it('refuses what no reader would take', () => {
    expect(() => encodeVkey('a b', KEY)).toThrow(TypeError);
    expect(() => encodeVkey('a', KEY.subarray(1))).toThrow(TypeError);
  });
});
