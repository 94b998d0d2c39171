/** Look-ups by leaf hash: one query for those of one moment, each log by itself, and what was proved is kept. @module */
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sequence } from '../../src/attestation/sequence.ts';
import { primaryReads } from '../../src/db/reads.ts';
import { LeafPlaces } from '../../src/proofs/leaf-places.ts';
import {
  type AttemptLeaf,
  type Bench,
  type BenchLog,
  makeLog,
  openBench,
  settleAttempts,
} from '../support/log-bench.ts';
import { countQueries } from '../support/proofs.ts';

let bench: Bench;
let log: BenchLog;
let other: BenchLog;
let leaves: AttemptLeaf[];
let places: LeafPlaces;
let queries: () => number;
beforeAll(async () => {
  bench = await openBench();
  log = await makeLog(bench.pool);
  other = await makeLog(bench.pool);
  leaves = await settleAttempts(bench.pool, log, 40);
  await sequence(bench.pool, log);
});
beforeEach(() => {
  const { pool, count } = countQueries(bench.pools.api);
  places = new LeafPlaces(primaryReads(pool));
  queries = count;
});
afterAll(() => bench.close());

const hashOf = (i: number): Uint8Array => leaves[i]?.leaf.hash ?? new Uint8Array();

describe('LeafPlaces', () => {
  it('finds all that is asked at once with one query a log', async () => {
    const asked = [...leaves.keys()];
    const found = await Promise.all([
      ...asked.map((i) => places.find(log.id, hashOf(i))),
      ...asked.map((i) => places.find(other.id, hashOf(i))),
    ]);
    expect(found).toEqual([...asked, ...asked.map(() => null)]);
    expect(queries()).toBe(2);
  });

  it('asks again for what was not found, and for what nobody has proved', async () => {
    for (const hash of [new Uint8Array(32), hashOf(3)]) {
      const before = queries();
      await places.find(log.id, hash);
      await places.find(log.id, hash);
      expect(queries()).toBe(before + 2);
    }
  });

  it('never asks again for what was proved, in that log', async () => {
    places.keep(log.id, hexFromBytes(hashOf(3)), 3);
    expect(await places.find(log.id, hashOf(3))).toBe(3);
    expect(queries()).toBe(0);
    expect(await places.find(other.id, hashOf(3))).toBeNull();
  });

  it('tells all who wait when the database is away', async () => {
    const query = () => Promise.reject(new Error('away'));
    places = new LeafPlaces(primaryReads({ query } as unknown as typeof bench.pool));
    const both = await Promise.allSettled([
      places.find(log.id, hashOf(0)),
      places.find(log.id, hashOf(1)),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
