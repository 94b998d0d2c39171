/** Checkpoints: known answer, and each way in which one may contradict its head. @module */
import { describe, expect, it } from 'vitest';
import { bytesFromHex, hexFromBytes } from '../src/bytes.ts';
import {
  encodeCheckpointBody,
  parseCheckpoint,
  verifyCheckpoint,
  verifyHeadCheckpoint,
} from '../src/checkpoint.ts';
import type { VerificationError } from '../src/errors.ts';
import { parseTreeHead } from '../src/tree-head.ts';
import {
  checkpointText,
  type JsonRecord,
  LOG_SIGNER,
  makeHead,
  noteOf,
  ORIGIN,
  signerFromSeed,
} from './make-package.ts';
import { expectRefusal, inWords } from './refusal.ts';

const ROOT = bytesFromHex('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
const OTHER_ROOT = bytesFromHex('ab'.repeat(32));
const BODY = 'log.kapsel.example/t1\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n';

describe('the text', () => {
  it('is the known answer', () => {
    expect(encodeCheckpointBody(ORIGIN, 8, ROOT)).toBe(BODY);
    expect(encodeCheckpointBody(ORIGIN, 0, ROOT)).toBe(BODY.replace('\n8\n', '\n0\n'));
    expect(encodeCheckpointBody(ORIGIN, 2n ** 63n - 1n, ROOT)).toContain('\n9223372036854775807\n');
  });

  it('is refused by the encoder for what no reader takes', () => {
    expect(() => encodeCheckpointBody('a b', 8, ROOT)).toThrow(TypeError);
    expect(() => encodeCheckpointBody(ORIGIN, 8, ROOT.subarray(1))).toThrow(TypeError);
    for (const size of [-1, 1.5, 2 ** 53, 2n ** 63n]) {
      expect(() => encodeCheckpointBody(ORIGIN, size, ROOT)).toThrow(RangeError);
    }
  });

  it('is read, with extension lines of others', () => {
    const checkpoint = parseCheckpoint(`${BODY}ext 1\next 2\n`);
    expect(checkpoint).toMatchObject({
      origin: ORIGIN,
      treeSize: 8n,
      extensions: ['ext 1', 'ext 2'],
    });
    expect(hexFromBytes(checkpoint.rootHash)).toBe(hexFromBytes(ROOT));
    expect(parseCheckpoint(BODY.replace('\n8\n', '\n9223372036854775807\n')).treeSize).toBe(
      2n ** 63n - 1n,
    );
  });

  it.each([
    ['no last newline', BODY.slice(0, -1)],
    ['two lines', `${ORIGIN}\n8\n`],
    ['an empty origin', BODY.replace(ORIGIN, '')],
    ['a leading zero', BODY.replace('\n8\n', '\n08\n')],
    ['a sign', BODY.replace('\n8\n', '\n+8\n')],
    ['hex', BODY.replace('\n8\n', '\n0x8\n')],
    ['a space', BODY.replace('\n8\n', '\n8 \n')],
    ['2^63', BODY.replace('\n8\n', '\n9223372036854775808\n')],
    ['20 digits', BODY.replace('\n8\n', '\n10000000000000000000\n')],
    ['a root without padding', BODY.replace('Qyg=', 'Qyg')],
    ['a root with spare bits', BODY.replace('Qyg=', 'Qyh=')],
    ['a root of 31 bytes', checkpointText(ORIGIN, 8, ROOT.subarray(1))],
    ['an empty line', BODY.replace('\n8\n', '\n8\n\n')],
    ['an empty extension line', `${BODY}\n`],
    ['an empty line between extensions', `${BODY}a\n\nb\n`],
    ['no newline after an extension', `${BODY}more`],
  ])('is refused with %s', (_, text) => {
    const { field } = expectRefusal('E_CHECKPOINT', () => parseCheckpoint(text));
    expect(field).toBe('checkpoint');
  });

  it.each([
    ['a newline at the end of the text', 'none', `${BODY}more`],
    ['an origin on line 1', 'an empty line', BODY.replace(ORIGIN, '')],
    ['a decimal size on line 2', 'another line', BODY.replace('\n8\n', '\n08\n')],
    [
      'a size of at most 2^63-1',
      '9223372036854775808',
      BODY.replace('\n8\n', '\n9223372036854775808\n'),
    ],
    ['no empty line in the text', 'one', `${BODY}\n`],
    ['a root of 32 bytes on line 3', 'another length', checkpointText(ORIGIN, 8, ROOT.subarray(1))],
  ])('says that it wants %s, and got %s', (expected, actual, text) => {
    const refusal = expectRefusal('E_CHECKPOINT', () => parseCheckpoint(text));
    expect(inWords(refusal)).toMatchObject({ field: 'checkpoint', expected, actual });
    expect(refusal).not.toHaveProperty('cause');
  });

  it('passes on why its root is no base64', () => {
    const refusal = expectRefusal('E_CHECKPOINT', () =>
      parseCheckpoint(BODY.replace('Qyg=', 'Qyg')),
    );
    expect(inWords(refusal)).toMatchObject({
      field: 'checkpoint',
      expected: 'a base64 root on line 3',
      actual: 'another line',
      cause: { code: 'E_FIELD', rule: 'base64' },
    });
  });
});

describe('a text that is no checkpoint for its length alone', () => {
  it('is one longer than a note may be', () => {
    const limit = 262_144;
    const text = (length: number): string => `${BODY}${'x'.repeat(length - BODY.length - 1)}\n`;
    expect(parseCheckpoint(text(limit)).extensions).toHaveLength(1);
    expect(expectRefusal('E_CHECKPOINT', () => parseCheckpoint(text(limit + 1)))).toMatchObject({
      rule: 'max-bytes',
      expected: `${limit}`,
      actual: `${limit + 1}`,
    });
  });
});

describe('verifying', () => {
  const note = noteOf(BODY, ORIGIN, LOG_SIGNER);

  it('accepts the checkpoint of this log and key', () => {
    expect(verifyCheckpoint(note, ORIGIN, LOG_SIGNER.publicKey).treeSize).toBe(8n);
  });

  it('refuses another origin, another key, and another origin signed under the name of this log', () => {
    const stranger = signerFromSeed('22'.repeat(32));
    expectRefusal('E_CHECKPOINT', () =>
      verifyCheckpoint(note, 'other.example', LOG_SIGNER.publicKey),
    );
    expectRefusal('E_CHECKPOINT', () => verifyCheckpoint(note, ORIGIN, stranger.publicKey));
    const foreign = noteOf(checkpointText('other.example', 8, ROOT), ORIGIN, LOG_SIGNER);
    const refusal = expectRefusal('E_CHECKPOINT', () =>
      verifyCheckpoint(foreign, ORIGIN, LOG_SIGNER.publicKey),
    );
    expect(inWords(refusal)).toMatchObject({
      field: 'checkpoint origin',
      expected: ORIGIN,
      actual: 'other.example',
    });
  });

  it('refuses a signed text that only begins like a checkpoint', () => {
    const trick = noteOf(`${BODY}\nmore\n`, ORIGIN, LOG_SIGNER);
    expectRefusal('E_CHECKPOINT', () => verifyCheckpoint(trick, ORIGIN, LOG_SIGNER.publicKey));
  });
});

describe('agreeing with the head', () => {
  const head = (changes: JsonRecord): ReturnType<typeof parseTreeHead> =>
    parseTreeHead(JSON.stringify({ ...makeHead(8, ROOT), ...changes }));
  const note = noteOf(BODY, ORIGIN, LOG_SIGNER);

  it('accepts the note of this head', () => {
    expect(() => verifyHeadCheckpoint(note, head({}))).not.toThrow();
  });

  it.each([
    ['another size', noteOf(checkpointText(ORIGIN, 9, ROOT), ORIGIN, LOG_SIGNER)],
    ['another root', noteOf(checkpointText(ORIGIN, 8, OTHER_ROOT), ORIGIN, LOG_SIGNER)],
    ['another log', noteOf(checkpointText('b.example', 8, ROOT), 'b.example', LOG_SIGNER)],
    ['another key', noteOf(BODY, ORIGIN, signerFromSeed('22'.repeat(32)))],
  ])('refuses a good note of %s', (_, other) => {
    expectRefusal('E_CHECKPOINT', () => verifyHeadCheckpoint(other, head({})));
  });

  it('says what the note says instead', () => {
    const refusalOf = (size: number, root: Uint8Array): VerificationError => {
      const other = noteOf(checkpointText(ORIGIN, size, root), ORIGIN, LOG_SIGNER);
      return expectRefusal('E_CHECKPOINT', () => verifyHeadCheckpoint(other, head({})));
    };
    expect(refusalOf(9, ROOT)).toMatchObject({
      field: 'checkpoint size',
      expected: '8',
      actual: '9',
    });
    expect(refusalOf(8, OTHER_ROOT)).toMatchObject({
      field: 'checkpoint root',
      expected: hexFromBytes(ROOT),
      actual: hexFromBytes(OTHER_ROOT),
    });
  });

  it('compares sizes exactly, beyond what a number holds', () => {
    const size = Number.MAX_SAFE_INTEGER;
    const other = noteOf(
      `${ORIGIN}\n9007199254740993\n${BODY.split('\n')[2]}\n`,
      ORIGIN,
      LOG_SIGNER,
    );
    expectRefusal('E_CHECKPOINT', () => verifyHeadCheckpoint(other, head({ tree_size: size })));
  });
});
