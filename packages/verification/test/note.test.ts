/** Signed notes: the last empty line splits, known keys must verify, unknown ones are ignored. C2SP signed-note. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesFromHex, hexFromBytes } from '../src/bytes.ts';
import { VerificationError } from '../src/errors.ts';
import { encodeNoteSignature, isNoteName, noteKeyId, parseNote, verifyNote } from '../src/note.ts';
import { LOG_SIGNER, noteOf, ORIGIN, signerFromSeed, utf8 } from './make-package.ts';
import { expectRefusal, inWords } from './refusal.ts';

const TEXT = 'log.kapsel.example/t1\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n';
// Known answer: RFC 8032 TEST 1 key, origin log.kapsel.example/t1.
const NOTE = `${TEXT}\n\u2014 log.kapsel.example/t1 aUKw18aIThsMQnjYzsfqOE9h2oAoehq0K4EdeKdNz0nzzXgZas+0eEF3Jbw59By6l/J0OQOr1BhASvH5JN+qFLFARAE=\n`;
const KEY = { name: ORIGIN, publicKey: LOG_SIGNER.publicKey };
const OTHER = signerFromSeed('11'.repeat(32));
const OTHER_LINE = noteOf(TEXT, 'witness.example/w', OTHER).slice(TEXT.length + 1);
const LINE = NOTE.slice(TEXT.length + 1);

describe('known answers', () => {
  it('reproduces the key id and the note byte for byte', () => {
    const keyId = noteKeyId(ORIGIN, 0x01, LOG_SIGNER.publicKey);
    expect(hexFromBytes(keyId)).toBe('6942b0d7');
    const signature = LOG_SIGNER.sign(utf8(TEXT));
    expect(`${TEXT}\n${encodeNoteSignature(ORIGIN, keyId, signature)}`).toBe(NOTE);
  });

  it('takes the note apart and verifies it', () => {
    const note = verifyNote(NOTE, [KEY]);
    expect(note.text).toBe(TEXT);
    expect(note.signatures).toHaveLength(1);
    expect(hexFromBytes(note.signatures[0]?.keyId ?? new Uint8Array())).toBe('6942b0d7');
    expect(note.signatures[0]?.signature).toHaveLength(64);
  });
});

describe('splitting', () => {
  it('splits at the last empty line, as the text may hold others', () => {
    const text = 'first\n\nsecond\n';
    const note = noteOf(text, ORIGIN, LOG_SIGNER);
    expect(verifyNote(note, [KEY]).text).toBe(text);
  });

  it('does not take a signature block inside the text for the signatures', () => {
    // The honest note is wrapped into a longer text: what is signed here is not what stands first.
    const wrapped = `${NOTE}\n${OTHER_LINE}`;
    expect(parseNote(wrapped).text).toBe(NOTE);
    expectRefusal('E_CHECKPOINT', () => verifyNote(wrapped, [KEY]));
  });

  it.each([
    ['an empty text', ''],
    ['no empty line', `${TEXT}${LINE}`],
    ['no signature line', `${TEXT}\n`],
    ['no newline at the end', NOTE.slice(0, -1)],
    ['another character for the last newline', `${NOTE.slice(0, -1)}x`],
    ['an empty line at the end', `${NOTE}\n`],
    ['text after the signatures', `${NOTE}more\n`],
    ['a hyphen for the dash', NOTE.replace('\u2014', '-')],
    ['a character before the dash', NOTE.replace('\u2014', 'x\u2014')],
    ['a word after the signature', `${NOTE.slice(0, -1)} more\n`],
    // Without its first character this would be a good signature line.
    ['one line and nothing else', `x${LINE}`],
    ['two spaces', NOTE.replace('\u2014 ', '\u2014  ')],
    ['a name with +', NOTE.replace('\u2014 log', '\u2014 l+g')],
    ['a name with a no-break space', NOTE.replace('\u2014 log', '\u2014 l\u00a0g')],
    ['no name', NOTE.replace(`\u2014 ${ORIGIN}`, '\u2014')],
    ['base64 without padding', NOTE.replace('ARAE=', 'ARAE')],
    ['a blob of 4 bytes', `${TEXT}\n\u2014 ${ORIGIN} aUKw1w==\n`],
    ['a carriage return', NOTE.replaceAll('\n', '\r\n')],
    ['a tab', NOTE.replace('8', '\t8')],
    ['a NUL', NOTE.replace('8', '\u0000')],
    ['a lone surrogate', NOTE.replace('8', '\ud800')],
    ['101 signature lines', `${TEXT}\n${LINE.repeat(101)}`],
    ['more than 256 KiB', `${'x'.repeat(262_144)}\n\n${LINE}`],
  ])('refuses %s', (_, note) => {
    const { field } = expectRefusal('E_CHECKPOINT', () => parseNote(note));
    expect(field).toBe('checkpoint');
  });

  it.each([
    ['an empty line before the signatures', 'none', `${TEXT}${LINE}`],
    ['signature lines that end in a newline', 'another end', `${TEXT}\n`],
    ['at most 100 signature lines', '101 lines', `${TEXT}\n${LINE.repeat(101)}`],
    ['signature lines of the form "\u2014 name base64"', 'another line', `${NOTE}more\n`],
    ['a key id and a signature', 'fewer than 5 bytes', `${TEXT}\n\u2014 ${ORIGIN} aUKw1w==\n`],
    ['well-formed text', 'a lone surrogate', NOTE.replace('8', '\ud800')],
    ['no control characters but newlines', 'another control character', `\t${NOTE}`],
  ])('says that it wants %s, and got %s', (expected, actual, note) => {
    const refusal = expectRefusal('E_CHECKPOINT', () => parseNote(note));
    expect(inWords(refusal)).toMatchObject({ field: 'checkpoint', expected, actual });
    expect(refusal).not.toHaveProperty('cause');
  });

  it('passes on why a signature is no base64', () => {
    const refusal = expectRefusal('E_CHECKPOINT', () => parseNote(NOTE.replace('ARAE=', 'ARAE')));
    expect(inWords(refusal)).toMatchObject({
      expected: 'signatures in base64 with padding',
      actual: 'another text',
      cause: { code: 'E_FIELD', rule: 'base64' },
    });
  });

  it('accepts a note of exactly 256 KiB', () => {
    const note = `${'x'.repeat(262_144 - 2 - LINE.length)}\n\n${LINE}`;
    // The dash is three bytes long and counts one here.
    expectRefusal('E_CHECKPOINT', () => parseNote(note));
    expect(parseNote(note.slice(2)).signatures).toHaveLength(1);
    const refusal = expectRefusal('E_CHECKPOINT', () => parseNote(note.slice(1)));
    expect(inWords(refusal)).toMatchObject({
      expected: 'at most 262144 bytes',
      actual: '262145 bytes',
    });
  });

  it('accepts 100 signature lines', () => {
    expect(verifyNote(`${TEXT}\n${LINE}${OTHER_LINE.repeat(99)}`, [KEY]).signatures).toHaveLength(
      100,
    );
  });
});

describe('verifying', () => {
  it.each([
    ['first', LINE + OTHER_LINE],
    ['last', OTHER_LINE + LINE],
    ['between others', OTHER_LINE + LINE + OTHER_LINE],
  ])('finds the line of the key %s', (_, lines) => {
    expect(verifyNote(`${TEXT}\n${lines}`, [KEY]).text).toBe(TEXT);
  });

  it('refuses a note that no known key signed', () => {
    for (const [note, keys] of [
      [`${TEXT}\n${OTHER_LINE}`, [KEY]],
      [NOTE, []],
    ] as const) {
      const refusal = expectRefusal('E_CHECKPOINT', () => verifyNote(note, keys));
      expect(inWords(refusal)).toMatchObject({
        expected: 'a signature by the key',
        actual: 'none',
      });
    }
  });

  it('refuses a bad line of a known key even beside a good one', () => {
    const bad = noteOf('another text\n', ORIGIN, LOG_SIGNER).split('\n\n')[1] as string;
    expectRefusal('E_CHECKPOINT', () => verifyNote(`${TEXT}\n${LINE}${bad}`, [KEY]));
    expectRefusal('E_CHECKPOINT', () => verifyNote(`${TEXT}\n${bad}${LINE}`, [KEY]));
  });

  it('needs one good key where two share a name and a hint, in any order', () => {
    // Found by trying: under ORIGIN both keys have the id dc92d52a.
    const signer = signerFromSeed('13dc'.padStart(64, '0'));
    const twin = { name: ORIGIN, publicKey: bytesFromHex('016ef0'.padStart(64, '0')) };
    const key = { name: ORIGIN, publicKey: signer.publicKey };
    for (const { publicKey } of [key, twin]) {
      expect(hexFromBytes(noteKeyId(ORIGIN, 0x01, publicKey))).toBe('dc92d52a');
    }
    const note = noteOf(TEXT, ORIGIN, signer);
    expect(verifyNote(note, [key, twin]).text).toBe(TEXT);
    expect(verifyNote(note, [twin, key]).text).toBe(TEXT);
    const refusal = expectRefusal('E_CHECKPOINT', () => verifyNote(note, [twin]));
    expect(inWords(refusal)).toMatchObject({
      expected: 'a good signature on each line of the key',
      actual: 'a bad one',
    });
  });

  it('compares names for equality, not by prefix', () => {
    const note = noteOf(TEXT, `${ORIGIN}x`, LOG_SIGNER);
    expectRefusal('E_CHECKPOINT', () => verifyNote(note, [KEY]));
    expectRefusal('E_CHECKPOINT', () => verifyNote(NOTE, [{ ...KEY, name: 'log.kapsel.example' }]));
  });

  it('does not take the line of another name for that of the key, though the key id is the same', () => {
    const keyId = noteKeyId(ORIGIN, 0x01, LOG_SIGNER.publicKey);
    const borrowed = encodeNoteSignature('other.example', keyId, LOG_SIGNER.sign(utf8(TEXT)));
    expectRefusal('E_CHECKPOINT', () => verifyNote(`${TEXT}\n${borrowed}`, [KEY]));
  });

  it('ignores a line whose key id is another one', () => {
    const stranger = encodeNoteSignature(ORIGIN, bytesFromHex('00000001'), new Uint8Array(64));
    expect(verifyNote(`${TEXT}\n${stranger}${LINE}`, [KEY]).text).toBe(TEXT);
    expectRefusal('E_CHECKPOINT', () => verifyNote(`${TEXT}\n${stranger}`, [KEY]));
  });

  it('refuses a changed text', () => {
    expectRefusal('E_CHECKPOINT', () => verifyNote(NOTE.replace('\n8\n', '\n9\n'), [KEY]));
    expectRefusal('E_CHECKPOINT', () => verifyNote(`x${NOTE}`, [KEY]));
  });

  it('refuses a signature of another length', () => {
    const keyId = noteKeyId(ORIGIN, 0x01, LOG_SIGNER.publicKey);
    const long = new Uint8Array(65);
    long.set(LOG_SIGNER.sign(utf8(TEXT)));
    const note = `${TEXT}\n${encodeNoteSignature(ORIGIN, keyId, long)}`;
    expectRefusal('E_CHECKPOINT', () => verifyNote(note, [KEY]));
  });

  it('throws nothing but its own error on random text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const note of [text, `${text}\n\n${LINE}`, `${TEXT}\n\u2014 ${text}\n`]) {
          try {
            verifyNote(note, [KEY]);
          } catch (error) {
            expect(error).toBeInstanceOf(VerificationError);
          }
        }
      }),
      { seed: 6962, numRuns: 150 },
    );
  });
});

describe('encoding', () => {
  it('refuses names and key ids that no reader would take', () => {
    expect(() => encodeNoteSignature('a b', new Uint8Array(4), new Uint8Array(64))).toThrow(
      TypeError,
    );
    expect(() => encodeNoteSignature('a', new Uint8Array(5), new Uint8Array(64))).toThrow(
      TypeError,
    );
  });

  it('knows what a name is', () => {
    expect(['a', 'log.example/1'].every(isNoteName)).toBe(true);
    const bad = ['', 'a b', 'a+b', 'a\u2003b', 'a\u0085b', 'a\nb'];
    expect(bad.some(isNoteName)).toBe(false);
  });
});
