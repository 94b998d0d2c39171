/** Signing over two places: a crash between any two writes, several processes, and changes of keys. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { PublishedHeadMoved, type PublishedHeads } from '../../src/attestation/published-head.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { type SignHeadDeps, signHead } from '../../src/attestation/sign-head.ts';
import { encodeTreeHeadJson, type TreeHead } from '../../src/attestation/tree-head.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { haltLog } from '../../src/logs/store.ts';
import { failAt, watched } from '../support/faulty-pool.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  openBench,
  ringOf,
  START_MS,
  settleAttempts,
} from '../support/log-bench.ts';
import { makeHead } from '../support/made-heads.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type MemoryHeads, memoryHeads } from '../support/published-memory.ts';

const PACE = { growingMs: 0, idleMs: 3_600_000 };

let bench: Bench;
let log: BenchLog;
let signer: Signer;
let clock: ManualClock;
let published: MemoryHeads;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
  signer = await giveSigner(bench.pool, log);
  clock = new ManualClock(START_MS);
  published = memoryHeads();
});
afterAll(() => bench.close());

const tick = (changes: Partial<SignHeadDeps> = {}): Promise<TreeHead | null> => {
  const deps = { pool: bench.pool, clock, ring: ringOf(signer), pace: PACE, published };
  return signHead({ ...deps, ...changes }, log);
};

async function grow(count: number): Promise<void> {
  await settleAttempts(bench.pool, log, count);
  await sequence(bench.pool, log);
  clock.advance(1_000);
}

const jsonOf = (head: TreeHead | null | undefined): unknown => head && encodeTreeHeadJson(head);

/** Both places hold the same head. */
async function expectAgreement(): Promise<void> {
  const newest = await findNewestHead(bench.pool, log.id);
  expect(jsonOf(newest)).toEqual(jsonOf(published.heads.get(log.id)));
  await checkTree(bench.pool, log);
}

describe('a crash', () => {
  it('before the second place was written leaves nothing, and the next tick signs', async () => {
    await grow(3);
    const failing: PublishedHeads = {
      ...published,
      write: () => Promise.reject(new Error('no space')),
    };
    await expect(tick({ published: failing })).rejects.toThrow('no space');
    expect(await findNewestHead(bench.pool, log.id)).toBeNull();
    expect(await tick()).toMatchObject({ treeSize: 3 });
    await expectAgreement();
  });

  it('between the two places leaves a head that the next tick puts into the database', async () => {
    await grow(3);
    const dying: PublishedHeads = {
      ...published,
      async write(...parameters) {
        await published.write(...parameters);
        throw new Error('the process ended');
      },
    };
    await expect(tick({ published: dying })).rejects.toThrow('the process ended');
    const left = published.heads.get(log.id);
    expect(left).toMatchObject({ treeSize: 3 });
    expect(await findNewestHead(bench.pool, log.id)).toBeNull();
    await grow(2);
    // Both: what was left, then what has grown since.
    expect(await tick()).toMatchObject({ treeSize: 5 });
    const { heads } = await checkTree(bench.pool, log);
    expect(heads.map(({ treeSize, timestampMs }) => [treeSize, timestampMs])).toEqual([
      [3, left?.timestampMs],
      [5, clock.nowMs()],
    ]);
    await expectAgreement();
  });

  it('at any statement, with its answer lost or not, is followed by agreement', async () => {
    for (const fault of ['before', 'after', 'killed'] as const) {
      for (let at = 0; ; at += 1) {
        await grow(1);
        const faulty = failAt(bench.pool, at, fault);
        const pool = Object.assign(faulty.pool, { query: bench.pool.query.bind(bench.pool) });
        await tick({ pool }).catch(() => null);
        await grow(1);
        expect(await tick(), faulty.statements.at(-1)).not.toBeNull();
        await expectAgreement();
        if (!faulty.struck()) break;
      }
    }
  });
});

describe('a head in the second place alone', () => {
  it('by a key that signs no more is left there, and the next head gets a later time', async () => {
    await grow(2);
    await tick();
    await grow(1);
    const before = await findNewestHead(bench.pool, log.id);
    const left = await makeHead({
      origin: log.origin,
      signer,
      treeSize: before?.treeSize ?? 0,
      rootHash: before?.rootHash ?? new Uint8Array(),
      timestampMs: clock.nowMs() + 5_000,
    });
    published.heads.set(log.id, left);
    await retireKey();
    const next = await giveSigner(bench.pool, log);
    expect(await tick({ ring: ringOf(signer, next) })).toMatchObject({
      treeSize: 3,
      timestampMs: left.timestampMs + 1,
      publicKey: next.publicKey,
    });
    await expectAgreement();
  });
});

async function retireKey(): Promise<void> {
  await bench.pool.query(
    "UPDATE attestation_keys SET state = 'retired', valid_until = now() WHERE log_id = $1",
    [log.id],
  );
}

describe('a change of keys', () => {
  it('while a head is being signed drops that head, and the next tick signs with the new key', async () => {
    await grow(2);
    let next: Signer | null = null;
    const slow: Signer = {
      ...signer,
      async sign(message) {
        if (next === null) {
          await retireKey();
          next = await giveSigner(bench.pool, log);
        }
        return signer.sign(message);
      },
    };
    expect(await tick({ ring: ringOf(slow) })).toBeNull();
    expect(published.heads.size).toBe(0);
    expect(await findNewestHead(bench.pool, log.id)).toBeNull();
    if (next === null) throw new TypeError('the signer was not asked');
    expect(await tick({ ring: ringOf(slow, next) })).toMatchObject({
      publicKey: (next as Signer).publicKey,
    });
    await expectAgreement();
  });

  it('leaves a process without the new key silent', async () => {
    await grow(2);
    await retireKey();
    await giveSigner(bench.pool, log);
    expect(await tick()).toBeNull();
    expect(await findNewestHead(bench.pool, log.id)).toBeNull();
  });
});

describe('a halted log', () => {
  it('is not signed, nor is what was being signed when it was halted', async () => {
    await grow(2);
    const slow: Signer = {
      ...signer,
      async sign(message) {
        await haltLog(bench.pool, log.id, 'by hand');
        return signer.sign(message);
      },
    };
    expect(await tick({ ring: ringOf(slow) })).toBeNull();
    await expect(tick()).rejects.toMatchObject({ name: 'LogHaltedError', message: 'by hand' });
    expect(await findNewestHead(bench.pool, log.id)).toBeNull();
    expect(published.heads.size).toBe(0);
  });
});

describe('processes with places of their own', () => {
  it('follow the heads of each other', async () => {
    const other = memoryHeads();
    await grow(3);
    await tick();
    expect(await tick({ published: other })).toBeNull();
    expect(jsonOf(other.heads.get(log.id))).toEqual(jsonOf(published.heads.get(log.id)));
    await grow(300);
    expect(await tick({ published: other })).toMatchObject({ treeSize: 303 });
    expect(published.heads.get(log.id)).toMatchObject({ treeSize: 3 });
    expect(await tick()).toBeNull();
    await expectAgreement();
  });

  it('do not follow a head that is not signed by its key', async () => {
    const other = memoryHeads();
    await grow(3);
    await tick();
    await bench.pool.query('UPDATE signed_tree_heads SET signature = $2 WHERE log_id = $1', [
      log.id,
      Buffer.alloc(64),
    ]);
    await expect(tick({ published: other })).rejects.toThrow('not signed');
    expect(other.heads.size).toBe(0);
  });

  it('do not follow a head that is not consistent with their own', async () => {
    await grow(3);
    const first = await tick();
    if (first === null) throw new TypeError('no head');
    const other = memoryHeads();
    const beside = { ...first, signer, timestampMs: first.timestampMs - 1 };
    other.heads.set(log.id, await makeHead({ ...beside, rootHash: new Uint8Array(32) }));
    await expect(tick({ published: other })).rejects.toMatchObject({ kind: 'forked' });
  });
});

describe('processes with one place', () => {
  it('take turns: the one that was overtaken between look and write signs nothing', async () => {
    await grow(3);
    let second: Promise<TreeHead | null> | null = null;
    const held = watched(bench.pools.sequencer, async (text, values) => {
      if (!text.startsWith('BEGIN') || second !== null) return values;
      second = tick({ pool: bench.pools.api });
      await second;
      return values;
    });
    const pool = Object.assign(held, { query: bench.pool.query.bind(bench.pool) });
    expect(await tick({ pool })).toBeNull();
    expect(await second).toMatchObject({ treeSize: 3 });
    await expectAgreement();
  });

  it('look again when the place was moved under them', async () => {
    await grow(3);
    const moved: PublishedHeads = {
      ...published,
      write: () => Promise.reject(new PublishedHeadMoved('moved')),
    };
    expect(await tick({ published: moved })).toBeNull();
    expect(await findNewestHead(bench.pool, log.id)).toBeNull();
  });
});
