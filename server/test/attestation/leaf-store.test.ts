/** Leaves with a place in the tree: found by hash by anybody, by attempt by their tenant alone. @module */
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  findLeafByAttempt,
  findLeafIndexByHash,
  hasAttempt,
  insertLeavesAcrossTenants,
} from '../../src/attestation/leaf-store.ts';
import type { PendingLeaf } from '../../src/attestation/pending-store.ts';
import { newId } from '../../src/base/ids.ts';
import {
  type Bench,
  type BenchLog,
  insertAttempts,
  makeLog,
  openBench,
  START_MS,
  settleAttempts,
} from '../support/log-bench.ts';

let bench: Bench;
let log: BenchLog;
let stranger: BenchLog;
let leaves: PendingLeaf[];
let leaf: PendingLeaf;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
  stranger = await makeLog(bench.pool);
  leaves = await settleAttempts(bench.pool, log, 3);
  await insertLeavesAcrossTenants(bench.pool, log.id, 7, leaves);
  if (leaves[1] === undefined) throw new TypeError('no leaf');
  leaf = leaves[1];
});
afterAll(() => bench.close());

describe('insertLeavesAcrossTenants', () => {
  it('numbers the leaves in their order from the first index', async () => {
    for (const [i, { leaf: each }] of leaves.entries()) {
      expect(await findLeafIndexByHash(bench.pool, log.id, each.hash)).toBe(7 + i);
    }
  });

  it('refuses an index twice, a hash twice, and an attempt twice', async () => {
    const [fresh] = await settleAttempts(bench.pool, log, 1);
    if (fresh === undefined) throw new TypeError('no leaf');
    const insert = (index: number, changes: Partial<PendingLeaf>) =>
      insertLeavesAcrossTenants(bench.pool, log.id, index, [{ ...fresh, ...changes }]);
    const { deliveryAttemptId } = leaf;
    await expect(insert(8, {})).rejects.toMatchObject({ code: '23505' });
    await expect(insert(10, { leaf: leaf.leaf })).rejects.toMatchObject({ code: '23505' });
    await expect(insert(10, { deliveryAttemptId })).rejects.toMatchObject({ code: '23505' });
    await insert(10, {});
  });
});

describe('findLeafIndexByHash', () => {
  it('knows no other hash, and none of another log', async () => {
    expect(await findLeafIndexByHash(bench.pool, log.id, new Uint8Array(32))).toBeNull();
    expect(await findLeafIndexByHash(bench.pool, stranger.id, leaf.leaf.hash)).toBeNull();
  });
});

describe('findLeafByAttempt', () => {
  it('finds the leaf exactly as it was written', async () => {
    const found = await findLeafByAttempt(bench.pool, log.tenantId, leaf.deliveryAttemptId);
    expect(found).toMatchObject({ logId: log.id, leafIndex: 8, leafData: leaf.leaf.data });
    expect(hexFromBytes(found?.leafHash ?? new Uint8Array())).toBe(hexFromBytes(leaf.leaf.hash));
  });

  it('finds nothing for another tenant', async () => {
    const { deliveryAttemptId: id } = leaf;
    expect(await findLeafByAttempt(bench.pool, stranger.tenantId, id)).toBeNull();
    expect(await findLeafByAttempt(bench.pool, log.tenantId, newId(START_MS))).toBeNull();
  });
});

describe('hasAttempt', () => {
  it('knows attempts without a leaf too, and none of another tenant', async () => {
    const [attempt] = await insertAttempts(bench.pool, log, 1);
    if (attempt === undefined) throw new TypeError('no attempt');
    expect(await hasAttempt(bench.pool, log.tenantId, attempt.id)).toBe(true);
    expect(await findLeafByAttempt(bench.pool, log.tenantId, attempt.id)).toBeNull();
    expect(await hasAttempt(bench.pool, stranger.tenantId, attempt.id)).toBe(false);
    expect(await hasAttempt(bench.pool, log.tenantId, newId(START_MS))).toBe(false);
  });
});
