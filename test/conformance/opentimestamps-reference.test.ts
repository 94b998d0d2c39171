/** The OpenTimestamps reference library and this code read each other's files and agree on what they refuse. @module */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  attestedMessages,
  bitcoinMainnet,
  encodeOtsProof,
  growOtsTimestamp,
  hexFromBytes,
  mergeOtsTimestamps,
  type OtsTimestamp,
  parseGivenHeader,
  parseOtsProof,
  parseOtsTimestamp,
  VerificationError,
  verifyAnchor,
} from '@kapsel/verification';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBitcoin } from '../support/bitcoin.ts';
import { openCalendar } from '../support/calendar.ts';
import { part } from '../support/parts.ts';

const SCRIPT = fileURLToPath(new URL('reference-answers.py', import.meta.url));
const EXAMPLES = new URL('../../node_modules/opentimestamps/examples/', import.meta.url);
const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/ots/${name}`, import.meta.url));
const HELLO = fixture('hello-world.txt.ots');
const HEADER = fixture('block-358391.hex').toString().trim();

/** All questions at once: starting Python takes longer than answering. */
function ask(questions: readonly object[]): unknown[] {
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const run = spawnSync('/usr/bin/python3', [SCRIPT], {
    input,
    encoding: 'utf8',
    timeout: 30_000,
    maxBuffer: 67_108_864,
  });
  if (run.status !== 0) throw new Error(`the reference failed: ${run.stderr}`);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

async function bytesOf(url: string, request: RequestInit = {}): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(url, request)).arrayBuffer());
}

function ours(bytes: Uint8Array): string | null {
  try {
    return hexFromBytes(encodeOtsProof(parseOtsProof(bytes)));
  } catch (error) {
    if (error instanceof VerificationError) return null;
    throw error;
  }
}

const hexText = (max: number) =>
  fc.uint8Array({ minLength: 1, maxLength: max }).map((bytes) => hexFromBytes(bytes));
const operation = fc.oneof(
  fc.tuple(fc.constantFrom('append', 'prepend'), hexText(20)),
  fc.tuple(fc.constantFrom('sha1', 'ripemd160', 'sha256', 'reverse', 'hexlify'), fc.constant('')),
);
const way = fc.tuple(
  fc.array(operation, { maxLength: 5 }),
  fc.constantFrom('bitcoin', 'pending', 'unknown'),
  fc.nat({ max: 100 }),
);

describe.skipIf(!part('opentimestamps'))('the reference library', () => {
  it('writes files that are read here, and written back the same', () => {
    const files = fc.sample(fc.array(way, { minLength: 1, maxLength: 5 }), {
      seed: 44,
      numRuns: 150,
    });
    const digest = createHash('sha256').update('x').digest('hex');
    const made = ask(
      files.map((ways) => ({
        what: 'make',
        digest,
        ways: ways.map(([operations, kind, n]) => [
          operations,
          kind,
          kind === 'bitcoin' ? n : kind === 'pending' ? `https://${n + 100}.example` : 'abcd',
        ]),
      })),
    ) as string[];
    for (const file of made) expect(ours(Buffer.from(file, 'hex'))).toBe(file);
  });

  it('reads what is written here, of its own examples and ours', () => {
    const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ots'));
    expect(names.length).toBeGreaterThan(8);
    const files = [HELLO, ...names.map((name) => readFileSync(new URL(name, EXAMPLES)))];
    const written = files.map((file) => ours(file));
    expect(written).not.toContain(null);
    expect(ask(written.map((ots) => ({ what: 'read', ots })))).toEqual(written);
    expect(ask(files.map((file) => ({ what: 'read', ots: file.toString('hex') })))).toEqual(
      written,
    );
  });

  it('verifies the public example as it is verified here, and refuses it with another header', () => {
    const other = HEADER.replace(/^(.{80})..(.*)$/, '$1ff$2');
    const ots = HELLO.toString('hex');
    const [good, bad] = ask([
      { what: 'verify', ots, header: HEADER },
      { what: 'verify', ots, header: other },
    ]);
    expect([good, bad]).toEqual([[1_432_827_678], [null]]);
    const chain = bitcoinMainnet();
    const stateWith = (given: string) =>
      verifyAnchor(parseOtsProof(HELLO), fixture('hello-world.txt'), {
        chain,
        headers: [parseGivenHeader(`358391:${given}`, chain)],
      });
    expect(stateWith(HEADER)).toMatchObject({
      state: 'confirmed',
      decisive: { blockTime: 1_432_827_678 },
    });
    expect(stateWith(other.slice(72, 136)).state).toBe('mismatch');
    expect(() => stateWith(other)).toThrow(VerificationError);
  });

  it('verifies what is made here of the answers of two calendars, up to the block', async () => {
    const bitcoin = await openBitcoin();
    const calendars = [await openCalendar(bitcoin.chain), await openCalendar(bitcoin.chain)];
    try {
      const digest = createHash('sha256').update('a checkpoint').digest();
      let timestamp: OtsTimestamp | null = null;
      for (const calendar of calendars) {
        const answer = await bytesOf(`${calendar.url}/digest`, { method: 'POST', body: digest });
        const one = parseOtsTimestamp(answer, digest);
        timestamp = timestamp === null ? one : mergeOtsTimestamps(timestamp, one);
      }
      for (const calendar of calendars) calendar.broadcast();
      const block = bitcoin.chain.mine(1);
      bitcoin.chain.mine(5);
      if (timestamp === null) throw new Error('no calendar answered');
      for (const { attestation, message } of attestedMessages(timestamp)) {
        if (attestation.kind !== 'pending') continue;
        const url = `${attestation.uri}/timestamp/${hexFromBytes(message)}`;
        timestamp = growOtsTimestamp(timestamp, parseOtsTimestamp(await bytesOf(url), message));
      }
      const ots = hexFromBytes(encodeOtsProof({ fileHash: 'sha256', timestamp }));
      const header = block.header.toString('hex');
      const [times, read] = ask([
        { what: 'verify', ots, header },
        { what: 'read', ots },
      ]);
      expect(read).toBe(ots);
      // Both calendars are in one block: both ways are there, and both hold.
      const time = block.header.readUInt32LE(68);
      expect(times).toEqual([time, time]);
    } finally {
      await Promise.all([bitcoin, ...calendars].map((each) => each.close()));
    }
  });

  it('agrees on each of 1,000 changed and cut files', () => {
    const files = fc.sample(
      fc.oneof(
        fc.nat({ max: HELLO.length - 1 }).map((end) => HELLO.subarray(0, end)),
        fc.tuple(fc.nat({ max: HELLO.length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => {
          const copy = Buffer.from(HELLO);
          copy[at] = byte;
          return copy;
        }),
        fc
          .tuple(fc.nat({ max: HELLO.length }), fc.uint8Array({ minLength: 1, maxLength: 3 }))
          .map(([at, more]) => Buffer.concat([HELLO.subarray(0, at), more, HELLO.subarray(at)])),
      ),
      { seed: 45, numRuns: 1_000 },
    );
    const theirs = ask(files.map((file) => ({ what: 'read', ots: file.toString('hex') })));
    const mine = files.map((file) => ours(file));
    expect(theirs.filter((answer) => answer !== null).length).toBeGreaterThan(100);
    expect(mine).toEqual(theirs);
  });
});
