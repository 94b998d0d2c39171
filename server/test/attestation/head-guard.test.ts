/** The database against what was published: set back, changed or foreign, it is refused before anything is signed. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assertRoots, guardAtStart, lookAtLog } from '../../src/attestation/head-guard.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { getTreeState } from '../../src/logs/store.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  makeSigner,
  openBench,
  ringOf,
  START_MS,
  settleAttempts,
} from '../support/log-bench.ts';
import { makeHead } from '../support/made-heads.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type MemoryHeads, memoryHeads } from '../support/published-memory.ts';

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

async function grow(count: number): Promise<TreeHead> {
  await settleAttempts(bench.pool, log, count);
  await sequence(bench.pool, log);
  clock.advance(1_000);
  const pace = { growingMs: 0, idleMs: 0 };
  const deps = { pool: bench.pool, clock, ring: ringOf(signer), pace, published };
  const head = await signHead(deps, log);
  if (head === null) throw new Error('no head was due');
  return head;
}

const guard = () => guardAtStart(bench.pool, log, published);

/** What a restore would have left of the log's tree; its tiles and heads stay. */
async function setTree(size: number, edge: readonly Uint8Array[]): Promise<void> {
  await bench.pool.query('UPDATE logs SET tree_size = $2, right_edge = $3 WHERE id = $1', [
    log.id,
    size,
    Buffer.concat(edge),
  ]);
}

const forgetHeads = () =>
  bench.pool.query('DELETE FROM signed_tree_heads WHERE log_id = $1', [log.id]);

describe('guardAtStart', () => {
  it('lets a new log pass, a log that grew, and one whose second place is new', async () => {
    await guard();
    await grow(3);
    await guard();
    await grow(300);
    await guard();
    published.heads.clear();
    await guard();
  });

  it('refuses fewer leaves than were published, and says both sizes', async () => {
    await grow(3);
    const { treeSize, rightEdge } = await getTreeState(bench.pool, log.id);
    await grow(5);
    await setTree(treeSize, rightEdge);
    await forgetHeads();
    await expect(guard()).rejects.toMatchObject({ kind: 'behind' });
    await expect(guard()).rejects.toThrow(/ 3 .* 8 /);
  });

  it('refuses another history at the published size, also when it has grown since', async () => {
    const head = await grow(8);
    const other = new Uint8Array(32).fill(7);
    published.heads.set(
      log.id,
      await makeHead({ ...head, signer, rootHash: other, timestampMs: head.timestampMs - 1 }),
    );
    await expect(guard()).rejects.toMatchObject({ kind: 'forked' });
    await expect(grow(3)).rejects.toMatchObject({ kind: 'forked' });
    published.heads.set(
      log.id,
      await makeHead({ ...head, signer, treeSize: 5, timestampMs: head.timestampMs - 1 }),
    );
    await expect(guard()).rejects.toMatchObject({ kind: 'forked' });
  });

  it('refuses a smaller published head of a later time', async () => {
    const small = await grow(3);
    const large = await grow(3);
    const later = await makeHead({ ...small, signer, timestampMs: large.timestampMs + 1 });
    published.heads.set(log.id, later);
    await expect(guard()).rejects.toMatchObject({ kind: 'forked' });
  });

  it('lets two heads of one millisecond pass: the one that is not in the database was never served', async () => {
    const small = await grow(3);
    const large = await grow(3);
    const beside = await makeHead({ ...small, signer, timestampMs: large.timestampMs });
    published.heads.set(log.id, beside);
    await guard();
    const next = await grow(1);
    expect(next).toMatchObject({ treeSize: 7 });
    expect(published.heads.get(log.id)).toEqual(next);
  });

  it('refuses a published head by a key that the log never had', async () => {
    const head = await grow(4);
    const stranger = makeSigner();
    const foreign = await makeHead({
      ...head,
      signer: stranger,
      timestampMs: head.timestampMs + 1,
    });
    published.heads.set(log.id, foreign);
    await expect(guard()).rejects.toMatchObject({ kind: 'foreign' });
    await expect(grow(1)).rejects.toMatchObject({ kind: 'foreign' });
  });

  it('refuses a new database under the name of a published log', async () => {
    const head = await grow(4);
    published.heads.clear();
    const before = await makeLog(bench.pool);
    published.heads.set(before.id, head);
    await expect(guard()).rejects.toMatchObject({ kind: 'foreign' });
    await forgetHeads();
    await expect(grow(1)).rejects.toMatchObject({ kind: 'foreign' });
  });

  it('passes on what the second place refuses', async () => {
    const broken = { ...published, read: () => Promise.reject(new TypeError('broken')) };
    await expect(guardAtStart(bench.pool, log, broken)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('assertRoots', () => {
  const roots = async () =>
    assertRoots(bench.pool, log, await lookAtLog(bench.pool, log, published));

  it('answers the committed root when the tiles lead to it', async () => {
    const head = await grow(257);
    expect(await roots()).toEqual(new Uint8Array(head.rootHash));
  });

  it('refuses tiles that lead elsewhere, although the right edge is right', async () => {
    await grow(5);
    await settleAttempts(bench.pool, log, 1);
    await sequence(bench.pool, log);
    const state = await getTreeState(bench.pool, log.id);
    await setTree(state.treeSize, state.rightEdge.with(1, new Uint8Array(32).fill(9)));
    await expect(roots()).rejects.toMatchObject({ kind: 'forked' });
  });
});
