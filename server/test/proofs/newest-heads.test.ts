/** The pointer to the newest head: how old it may be, when it is asked anew, and that it never goes back. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { primaryReads } from '../../src/db/reads.ts';
import { NewestHeads } from '../../src/proofs/newest-heads.ts';
import { type Bench, makeLog, openBench, START_MS } from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { countQueries } from '../support/proofs.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

let bench: Bench;
let signed: SignedLog;
let clock: ManualClock;
let heads: NewestHeads;
let queries: () => number;

beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  signed = await signLog(bench.pool, await makeLog(bench.pool));
  await growLog(signed, 2);
  clock = new ManualClock(START_MS);
  const { pool, count } = countQueries(bench.pools.api);
  queries = count;
  heads = new NewestHeads({ reads: primaryReads(pool), clock, maxAgeMs: 1_000 });
});
afterAll(() => bench.close());

const sizeOfNewest = async (): Promise<number | undefined> =>
  (await heads.find(signed.log.id))?.treeSize;

describe('NewestHeads', () => {
  it('asks again before the first head, and says so', async () => {
    expect(await heads.find(signed.log.id)).toBeNull();
    await expect(heads.get(signed.log.id)).rejects.toMatchObject({ kind: 'no_tree_head' });
    await headOf(signed);
    expect(await sizeOfNewest()).toBe(2);
    expect((await heads.get(signed.log.id)).treeSize).toBe(2);
  });

  it('answers from memory for a second', async () => {
    await headOf(signed);
    expect(await sizeOfNewest()).toBe(2);
    await growLog(signed, 1);
    await headOf(signed);
    clock.advance(999);
    expect(await sizeOfNewest()).toBe(2);
    expect(queries()).toBe(1);
    clock.advance(1);
    expect(await sizeOfNewest()).toBe(3);
    expect(queries()).toBe(2);
  });

  it('asks once for all who wait', async () => {
    await headOf(signed);
    const all = await Promise.all(Array.from({ length: 20 }, sizeOfNewest));
    expect(new Set(all)).toEqual(new Set([2]));
    expect(queries()).toBe(1);
  });

  it('is swapped at once by whoever signs in this process', async () => {
    await headOf(signed);
    await sizeOfNewest();
    await growLog(signed, 1);
    heads.publish(signed.log.id, await headOf(signed));
    expect(await sizeOfNewest()).toBe(3);
    expect(queries()).toBe(1);
  });

  it('does not go back to an older head that was still on its way', async () => {
    const old = await headOf(signed);
    const asking = sizeOfNewest();
    await growLog(signed, 1);
    const head = await headOf(signed);
    heads.publish(signed.log.id, head);
    await asking;
    heads.publish(signed.log.id, old);
    expect(await sizeOfNewest()).toBe(3);
  });

  it('asks anew before it says that a size is not signed', async () => {
    await headOf(signed);
    await sizeOfNewest();
    await growLog(signed, 1);
    await headOf(signed);
    expect((await heads.findCovering(signed.log.id, 2))?.treeSize).toBe(2);
    expect(queries()).toBe(1);
    expect((await heads.findCovering(signed.log.id, 3))?.treeSize).toBe(3);
    expect(queries()).toBe(2);
    expect((await heads.findCovering(signed.log.id, 4))?.treeSize).toBe(3);
    expect(queries()).toBe(3);
  });

  it('asks anew even when a question is under way that may be too old', async () => {
    await headOf(signed);
    const under = heads.find(signed.log.id);
    await growLog(signed, 1);
    await headOf(signed);
    expect((await heads.findCovering(signed.log.id, 3))?.treeSize).toBe(3);
    await under;
  });

  it('passes on that the database is away, and recovers', async () => {
    await headOf(signed);
    let isAway = true;
    const query = (...args: unknown[]) =>
      isAway
        ? Promise.reject(new Error('away'))
        : (bench.pools.api.query as (...args: unknown[]) => unknown)(...args);
    heads = new NewestHeads({
      reads: primaryReads({ query } as unknown as typeof bench.pool),
      clock,
      maxAgeMs: 1_000,
    });
    await expect(heads.find(signed.log.id)).rejects.toThrow('away');
    isAway = false;
    expect(await sizeOfNewest()).toBe(2);
  });
});
