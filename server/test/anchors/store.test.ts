/** Anchors in the database: leases, versions, and what the table refuses. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Anchor } from '../../src/anchors/anchor.ts';
import {
  claimDueAnchor,
  findAnchor,
  listCoveringAnchors,
  releaseAnchor,
  saveAnchor,
} from '../../src/anchors/store.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { type AnchorBench, openAnchorBench } from '../support/anchor-bench.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
let anchors: AnchorBench;
let anchor: Anchor;
beforeAll(async () => {
  bench = await openBench();
  anchors = await openAnchorBench(bench.pool);
});
afterAll(async () => {
  await anchors.close();
  await bench.close();
});
beforeEach(async () => {
  await bench.pool.query('TRUNCATE anchors, anchor_calendars');
  await anchors.grow(1);
  anchor = await anchors.stamp();
});

const MINUTE_MS = 60_000;
const claim = (nowMs = anchors.clock.nowMs()) =>
  claimDueAnchor(bench.pool, nowMs, nowMs + MINUTE_MS);
const save = (each: Anchor) => inTransaction(bench.pool, (db) => saveAnchor(db, each, null));
const stored = async (): Promise<Anchor> => {
  const found = await findAnchor(bench.pool, anchor.logId, anchor.treeSize);
  if (found === null) throw new Error('gone');
  return found;
};

describe('a lease', () => {
  it('is for one, until it is over or given back', async () => {
    const nowMs = anchors.clock.nowMs();
    const [first, second] = await Promise.all([claim(), claim()]);
    const mine = first ?? second;
    expect([first, second].filter((each) => each !== null)).toHaveLength(1);
    expect(await claim(nowMs + MINUTE_MS - 1)).toBeNull();
    expect(await claim(nowMs + MINUTE_MS)).not.toBeNull();
    // The lease of the first one is over: what it gives back is not its own any more.
    if (mine !== null) await releaseAnchor(bench.pool, mine);
    expect(await claim(nowMs + MINUTE_MS)).toBeNull();
  });

  it('that was given back is free at once', async () => {
    const mine = await claim();
    if (mine !== null) await releaseAnchor(bench.pool, mine);
    expect(await claim()).not.toBeNull();
  });

  it('is not given for what is due later, or never', async () => {
    await bench.pool.query("UPDATE anchors SET next_check = next_check + interval '1 second'");
    expect(await claim()).toBeNull();
    await bench.pool.query('UPDATE anchors SET next_check = NULL');
    expect(await claim(anchors.clock.nowMs() + 1e9)).toBeNull();
  });
});

describe('a write', () => {
  it('of who was overtaken changes nothing', async () => {
    const late = await claim();
    const other = await claim(anchors.clock.nowMs() + MINUTE_MS);
    if (late === null || other === null) throw new Error('no lease');
    const part = {
      url: 'https://calendar.example',
      state: 'new',
      stampAnswer: null,
      question: null,
      upgradeAnswer: null,
      attempts: 1,
      nextCheckMs: 5,
      recheckedAtMs: null,
      lastError: 'timeout',
      createdAtMs: anchors.clock.nowMs(),
    } as const;
    expect(await save({ ...late, calendars: [part] })).toBe(false);
    expect((await stored()).calendars).toEqual([]);
    expect(await save({ ...other, calendars: [part] })).toBe(true);
    expect((await stored()).calendars).toEqual([part]);
    expect(await save({ ...other, calendars: [] })).toBe(false);
  });

  it.each([
    ['a status that is none', "status = 'done'"],
    ['a block without a header', "status = 'confirmed', block_height = 1, ots = '\\x00'"],
    ['a confirmed one without a block', "status = 'confirmed', ots = '\\x00'"],
    ['a promise without a proof', "status = 'pending'"],
    ['a short nonce', "nonce = '\\x00'"],
  ])('of %s is refused', async (_name, set) => {
    await expect(bench.pool.query(`UPDATE anchors SET ${set}`)).rejects.toMatchObject({
      code: '23514', // check_violation
    });
  });
});

it('finds what covers a leaf by how it stands, the smallest tree first', async () => {
  await bench.pool.query("UPDATE anchors SET status = 'pending', ots = '\\x00'");
  const { logId, treeSize } = anchor;
  const find = (index: number, status: 'pending' | 'confirmed') =>
    listCoveringAnchors(bench.pool, logId, index, [status], 8);
  expect(await find(treeSize - 1, 'pending')).toHaveLength(1);
  expect(await find(treeSize, 'pending')).toEqual([]);
  expect(await find(treeSize - 1, 'confirmed')).toEqual([]);
});
