/** Signing: heads that verify in both forms, one at a time, never backwards, and never by a wrong signer. @module */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { compactRangeFromHashes } from '@kapsel/tree';
import {
  hexFromBytes,
  keyIdFromPublicKey,
  parseTreeHead,
  verifyCheckpoint,
  verifyTreeHead,
} from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { type SignHeadDeps, signHead } from '../../src/attestation/sign-head.ts';
import { encodeTreeHeadJson, type TreeHead } from '../../src/attestation/tree-head.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { getTreeState, tryLockSigning } from '../../src/logs/store.ts';
import { failAt, watched } from '../support/faulty-pool.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  makeSigner,
  openBench,
  START_MS,
  settleAttempts,
} from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type MemoryHeads, memoryHeads } from '../support/published-memory.ts';

const PACE = { growingMs: 1_000, idleMs: 3_600_000 };

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

type Changes = Partial<Omit<SignHeadDeps, 'ring'>> & { signer?: Signer };

/** One look at the log, with the signer that it has or another in its place. */
const tick = ({ signer: other = signer, ...changes }: Changes = {}): Promise<TreeHead | null> => {
  const ring = { signerOf: async () => other };
  return signHead({ pool: bench.pool, clock, ring, pace: PACE, published, ...changes }, log);
};

async function grow(count: number): Promise<void> {
  await settleAttempts(bench.pool, log, count);
  await sequence(bench.pool, log);
}

async function headTimes(): Promise<number[]> {
  const { rows } = await bench.pool.query<{ at: string }>(
    'SELECT timestamp_ms AS at FROM signed_tree_heads WHERE log_id = $1 ORDER BY timestamp_ms',
    [log.id],
  );
  return rows.map(({ at }) => Number(at));
}

describe('signHead', () => {
  it('signs nothing of an empty log', async () => {
    expect(await tick()).toBeNull();
    expect(await headTimes()).toEqual([]);
  });

  it('signs the committed tree in both forms, so that the core verifies each', async () => {
    await grow(5);
    const head = await tick();
    if (head === null) throw new TypeError('no head');
    const parsed = parseTreeHead(JSON.stringify(encodeTreeHeadJson(head)));
    verifyTreeHead(parsed);
    expect(parsed).toMatchObject({ treeSize: 5, timestampMs: START_MS, log: log.origin });
    const checkpoint = verifyCheckpoint(head.checkpoint, log.origin, signer.publicKey);
    expect(checkpoint.treeSize).toBe(5n);
    expect(checkpoint.extensions).toEqual([]);
    const { rightEdge } = await getTreeState(bench.pool, log.id);
    const root = hexFromBytes(compactRangeFromHashes(5, rightEdge).root());
    expect(hexFromBytes(head.rootHash)).toBe(root);
    expect(hexFromBytes(checkpoint.rootHash)).toBe(root);
    await checkTree(bench.pool, log);
  });

  it('answers exactly what it stored', async () => {
    await grow(3);
    const head = await tick();
    const stored = await findNewestHead(bench.pool, log.id);
    if (head === null || stored === null) throw new TypeError('no head');
    expect(encodeTreeHeadJson(head)).toEqual(encodeTreeHeadJson(stored));
  });

  it('keeps its pace: at most one head a second while the log grows, one an hour when it does not', async () => {
    await grow(1);
    expect(await tick()).toMatchObject({ treeSize: 1 });
    await grow(1);
    clock.advance(999);
    expect(await tick()).toBeNull();
    clock.advance(1);
    expect(await tick()).toMatchObject({ treeSize: 2 });
    clock.advance(PACE.idleMs - 1);
    expect(await tick()).toBeNull();
    clock.advance(1);
    expect(await tick()).toMatchObject({ treeSize: 2 });
    expect(await headTimes()).toHaveLength(3);
    await checkTree(bench.pool, log);
  });

  it('does not ask the signer when no head is due', async () => {
    await grow(1);
    await tick();
    const idle: Signer = { ...signer, sign: () => Promise.reject(new Error('asked')) };
    expect(await tick({ signer: idle })).toBeNull();
  });

  it('gives heads strictly growing times when the clock goes back', async () => {
    const stepsMs = [0, -60_000, -3_600_000, 5, -1, 7_200_000];
    for (const [i, stepMs] of stepsMs.entries()) {
      await grow(1);
      clock.set(START_MS + stepMs);
      expect(await tick({ pace: { growingMs: 0, idleMs: 0 } })).toMatchObject({ treeSize: i + 1 });
    }
    expect(await headTimes()).toEqual([
      START_MS,
      START_MS + 1,
      START_MS + 2,
      START_MS + 5,
      START_MS + 6,
      START_MS + 7_200_000,
    ]);
    await checkTree(bench.pool, log);
  });

  it('lets leaves be sequenced while the signer takes its time', async () => {
    await grow(2);
    const slow: Signer = {
      ...signer,
      sign: async (message) => {
        await grow(3); // needs the row that an open transaction would hold
        return signer.sign(message);
      },
    };
    expect(await tick({ signer: slow })).toMatchObject({ treeSize: 2 });
    clock.advance(1_000);
    expect(await tick()).toMatchObject({ treeSize: 8 });
    await checkTree(bench.pool, log);
  });
});

describe('a signer that is not right', () => {
  const other = makeSigner();
  const { privateKey } = generateKeyPairSync('ed25519');
  const preHash = async (message: Uint8Array): Promise<Uint8Array> =>
    new Uint8Array(sign(null, createHash('sha512').update(message).digest(), privateKey));

  it.each<[string, (right: Signer) => Signer['sign']]>([
    ['signs with another key', () => other.sign],
    ['signs a hash of the message', () => preHash],
    ['answers too few bytes', (right) => async (message) => (await right.sign(message)).slice(1)],
    [
      'answers too many',
      (right) => async (message) => Uint8Array.of(...(await right.sign(message)), 0),
    ],
    ['answers zeros', () => async () => new Uint8Array(64)],
    ['answers the same to everything', (right) => () => right.sign(new Uint8Array(50))],
    [
      'flips a bit',
      (right) => async (message) => {
        const signature = await right.sign(message);
        signature[63] = (signature[63] ?? 0) ^ 0x01;
        return signature;
      },
    ],
    ['is away', () => () => Promise.reject(new Error('away'))],
    [
      'is away for the checkpoint alone',
      (right) => async (message) => {
        if (message.length !== 50) throw new Error('away');
        return right.sign(message);
      },
    ],
    [
      'signs the checkpoint with another key',
      (right) => (message) => (message.length === 50 ? right : other).sign(message),
    ],
  ])('leaves nothing behind when it %s, and the next tick signs', async (_what, wrong) => {
    await grow(2);
    await expect(tick({ signer: { ...signer, sign: wrong(signer) } })).rejects.toThrow();
    expect(await headTimes()).toEqual([]);
    expect(await tick()).toMatchObject({ treeSize: 2 });
    await checkTree(bench.pool, log);
  });

  it('stores no head by a key that is not listed', async () => {
    await grow(1);
    await expect(tick({ signer: other })).rejects.toMatchObject({ code: '23503' });
    expect(await headTimes()).toEqual([]);
  });
});

describe('a tree that contradicts the published head', () => {
  const setTree = (size: number, edge: readonly Uint8Array[]) =>
    bench.pool.query('UPDATE logs SET tree_size = $2, right_edge = $3 WHERE id = $1', [
      log.id,
      size,
      Buffer.concat(edge),
    ]);

  it('is not signed when it is smaller, whether a head is due or not', async () => {
    await grow(4);
    const smaller = await getTreeState(bench.pool, log.id);
    await grow(4);
    await tick();
    await setTree(smaller.treeSize, smaller.rightEdge);
    await expect(tick()).rejects.toThrow('below the published 8');
    clock.advance(PACE.idleMs);
    await expect(tick()).rejects.toThrow('below the published 8');
    await setTree(0, []);
    await expect(tick()).rejects.toThrow('below the published 8');
    expect(await headTimes()).toEqual([START_MS]);
  });

  it('is not signed when it has another root at the same size', async () => {
    await grow(4);
    await tick();
    await setTree(4, [new Uint8Array(32).fill(7)]);
    clock.advance(PACE.idleMs);
    await expect(tick()).rejects.toThrow('another root');
    expect(await headTimes()).toEqual([START_MS]);
  });
});

describe('two processes at once', () => {
  const somebodyWaits = async (): Promise<boolean> => {
    const { rowCount } = await bench.pools.worker.query(
      `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount !== 0;
  };

  it('store one head', async () => {
    await grow(3);
    const later = new ManualClock(START_MS + 7);
    const heads = await Promise.all([
      tick({ pool: bench.pools.sequencer }),
      tick({ pool: bench.pools.api, clock: later }),
      tick({ pool: bench.pools.worker }),
    ]);
    expect(heads.filter((head) => head !== null)).toHaveLength(1);
    expect(await headTimes()).toHaveLength(1);
    await checkTree(bench.pool, log);
  });

  it('do not wait for each other: one that finds another storing its head leaves it to that one', async () => {
    await grow(3);
    await inTransaction(bench.pools.api, async (db) => {
      expect(await tryLockSigning(db, log.id)).toBe(true);
      expect(await tick()).toBeNull();
    });
    expect(await headTimes()).toEqual([]);
    expect(published.heads.size).toBe(0);
    expect((await tick())?.treeSize).toBe(3);
  });

  it('leave a head to the next tick while a long transaction holds the row of the log', async () => {
    await grow(3);
    await inTransaction(bench.pools.api, async (db) => {
      await getTreeState(db, log.id, true);
      expect(await tick()).toBeNull();
    });
    expect(published.heads.size).toBe(0);
    expect((await tick())?.treeSize).toBe(3);
  });

  it('take turns between looking and storing', async () => {
    await grow(3);
    let second: Promise<TreeHead | null> | null = null;
    const held = watched(bench.pools.sequencer, async (text, values) => {
      if (!text.includes('INSERT INTO signed_tree_heads')) return values;
      let isOver = false;
      const later = new ManualClock(START_MS + 7);
      second = tick({ pool: bench.pools.api, clock: later }).finally(() => {
        isOver = true;
      });
      // Until the second waits for the first, or has overtaken it.
      while (!isOver && !(await somebodyWaits())) await new Promise(setImmediate);
      return values;
    });
    const pool = Object.assign(held, { query: bench.pool.query.bind(bench.pool) });
    expect(await tick({ pool })).toMatchObject({ treeSize: 3 });
    expect(await second).toBeNull();
    expect(await headTimes()).toEqual([START_MS]);
  });

  it('drop the head that took longer to sign, even when it is of a smaller tree and a later time', async () => {
    await grow(2);
    let isFirst = true;
    const overtaken: Signer = {
      ...signer,
      sign: async (message) => {
        if (isFirst) {
          isFirst = false;
          await grow(2);
          expect(await tick({ pool: bench.pools.api })).toMatchObject({ treeSize: 4 });
        }
        return signer.sign(message);
      },
    };
    const later = new ManualClock(START_MS + 60_000);
    expect(await tick({ signer: overtaken, clock: later })).toBeNull();
    expect(await findNewestHead(bench.pool, log.id)).toMatchObject({ treeSize: 4 });
    await checkTree(bench.pool, log);
  });
});

describe('a crash while signing', () => {
  it.each(['before', 'after', 'killed'] as const)(
    'at any statement (%s) leaves no head or a whole one, and the next tick goes on',
    async (fault) => {
      await grow(3);
      for (let at = 0; ; at += 1) {
        // The first two reads go through the pool itself: only transactions are struck.
        const faulty = failAt(bench.pool, at, fault);
        const pool = Object.assign(faulty.pool, { query: bench.pool.query.bind(bench.pool) });
        const [run] = await Promise.allSettled([tick({ pool })]);
        if (!faulty.struck()) break;
        const statement = faulty.statements.at(-1) ?? '';
        expect(run?.status, statement).toBe('rejected');
        if (statement === 'COMMIT' && fault === 'after') break;
        expect(await headTimes(), statement).toEqual([]);
      }
      expect(await headTimes()).toEqual([START_MS]);
      await grow(1);
      clock.advance(1_000);
      expect(await tick()).toMatchObject({ treeSize: 4 });
      await checkTree(bench.pool, log);
    },
  );

  it('keeps the key id beside each head', async () => {
    await grow(1);
    await tick();
    const { rows } = await bench.pool.query<{ key_id: Buffer }>(
      'SELECT key_id FROM signed_tree_heads WHERE log_id = $1',
      [log.id],
    );
    expect(rows.map(({ key_id }) => hexFromBytes(key_id))).toEqual([
      keyIdFromPublicKey(signer.publicKey),
    ]);
  });
});
