/** Cosignatures: the example of the specification, known witnesses checked, all other lines ignored. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexFromBytes, stringFromUtf8 } from '../src/bytes.ts';
import {
  type Cosignature,
  encodeCosignatureMessage,
  parseCosignature,
  verifyCosignatures,
} from '../src/cosignature.ts';
import { verifyNote } from '../src/note.ts';
import { cosignatureLine } from './make-cosignature.ts';
import { LOG_SIGNER, noteOf, ORIGIN, signerFromSeed } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const TEXT = `${ORIGIN}\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n`;
const NOTE = noteOf(TEXT, ORIGIN, LOG_SIGNER);
const LOG_LINE = NOTE.slice(TEXT.length + 1);
const [ANNA, BELA] = [signerFromSeed('a1'.repeat(32)), signerFromSeed('b2'.repeat(32))];
const W1 = { name: 'w1.example', publicKey: ANNA.publicKey };
const W2 = { name: 'w2.example', publicKey: BELA.publicKey };
const TIME = 1_679_315_147n;
const LINE_1 = cosignatureLine(TEXT, W1.name, ANNA, TIME);
const LINE_2 = cosignatureLine(TEXT, W2.name, BELA, TIME + 5n);

function verify(...lines: readonly string[]): readonly Cosignature[] {
  return verifyCosignatures(`${TEXT}\n${lines.join('')}`, [W1, W2]);
}

describe('the example of the specification', () => {
  // C2SP tlog-cosignature: text, line and time are printed there, the key is not.
  const text =
    'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
  const blob =
    'jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==';

  it('has its time and its signature', () => {
    const bytes = new Uint8Array(Buffer.from(blob, 'base64'));
    const { timeSeconds, signature } = parseCosignature(bytes.subarray(4));
    expect(timeSeconds).toBe(TIME);
    expect(hexFromBytes(signature)).toBe(Buffer.from(bytes.subarray(12)).toString('hex'));
  });

  it('is signed over these bytes', () => {
    expect(stringFromUtf8(encodeCosignatureMessage(TIME, text))).toBe(
      `cosignature/v1\ntime 1679315147\n${text}`,
    );
  });
});

describe('the signed bytes', () => {
  it('hold extension lines and the last newline', () => {
    const text = `${TEXT}an extension\n`;
    const note = noteOf(text, ORIGIN, LOG_SIGNER) + cosignatureLine(text, W1.name, ANNA, TIME);
    expect(verifyCosignatures(note, [W1])).toHaveLength(1);
    const cut = noteOf(text, ORIGIN, LOG_SIGNER) + LINE_1;
    expectRefusal('E_CHECKPOINT', () => verifyCosignatures(cut, [W1]));
  });

  it('have a time from 0 to 2^63-1', () => {
    const last = 2n ** 63n - 1n;
    expect(stringFromUtf8(encodeCosignatureMessage(last, ''))).toContain('9223372036854775807');
    expect(() => encodeCosignatureMessage(last + 1n, '')).toThrow(RangeError);
    expect(() => encodeCosignatureMessage(-1n, '')).toThrow(RangeError);
    for (const time of [0n, last]) {
      expect(verify(cosignatureLine(TEXT, W1.name, ANNA, time))[0]?.timeSeconds).toBe(time);
    }
    const beyond = cosignatureLine(TEXT, W1.name, ANNA, last + 1n);
    expectRefusal('E_CHECKPOINT', () => verify(beyond));
  });

  it.each([0, 71, 73])('are not looked for in %i bytes of time and signature', (length) => {
    const refusal = expectRefusal('E_CHECKPOINT', () => parseCosignature(new Uint8Array(length)));
    expect(refusal).toMatchObject({
      field: 'checkpoint',
      expected: '72 bytes of time and signature',
      actual: `${length} bytes`,
    });
  });
});

describe('lines', () => {
  it('of known witnesses are found in any order, among lines of the log and of others', () => {
    const other = signerFromSeed('c3'.repeat(32));
    const strangers = [
      LOG_LINE,
      cosignatureLine(TEXT, 'w3.example', other, TIME),
      noteOf(TEXT, 'other.example', other).slice(TEXT.length + 1),
    ];
    const lines = fc.shuffledSubarray([LINE_1, LINE_2, ...strangers], {
      minLength: 5,
      maxLength: 5,
    });
    fc.assert(
      fc.property(lines, (order) => {
        const found = verify(...order).map(({ witness }) => witness.name);
        expect([...found].sort()).toEqual(['w1.example', 'w2.example']);
        const key = { name: ORIGIN, publicKey: LOG_SIGNER.publicKey };
        expect(verifyNote(`${TEXT}\n${order.join('')}`, [key]).signatures).toHaveLength(5);
      }),
      { seed: 6962, numRuns: 30 },
    );
  });

  it('of one witness count once, with the earlier time', () => {
    const again = cosignatureLine(TEXT, W1.name, ANNA, TIME - 9n);
    const earlier = [{ witness: W1, timeSeconds: TIME - 9n }];
    expect(verify(LINE_1, again)).toEqual(earlier);
    expect(verify(again, LINE_1)).toEqual(earlier);
    expect(verify(LINE_1, LINE_1)).toHaveLength(1);
  });

  it('of another name, another key or another type are ignored', () => {
    expect(
      verify(
        LOG_LINE,
        cosignatureLine(TEXT, 'w1.example.org', ANNA, TIME),
        cosignatureLine(TEXT, W1.name, BELA, TIME),
        cosignatureLine(TEXT, W1.name, ANNA, TIME, { type: 0x06 }),
        cosignatureLine(TEXT, W1.name, ANNA, TIME, { type: 0x01 }),
      ),
    ).toEqual([]);
  });

  it('of a known witness must be good, even beside a good one', () => {
    const bad = cosignatureLine(TEXT, W1.name, ANNA, TIME, { signature: new Uint8Array(64) });
    const late = cosignatureLine(TEXT, W1.name, ANNA, TIME, {
      signature: ANNA.sign(new Uint8Array(1)),
    });
    const short = cosignatureLine(TEXT, W1.name, ANNA, TIME, { signature: new Uint8Array(63) });
    for (const line of [bad, late, short]) {
      expectRefusal('E_CHECKPOINT', () => verify(line));
      expectRefusal('E_CHECKPOINT', () => verify(LINE_1, line, LINE_2));
    }
  });

  it('signed for another checkpoint or another second are bad', () => {
    const otherText = TEXT.replace('\n8\n', '\n9\n');
    expectRefusal('E_CHECKPOINT', () => verify(cosignatureLine(otherText, W1.name, ANNA, TIME)));
    const message = encodeCosignatureMessage(TIME, TEXT);
    const moved = cosignatureLine(TEXT, W1.name, ANNA, TIME + 1n, {
      signature: ANNA.sign(message),
    });
    expectRefusal('E_CHECKPOINT', () => verify(moved));
  });

  it('are none of a witness where the note has none', () => {
    expect(verify(LOG_LINE)).toEqual([]);
    expect(verifyCosignatures(NOTE + LINE_1, [])).toEqual([]);
  });

  it('are not read from what is no note', () => {
    expectRefusal('E_CHECKPOINT', () => verifyCosignatures('no note', [W1]));
  });
});
