/** What is found in an input: by its first bytes and its name, within the limits, whatever it tries. @module */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFixtureArchive, readFixtureArchives } from '../../../test/support/fixture-archives.ts';
import { FIXTURES_NOW_MS } from '../../../test/support/fixture-packages.ts';
import { bytesFromHex } from '../src/bytes.ts';
import { followKeyStatements } from '../src/key-check.ts';
import {
  archiveOfBytes,
  type Found,
  type Input,
  type InputLimits,
  labelOfPlace,
  mayHoldProofs,
  readInput,
} from '../src/read-input.ts';
import { leadingFailure } from '../src/report.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { piecesOf, UNPACKERS } from './node-unpackers.ts';

const LIMITS: InputLimits = { maxEntries: 100, maxPackageBytes: 1_048_576, maxTotalBytes: 2 ** 28 };

function inputOf(path: string, bytes: string | Uint8Array, more: Partial<Input> = {}): Input {
  return {
    path,
    chunks: () => piecesOf(bytes),
    openArchive: async () => archiveOfBytes(typeof bytes === 'string' ? Buffer.from(bytes) : bytes),
    isStopped: () => false,
    ...more,
  };
}

async function find(input: Input, limits: Partial<InputLimits> = {}): Promise<Found[]> {
  const all: Found[] = [];
  for await (const found of readInput(input, { ...LIMITS, ...limits }, UNPACKERS)) all.push(found);
  return all;
}

/** "label: text", "label: code" or "label: skipped". */
async function told(input: Input, limits: Partial<InputLimits> = {}): Promise<string[]> {
  return (await find(input, limits)).map((found) => {
    const label = labelOfPlace(found.place);
    if (found.kind === 'skipped') return `${label}: skipped`;
    const text = found.kind === 'package' ? Buffer.from(found.bytes) : found.refusal.code;
    return `${label}: ${text}`;
  });
}

describe.each(readFixtureArchives())('$name: $desc', ({ name, bytes, expect: want, publicKey }) => {
  const trust = { keys: [{ publicKey: bytesFromHex(publicKey), name: null }] };

  it.each(['at any place', 'once from its beginning'])('read %s', async (how) => {
    const more = how === 'at any place' ? {} : { openArchive: null };
    const found = (await find(inputOf(name, bytes, more))).filter(({ kind }) => kind !== 'skipped');
    const verdicts = found.map((each) => {
      if (each.kind !== 'package') return each.kind === 'refused' ? each.refusal.code : 'skipped';
      const options = { nowMs: FIXTURES_NOW_MS, followKeyStatements };
      const report = verifyProofPackage(each.bytes, trust, options);
      return leadingFailure(report)?.code ?? report.verdict;
    });
    expect(verdicts).toEqual(want);
  });
});

describe('what an input is', () => {
  it.each<[string, string | Uint8Array, string[]]>([
    ['a.json', '{"a":1}\n{"b":2}', ['a.json: {"a":1}\n{"b":2}']],
    ['a.ndjson', '{"a":1}\n\n{"b":2}', ['a.ndjson:1: {"a":1}', 'a.ndjson:3: {"b":2}']],
    ['a.JSONL', '{"a":1}', ['a.JSONL:1: {"a":1}']],
    ['a', '{"a":1}\n{"b":2}', ['a:1: {"a":1}', 'a:2: {"b":2}']],
    ['a', '{\n"a":1\n}', ['a: {\n"a":1\n}']],
    ['a.txt', 'text', ['a.txt: text']],
    ['empty.json', '', ['empty.json: ']],
    ['empty.ndjson', ' \n', ['empty.ndjson: E_NO_INPUT']],
    ['a.json.gz', gzipSync('{}'), ['a.json.gz: {}']],
    ['a.ndjson.gz', gzipSync('{}\n{}'), ['a.ndjson.gz:1: {}', 'a.ndjson.gz:2: {}']],
    // The first bytes know better than the name.
    ['a.json', gzipSync('{}'), ['a.json: {}']],
    ['a.gz', '{}', ['a.gz: E_FIELD']],
    ['a.zip', '{}', ['a.zip: E_FIELD']],
    ['a.gz', gzipSync(gzipSync('{}')), ['a.gz: E_FIELD']],
    ['a.gz', gzipSync(readFixtureArchive('sound-two-files.zip').bytes), ['a.gz: E_FIELD']],
    ['a.gz', gzipSync('{}').subarray(0, -4), ['a.gz: E_FIELD']],
    ['a.gz', Buffer.concat([gzipSync('{}'), Buffer.from('x')]), ['a.gz: E_FIELD']],
  ])('%s with %j', async (path, bytes, want) => {
    expect(await told(inputOf(path, bytes))).toEqual(want);
  });

  it('names and skips the members of an archive that hold no proof', async () => {
    const { name, bytes } = readFixtureArchive('sound-folders-and-others.zip');
    const kinds = (await find(inputOf(name, bytes))).map(({ kind, place }) => [kind, place.entry]);
    expect(kinds).toEqual([
      ['skipped', 'README.md'],
      ['package', 'proofs/\u00fcber/a.json'],
    ]);
    expect(['a.json', 'b.ZIP', 'c.jsonl', 'd.gz'].every(mayHoldProofs)).toBe(true);
    expect(['a', 'a.json.txt', 'json'].some(mayHoldProofs)).toBe(false);
  });
});

describe('the limits', () => {
  it('are kept to the byte', async () => {
    const limits = { maxPackageBytes: 5 };
    expect(await told(inputOf('a.json', '12345'), limits)).toEqual(['a.json: 12345']);
    expect(await told(inputOf('a.json', '123456'), limits)).toEqual(['a.json: E_TOO_LARGE']);
    expect(await told(inputOf('a.ndjson', '123456\n12345'), limits)).toEqual([
      'a.ndjson:1: E_TOO_LARGE',
      'a.ndjson:2: 12345',
    ]);
  });

  it('bound what packed data unpack to, also where it is dropped', async () => {
    const limits = { maxPackageBytes: 10, maxTotalBytes: 1_000 };
    const bomb = gzipSync('x'.repeat(1_001));
    expect(await told(inputOf('a.ndjson.gz', bomb), limits)).toEqual(['a.ndjson.gz: E_TOO_LARGE']);
    const { name, bytes } = readFixtureArchive('sound-two-files.zip');
    expect(await told(inputOf(name, bytes), { maxTotalBytes: 3_000 })).toEqual([
      `${name}: E_TOO_LARGE`,
    ]);
    expect(await told(inputOf(name, bytes), { maxEntries: 1 })).toEqual([`${name}: E_TOO_LARGE`]);
  });
});

it('says nothing of what was cut off when the run was stopped', async () => {
  for (const [path, bytes] of [
    ['a.json', '{"a"'],
    ['a.ndjson', '{"a"'],
    ['a.gz', gzipSync('{}').subarray(0, -4)],
    ['a.zip', readFixtureArchive('sound-two-files.zip').bytes],
  ] as const) {
    expect(await find(inputOf(path, bytes, { isStopped: () => true }))).toEqual([]);
  }
});

it('throws what the input throws, and closes what it opened', async () => {
  const gone = new Error('the stick was pulled');
  const { bytes } = readFixtureArchive('sound-two-files.zip');
  let closed = 0;
  const archive = { ...archiveOfBytes(bytes), close: async () => void closed++ };
  expect(await find(inputOf('a.zip', '', { openArchive: async () => archive }))).toHaveLength(2);
  const failing = { ...archive, read: () => Promise.reject(gone) };
  const reading = find(inputOf('a.zip', '', { openArchive: async () => failing }));
  await expect(reading).rejects.toBe(gone);
  expect(closed).toBe(2);
});

it('finds something in any bytes under any name, and never throws', async () => {
  const names = fc.constantFrom('a', 'a.json', 'a.ndjson', 'a.gz', 'a.ndjson.gz', 'a.zip');
  const starts = fc.constantFrom<number[]>([], [0x1f, 0x8b, 8], [0x50, 0x4b, 3, 4], [0x7b]);
  await fc.assert(
    fc.asyncProperty(
      names,
      starts,
      fc.uint8Array({ maxLength: 200 }),
      async (path, start, rest) => {
        const bytes = Uint8Array.from([...start, ...rest]);
        expect((await find(inputOf(path, bytes))).length).toBeGreaterThan(0);
      },
    ),
  );
});
