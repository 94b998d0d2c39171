/** A signer that does not answer: its log has no new heads for a while, and nothing else waits for it. @module */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import {
  type HeadSigner,
  type SigningState,
  startHeadSigner,
} from '../../src/attestation/head-signer.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import { DeadlineError } from '../../src/base/deadline.ts';
import type { Signer } from '../../src/keys/signer.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  openBench,
  ringOf,
  settleAttempts,
} from '../support/log-bench.ts';
import { memoryHeads } from '../support/published-memory.ts';

let bench: Bench;
let log: BenchLog;
let other: BenchLog;
let signer: Signer;
let otherSigner: Signer;
let hangs: boolean;
let asked: number;
let heads: TreeHead[];
let errors: unknown[];
let states: SigningState[];
let running: HeadSigner | null;
beforeEach(async () => {
  bench = await openBench();
  [log, other] = [await makeLog(bench.pool), await makeLog(bench.pool)];
  [signer, otherSigner] = [await giveSigner(bench.pool, log), await giveSigner(bench.pool, other)];
  [hangs, asked, heads, errors, states, running] = [true, 0, [], [], [], null];
});
afterEach(async () => {
  await running?.stop();
  await bench.close();
});

async function start(signTimeoutMs: number): Promise<HeadSigner> {
  const hanging: Signer = {
    ...signer,
    sign(message) {
      asked += 1;
      return hangs ? new Promise(() => {}) : signer.sign(message);
    },
  };
  running = await startHeadSigner({
    pool: bench.pool,
    clock: systemClock,
    ring: ringOf(hanging, otherSigner),
    published: memoryHeads(),
    pace: { growingMs: 0, idleMs: 3_600_000 },
    tickMs: 10,
    signTimeoutMs,
    onHead: (_log, head) => heads.push(head),
    onRefused: () => undefined,
    onError: (_log, error) => errors.push(error),
    onState: (state) => states.push(state),
  });
  return running;
}

async function grow(which: BenchLog, count: number): Promise<void> {
  await settleAttempts(bench.pool, which, count);
  await sequence(bench.pool, which);
}

const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { interval: 10, timeout: 10_000 });
const sizesOf = (which: BenchLog): number[] =>
  heads.filter(({ origin }) => origin === which.origin).map(({ treeSize }) => treeSize);
const unsignedOf = (which: BenchLog): number | undefined =>
  states.findLast((state) => state.log.id === which.id)?.unsignedLeaves;

describe('a signer that hangs', () => {
  it('is given up at its deadline, and its log goes on when it answers', async () => {
    await grow(log, 2);
    await start(50);
    await until(() => expect(errors[0]).toBeInstanceOf(DeadlineError));
    await grow(log, 3);
    await grow(other, 1);
    await until(() => expect(sizesOf(other)).toEqual([1]));
    await until(() => expect([unsignedOf(log), unsignedOf(other)]).toEqual([5, 0]));
    expect(await findNewestHead(bench.pool, log.id)).toBeNull();
    hangs = false;
    await until(() => expect(sizesOf(log)).toEqual([5]));
    await until(() => expect(unsignedOf(log)).toBe(0));
    await checkTree(bench.pool, log);
  });

  it('is asked again after waits that grow', async () => {
    await grow(log, 1);
    await start(20);
    await until(() => expect(errors.length).toBeGreaterThanOrEqual(3));
    // 20 ms and a wait of 200, 400, 800 ms each: without waits there would be dozens by now.
    expect(asked).toBeLessThanOrEqual(errors.length + 1);
    expect(errors.every((error) => error instanceof DeadlineError)).toBe(true);
  });

  it('does not hold up the end, and the others get their last head', async () => {
    const head = await start(60_000);
    await grow(log, 1);
    await until(() => expect(asked).toBe(1));
    const before = systemClock.monotonicMs();
    await head.stop();
    await grow(other, 4);
    await head.finish();
    expect(systemClock.monotonicMs() - before).toBeLessThan(9_000);
    expect(sizesOf(other)).toEqual([4]);
    expect(sizesOf(log)).toEqual([]);
  }, 20_000);
});
