/** The texts of the witness protocol: what is sent, and what of an answer is kept. */
import { encodeCheckpointBody, parseWitnessPolicy } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encodeAddCheckpoint,
  linesFromAnswer,
  sizeFromAnswer,
} from '../../src/witnesses/exchange.ts';
import { makeSigner, START_MS } from '../support/log-bench.ts';
import { makeHead } from '../support/made-heads.ts';
import { openWitness, type TestWitness } from '../support/witness.ts';

const ORIGIN = 'log.kapsel.test/a';
const BODY = encodeCheckpointBody(ORIGIN, 8, new Uint8Array(32).fill(8));

let anna: TestWitness;
let bela: TestWitness;
let stranger: TestWitness;
let note: string;
beforeAll(async () => {
  anna = await openWitness('anna.example');
  bela = await openWitness('bela.example');
  stranger = await openWitness('stranger.example');
  const signer = makeSigner();
  const head = { origin: ORIGIN, signer, treeSize: 8, timestampMs: START_MS };
  note = (await makeHead(head)).checkpoint;
});
afterAll(() => Promise.all([anna, bela, stranger].map((witness) => witness.close())));

const witnesses = () =>
  parseWitnessPolicy(`witness a ${anna.vkey}\nwitness b ${bela.vkey}\nquorum none\n`).witnesses;

const read = (body: string) => {
  const { cosigned, bad } = linesFromAnswer(note, body, witnesses());
  return { lines: cosigned.map(({ line }) => line), bad };
};

describe('encodeAddCheckpoint', () => {
  it('is the old size, one hash a line, an empty line and the note', () => {
    const hashes = [new Uint8Array(32), new Uint8Array(32).fill(0xff)];
    expect(encodeAddCheckpoint(20_852_014, hashes, 'the note\n')).toBe(
      `old 20852014\n${'A'.repeat(43)}=\n${'/'.repeat(42)}8=\n\nthe note\n`,
    );
    expect(encodeAddCheckpoint(0, [], 'the note\n')).toBe('old 0\n\nthe note\n');
  });

  it('sends no more than 63 hashes', () => {
    const hashes = Array.from({ length: 64 }, () => new Uint8Array(32));
    expect(() => encodeAddCheckpoint(1, hashes, note)).toThrow(RangeError);
    expect(encodeAddCheckpoint(1, hashes.slice(1), note)).toContain('old 1\n');
  });
});

describe('sizeFromAnswer', () => {
  it('reads a decimal size and nothing else', () => {
    expect(sizeFromAnswer('0\n')).toBe(0n);
    expect(sizeFromAnswer('20852014\n')).toBe(20_852_014n);
    expect(sizeFromAnswer('9223372036854775807\n')).toBe(2n ** 63n - 1n);
    for (const text of ['', '\n', '7', '07\n', '+7\n', '-7\n', '7 \n', '7\n\n', '7\r\n', '0x7\n']) {
      expect(sizeFromAnswer(text), JSON.stringify(text)).toBeNull();
    }
  });
});

describe('linesFromAnswer', () => {
  it('keeps the lines of all configured witnesses as they came', () => {
    const [first, second] = [anna.lineOn(BODY), bela.lineOn(BODY)];
    expect(read(second + first)).toEqual({ lines: [second, first], bad: [] });
  });

  it('drops the lines of strangers', () => {
    expect(read(stranger.lineOn(BODY))).toEqual({ lines: [], bad: [] });
    const line = anna.lineOn(BODY);
    expect(read(stranger.lineOn(BODY) + line)).toEqual({ lines: [line], bad: [] });
  });

  it('keeps one line a witness, the earlier one, however often it is repeated', () => {
    const [late, early] = [anna.lineOn(BODY, 2_000n), anna.lineOn(BODY, 1_000n)];
    expect(read(late + early + early + late)).toEqual({ lines: [early], bad: [] });
    const { cosigned } = linesFromAnswer(note, late + early, witnesses());
    expect(cosigned.map(({ cosignedAtMs }) => cosignedAtMs)).toEqual([1_000_000]);
  });

  it('names a witness whose line does not hold, and keeps the good ones', () => {
    const wrong = anna.lineOn(BODY.replace('\n8\n', '\n9\n'));
    const good = bela.lineOn(BODY);
    expect(read(wrong + good)).toEqual({ lines: [good], bad: ['a'] });
    const line = anna.lineOn(BODY);
    const at = line.length - 20;
    const flipped = `${line.slice(0, at)}${line[at] === 'A' ? 'B' : 'A'}${line.slice(at + 1)}`;
    expect(read(flipped)).toEqual({ lines: [], bad: ['a'] });
    expect(read(flipped + line)).toEqual({ lines: [line], bad: ['a'] });
  });

  it('takes no time beyond the year 9999', () => {
    expect(read(anna.lineOn(BODY, 253_402_300_800n))).toEqual({ lines: [], bad: ['a'] });
    expect(read(anna.lineOn(BODY, 253_402_300_799n)).lines).toHaveLength(1);
  });

  it('refuses what is no list of signature lines', () => {
    for (const body of ['', '\n', 'garbage\n', '{"ok":true}', `${anna.lineOn(BODY)}\n`, '\u0000']) {
      expect(() => read(body), JSON.stringify(body)).toThrow(
        expect.objectContaining({ code: 'E_CHECKPOINT' }),
      );
    }
  });
});
