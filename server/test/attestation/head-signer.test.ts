/** The loop over all logs: each is signed when due, none waits for another, and a restored database stops it. @module */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import {
  type HeadSigner,
  type HeadSignerDeps,
  type SigningState,
  startHeadSigner,
} from '../../src/attestation/head-signer.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import type { PublishedHeads } from '../../src/attestation/published-head.ts';
import { openPublishedHeadFiles } from '../../src/attestation/published-head-file.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { LogId } from '../../src/base/ids.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { haltLog } from '../../src/logs/store.ts';
import { type Backup, backUp } from '../support/backup.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  openBench,
  ringOf,
  settleAttempts,
} from '../support/log-bench.ts';
import { type MemoryHeads, memoryHeads } from '../support/published-memory.ts';

let bench: Bench;
let signers: Map<LogId, Signer>;
let published: MemoryHeads;
let heads: TreeHead[];
let refused: string[];
let errors: unknown[];
let running: HeadSigner[];
let backups: Backup[];
beforeEach(async () => {
  bench = await openBench();
  signers = new Map();
  published = memoryHeads();
  [heads, refused, errors, running, backups] = [[], [], [], [], []];
});
afterEach(async () => {
  for (const signer of running) await signer.stop();
  await bench.close();
  for (const backup of backups) await backup.drop();
});

async function addLog(): Promise<BenchLog> {
  const log = await makeLog(bench.pool);
  signers.set(log.id, await giveSigner(bench.pool, log));
  return log;
}

async function grow(log: BenchLog, count: number): Promise<void> {
  await settleAttempts(bench.pool, log, count);
  await sequence(bench.pool, log);
}

/** A ring that asks the map each time, so that a test may change a signer under way. */
const ring = {
  signerOf: (...[db, logId]: Parameters<HeadSignerDeps['ring']['signerOf']>) => {
    const signer = signers.get(logId);
    return ringOf(...(signer === undefined ? [] : [signer])).signerOf(db, logId);
  },
};

async function start(change: Partial<HeadSignerDeps> = {}): Promise<HeadSigner> {
  const signer = await startHeadSigner({
    pool: bench.pool,
    clock: systemClock,
    ring,
    published,
    pace: { growingMs: 0, idleMs: 3_600_000 },
    tickMs: 10,
    onHead: (_log, head) => heads.push(head),
    onRefused: (_log, reason) => refused.push('kind' in reason ? String(reason.kind) : reason.name),
    onError: (_log, error) => errors.push(error),
    ...change,
  });
  running.push(signer);
  return signer;
}

const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { interval: 10, timeout: 10_000 });

const sizesOf = (log: BenchLog): number[] =>
  heads.filter(({ origin }) => origin === log.origin).map(({ treeSize }) => treeSize);

describe('the loop', () => {
  it('signs each log that has grown, also one that was made while it runs', async () => {
    const first = await addLog();
    await grow(first, 2);
    await start();
    const second = await addLog();
    await grow(second, 3);
    await until(() => expect([sizesOf(first), sizesOf(second)]).toEqual([[2], [3]]));
    await grow(first, 1);
    await until(() => expect(sizesOf(first)).toEqual([2, 3]));
    for (const log of [first, second]) await checkTree(bench.pool, log);
    expect(errors).toEqual([]);
  });

  it('signs at most one head in its interval while a log grows', async () => {
    const log = await addLog();
    await grow(log, 1);
    const signer = await start({ pace: { growingMs: 300, idleMs: 3_600_000 } });
    await until(() => expect(sizesOf(log)).toEqual([1]));
    for (let i = 0; i < 5; i += 1) {
      await grow(log, 1);
      signer.wake();
    }
    await until(() => expect(sizesOf(log).at(-1)).toBe(6));
    const times = heads.map(({ timestampMs }) => timestampMs);
    for (const [i, time] of times.slice(1).entries()) {
      expect(time - (times[i] ?? 0)).toBeGreaterThanOrEqual(300);
    }
  });

  it('signs an idle log anew', async () => {
    const log = await addLog();
    await grow(log, 4);
    await start({ pace: { growingMs: 0, idleMs: 50 } });
    await until(() => expect(sizesOf(log).length).toBeGreaterThanOrEqual(3));
    expect(new Set(sizesOf(log))).toEqual(new Set([4]));
    await running[0]?.stop();
    await checkTree(bench.pool, log);
  });

  it('goes on with the others while one signer hangs and another fails', async () => {
    const [hanging, failing, good] = [await addLog(), await addLog(), await addLog()];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = signers.get(hanging.id) as Signer;
    signers.set(hanging.id, { ...slow, sign: (message) => held.then(() => slow.sign(message)) });
    const broken = signers.get(failing.id) as Signer;
    signers.set(failing.id, { ...broken, sign: () => Promise.reject(new TypeError('away')) });
    for (const log of [hanging, failing, good]) await grow(log, 1);
    await start();
    await until(() => expect(sizesOf(good)).toEqual([1]));
    await grow(good, 1);
    await until(() => expect(sizesOf(good)).toEqual([1, 2]));
    await until(() => expect(errors.length).toBeGreaterThan(1));
    expect(errors[0]).toBeInstanceOf(TypeError);
    signers.set(failing.id, broken);
    release();
    await until(() => expect([sizesOf(hanging), sizesOf(failing)]).toEqual([[1], [1]]));
  });

  it('tells for each log what is unsigned and how old its head is', async () => {
    const [log, other] = [await addLog(), await addLog()];
    await grow(log, 3);
    signers.delete(other.id);
    await grow(other, 7);
    const states = new Map<string, SigningState>();
    await start({ onState: (state) => states.set(state.log.origin, state) });
    await until(() => {
      expect(states.get(log.origin)).toMatchObject({ unsignedLeaves: 0, refusal: null });
      expect(states.get(log.origin)?.headAgeMs).toBeLessThan(10_000);
      expect(states.get(other.origin)).toMatchObject({ unsignedLeaves: 7, headAgeMs: null });
    });
  });

  it('reports a database that is away, and goes on when it is back', async () => {
    const log = await addLog();
    let isAway = true;
    const pool = Object.assign(Object.create(bench.pool), {
      query: (...parameters: unknown[]) =>
        isAway && heads.length === 0 && running.length > 0
          ? Promise.reject(new RangeError('away'))
          : Reflect.apply(bench.pool.query, bench.pool, parameters),
    });
    await start({ pool });
    await grow(log, 1);
    await until(() => expect(errors.some((error) => error instanceof RangeError)).toBe(true));
    isAway = false;
    await until(() => expect(sizesOf(log)).toEqual([1]));
  });
});

describe('finish', () => {
  it('signs what is committed, whatever the pace, and nothing that is signed', async () => {
    const [grown, same] = [await addLog(), await addLog()];
    await grow(grown, 1);
    await grow(same, 1);
    const signer = await start({ pace: { growingMs: 3_600_000, idleMs: 3_600_000 } });
    await until(() => expect(heads).toHaveLength(2));
    await grow(grown, 5);
    await signer.stop();
    await signer.finish();
    expect(sizesOf(grown)).toEqual([1, 6]);
    expect(sizesOf(same)).toEqual([1]);
    await checkTree(bench.pool, grown);
  });

  it('reports what it cannot sign and does not fail', async () => {
    const log = await addLog();
    const signer = await start();
    await signer.stop();
    const right = signers.get(log.id) as Signer;
    signers.set(log.id, { ...right, sign: () => Promise.reject(new TypeError('away')) });
    await grow(log, 1);
    await signer.finish();
    expect(errors).toEqual([expect.any(TypeError)]);
  });
});

describe('a halted log', () => {
  it('is refused until it is resumed, and the others go on', async () => {
    const [halted, good] = [await addLog(), await addLog()];
    await grow(halted, 1);
    await haltLog(bench.pool, halted.id, 'by hand');
    await grow(good, 1);
    const signer = await start();
    await until(() => expect(sizesOf(good)).toEqual([1]));
    expect(refused).toEqual(['LogHaltedError']);
    expect(signer.refusals()).toMatchObject([{ log: { id: halted.id }, reason: 'by hand' }]);
    await bench.pool.query('UPDATE logs SET halted_at = NULL, halted_reason = NULL');
    await until(() => expect(sizesOf(halted)).toEqual([1]));
    expect(signer.refusals()).toEqual([]);
  });
});

describe('an old backup under a newer head store', () => {
  async function backedUpThenGrown(): Promise<{ log: BenchLog; backup: Backup; newest: TreeHead }> {
    const log = await addLog();
    await grow(log, 3);
    const first = await start();
    await until(() => expect(sizesOf(log)).toEqual([3]));
    await first.stop();
    const backup = await backUp(bench.connectionString);
    backups.push(backup);
    const second = await start();
    await grow(log, 4);
    await until(() => expect(sizesOf(log)).toEqual([3, 7]));
    await second.stop();
    const newest = published.heads.get(log.id);
    if (newest === undefined) throw new TypeError('no published head');
    return { log, backup, newest };
  }

  it('is refused at start', async () => {
    const { log, backup, newest } = await backedUpThenGrown();
    await backup.restore();
    await expect(start()).rejects.toMatchObject({ name: 'HeadConflict', kind: 'behind' });
    // Nor when it has caught up in size, with other leaves.
    await grow(log, 9);
    await expect(start()).rejects.toMatchObject({ kind: 'forked' });
    expect((await findNewestHead(bench.pool, log.id))?.treeSize).toBe(3);
    expect(published.heads.get(log.id)).toEqual(newest);
  });

  it('is refused by a server that runs, until a newer one is restored', async () => {
    const { log, backup, newest } = await backedUpThenGrown();
    const latest = await backUp(bench.connectionString);
    backups.push(latest);
    const states: SigningState[] = [];
    const signer = await start({ onState: (state) => states.push(state) });
    expect(signer.refusals()).toEqual([]);
    await backup.restore();
    await until(() => expect(signer.refusals()).toMatchObject([{ log: { id: log.id } }]));
    expect(refused).toEqual(['behind']);
    await until(() => expect(states.at(-1)?.refusal).toBe('behind'));
    await grow(log, 20);
    await until(() => expect(refused).toEqual(['behind', 'forked']));
    expect((await findNewestHead(bench.pool, log.id))?.treeSize).toBe(3);
    expect(published.heads.get(log.id)).toEqual(newest);
    await latest.restore();
    await until(() => expect(signer.refusals()).toEqual([]));
    await grow(log, 1);
    await until(() => expect(sizesOf(log)).toEqual([3, 7, 8]));
    await checkTree(bench.pool, log);
  });

  it('is noticed at once, however slow the pace', async () => {
    const { backup } = await backedUpThenGrown();
    const signer = await start({ pace: { growingMs: 3_600_000, idleMs: 3_600_000 } });
    await backup.restore();
    await until(() => expect(refused).toEqual(['behind']));
    expect(signer.refusals()).toHaveLength(1);
  });

  it('that is as old as before a log was made is refused too', async () => {
    await addLog();
    const backup = await backUp(bench.connectionString);
    backups.push(backup);
    const log = await addLog();
    await grow(log, 2);
    const signer = await start();
    await until(() => expect(sizesOf(log)).toEqual([2]));
    await backup.restore();
    await until(() => expect(signer.refusals()).toMatchObject([{ log: { id: log.id } }]));
    expect(refused).toEqual(['behind']);
  });

  it('of the same tree is repaired: the missing head is put back', async () => {
    const log = await addLog();
    await grow(log, 3);
    const backup = await backUp(bench.connectionString);
    backups.push(backup);
    const first = await start();
    await until(() => expect(sizesOf(log)).toEqual([3]));
    await first.stop();
    await backup.restore();
    await start();
    await until(async () => {
      const newest = await findNewestHead(bench.pool, log.id);
      expect(newest?.id).toBe(published.heads.get(log.id)?.id);
    });
    expect(refused).toEqual([]);
  });
});

describe('two servers on one database', () => {
  async function signTogether(first: PublishedHeads, second: PublishedHeads): Promise<void> {
    const log = await addLog();
    await start({ published: first });
    await start({ published: second });
    for (let i = 1; i <= 8; i += 1) {
      await grow(log, 3);
      await until(() => expect(Math.max(...sizesOf(log))).toBe(3 * i));
    }
    await until(async () => {
      const [one, two] = [await first.read(log), await second.read(log)];
      expect(one?.treeSize).toBe(24);
      expect(two?.id).toBe(one?.id);
    });
    for (const signer of running) await signer.stop();
    await checkTree(bench.pool, log);
    expect(new Set(sizesOf(log)).size).toBe(heads.length);
    expect([errors, refused]).toEqual([[], []]);
  }

  it('sign one sequence of heads, and each keeps the newest in its own place', () =>
    signTogether(memoryHeads(), memoryHeads()));

  it('may share a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kapsel-heads-'));
    try {
      await signTogether(
        await openPublishedHeadFiles(folder, systemClock),
        await openPublishedHeadFiles(folder, systemClock),
      );
      expect(await readdir(folder)).toHaveLength(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
