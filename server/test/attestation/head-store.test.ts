/** Heads in a real database: found by time and by size, never two at one time. @module */
import { keyIdFromPublicKey } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  findHeadBySize,
  findNewestHead,
  findNewestHeadUntil,
  insertHead,
  listHeadStates,
} from '../../src/attestation/head-store.ts';
import { encodeTreeHeadJson, type TreeHead } from '../../src/attestation/tree-head.ts';
import { newId } from '../../src/base/ids.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { haltLog } from '../../src/logs/store.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  openBench,
  START_MS,
} from '../support/log-bench.ts';

let bench: Bench;
let log: BenchLog;
let signer: Signer;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
  signer = await giveSigner(bench.pool, log);
});
afterAll(() => bench.close());

/** A row as the store takes it; that it verifies is the business of whoever signs. */
function headOf(treeSize: number, timestampMs: number): TreeHead {
  return {
    id: newId<'tree_head'>(START_MS),
    origin: log.origin,
    treeSize,
    rootHash: new Uint8Array(32).fill(treeSize),
    timestampMs,
    signature: new Uint8Array(64).fill(timestampMs % 256),
    publicKey: signer.publicKey,
    checkpoint: `note of ${treeSize} at ${timestampMs}\n`,
    cosignatures: [],
  };
}

async function insert(treeSize: number, timestampMs: number): Promise<TreeHead> {
  const head = headOf(treeSize, timestampMs);
  const keyId = Buffer.from(keyIdFromPublicKey(signer.publicKey), 'hex');
  await insertHead(bench.pool, log.id, head, keyId);
  return head;
}

const jsonOf = (head: TreeHead | null): unknown =>
  head === null ? null : encodeTreeHeadJson(head);

describe('findNewestHead', () => {
  it('finds the head with the latest time, whole', async () => {
    expect(await findNewestHead(bench.pool, log.id)).toBeNull();
    await insert(5, START_MS);
    const newest = await insert(9, START_MS + 2_000);
    await insert(7, START_MS + 1_000);
    expect(jsonOf(await findNewestHead(bench.pool, log.id))).toEqual(jsonOf(newest));
  });

  it('finds nothing of another log', async () => {
    await insert(5, START_MS);
    const other = await makeLog(bench.pool);
    expect(await findNewestHead(bench.pool, other.id)).toBeNull();
    expect(await findHeadBySize(bench.pool, other.id, 5)).toBeNull();
  });
});

describe('findHeadBySize', () => {
  it('finds the newest head of exactly this size', async () => {
    const small = await insert(5, START_MS);
    await insert(9, START_MS + 1_000);
    const again = await insert(9, START_MS + 2_000);
    expect(jsonOf(await findHeadBySize(bench.pool, log.id, 5))).toEqual(jsonOf(small));
    expect(jsonOf(await findHeadBySize(bench.pool, log.id, 9))).toEqual(jsonOf(again));
    expect(await findHeadBySize(bench.pool, log.id, 6)).toBeNull();
    expect(await findHeadBySize(bench.pool, log.id, 0)).toBeNull();
  });

  it('holds sizes up to 2^53 - 1', async () => {
    await insert(Number.MAX_SAFE_INTEGER, START_MS);
    const head = await findHeadBySize(bench.pool, log.id, Number.MAX_SAFE_INTEGER);
    expect(head?.treeSize).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('findNewestHeadUntil', () => {
  it('finds the head that was the newest at a time', async () => {
    await insert(5, START_MS);
    const later = await insert(9, START_MS + 1_000);
    const at = (timeMs: number) => findNewestHeadUntil(bench.pool, log.id, timeMs);
    expect(await at(START_MS - 1)).toBeNull();
    expect(await at(START_MS + 999)).toMatchObject({ treeSize: 5 });
    expect(jsonOf(await at(START_MS + 1_000))).toEqual(jsonOf(later));
  });
});

describe('listHeadStates', () => {
  it('tells of each log how far it is committed and signed, and whether it is halted', async () => {
    const other = await makeLog(bench.pool);
    await insert(5, START_MS);
    await insert(9, START_MS + 1_000);
    await bench.pool.query('UPDATE logs SET tree_size = 12 WHERE id = $1', [log.id]);
    await haltLog(bench.pool, other.id, 'by hand');
    const states = await listHeadStates(bench.pool);
    const { id, tenantId, name, isPublic, origin } = log;
    expect(states.find((state) => state.log.id === log.id)).toEqual({
      log: { id, tenantId, name, isPublic, origin },
      treeSize: 12,
      haltedReason: null,
      newest: { treeSize: 9, timestampMs: START_MS + 1_000 },
    });
    expect(states.find((state) => state.log.id === other.id)).toMatchObject({
      treeSize: 0,
      haltedReason: 'by hand',
      newest: null,
    });
  });
});

describe('insertHead', () => {
  it('refuses a second head of the same time, and a head of nothing', async () => {
    await insert(5, START_MS);
    await expect(insert(6, START_MS)).rejects.toMatchObject({ code: '23505' }); // unique_violation
    await expect(insert(0, START_MS + 1)).rejects.toMatchObject({ code: '23514' }); // check_violation
  });
});
