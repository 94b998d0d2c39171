/** One loop for all logs: each is sequenced, the trouble of one is its own, and any number of loops make one tree. @module */
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import { MAX_BATCH } from '../../src/attestation/sequence.ts';
import {
  type Sequencer,
  type SequencerDeps,
  startSequencer,
} from '../../src/attestation/sequencer.ts';
import { systemClock } from '../../src/base/clock.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { haltLog, tryLockSequencer } from '../../src/logs/store.ts';
import { type Journal, openJournal } from '../support/journal.ts';
import {
  type Bench,
  type BenchLog,
  makeLog,
  openBench,
  settleAttempts,
} from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';

let bench: Bench;
let clock: ManualClock;
let journal: Journal;
const running: Sequencer[] = [];
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  await bench.pool.query('DELETE FROM pending_leaves');
  clock = new ManualClock();
  journal = openJournal();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});
afterAll(() => bench.close());

const INTERVAL_MS = 100;

function start(change: Partial<SequencerDeps> = {}): Sequencer {
  const sequencer = startSequencer({
    pool: bench.pool,
    clock,
    logger: journal,
    intervalMs: INTERVAL_MS,
    batch: 10,
    ...change,
  });
  running.push(sequencer);
  return sequencer;
}

/** The next look has been taken, and the loop waits again. */
async function look(): Promise<void> {
  const before = clock.asked.length;
  clock.advance(INTERVAL_MS);
  await clock.untilAsked(before + 1);
}

async function sizes(...logs: readonly BenchLog[]): Promise<number[]> {
  return Promise.all(logs.map(async (log) => (await checkTree(bench.pools.api, log)).tree.size));
}

const linesOf = (event: string) => journal.lines.filter((line) => line.event === event);

describe('a sequencer', () => {
  it('sequences each log that has waiting leaves, and says how many and how long', async () => {
    const logs = await Promise.all([1, 2, 3, 4, 5].map(() => makeLog(bench.pool)));
    const batches: [number, number][] = [];
    start({ onBatch: ({ added }, seconds) => batches.push([added, seconds]) });
    await clock.untilAsked(1);
    for (const [i, log] of logs.entries()) await settleAttempts(bench.pools.api, log, i + 1);
    await look();
    expect(await sizes(...logs)).toEqual([1, 2, 3, 4, 5]);
    expect(batches.map(([count]) => count).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(batches.every(([, seconds]) => seconds >= 0)).toBe(true);
    expect(
      linesOf('leaves sequenced')
        .map(({ log }) => log)
        .sort(),
    ).toEqual(logs.map(({ origin }) => origin).sort());
  });

  it('waits its interval when nothing waits for it', async () => {
    start();
    await clock.untilAsked(3 - 2);
    await look();
    await look();
    expect(clock.asked).toEqual([INTERVAL_MS, INTERVAL_MS, INTERVAL_MS]);
    expect(journal.lines).toEqual([]);
  });

  it('works a backlog off without waiting in between', async () => {
    const log = await makeLog(bench.pool);
    await settleAttempts(bench.pool, log, 25);
    start({ limit: 10, clock: systemClock, intervalMs: 60_000 });
    await vi.waitFor(async () => expect(await sizes(log)).toEqual([25]), { timeout: 10_000 });
    expect(linesOf('leaves sequenced').map(({ count }) => count)).toEqual([10, 10, 5]);
    expect(MAX_BATCH).toBe(16_384);
  });

  it('is woken by enough leaves, and not by fewer', async () => {
    const log = await makeLog(bench.pool);
    const sequencer = start({ batch: 10 });
    await clock.untilAsked(1);
    await settleAttempts(bench.pools.api, log, 10);
    sequencer.noteWaiting(4);
    sequencer.noteWaiting(5);
    expect(await sizes(log)).toEqual([0]);
    expect(clock.asked).toHaveLength(1);
    sequencer.noteWaiting(1);
    await clock.untilAsked(2);
    expect(await sizes(log)).toEqual([10]);
    // What was noted is forgotten with each look.
    sequencer.noteWaiting(9);
    expect(clock.sleeping).toBe(1);
    sequencer.wake();
    await clock.untilAsked(3);
  });

  it('sequences at its stop what still waits', async () => {
    const logs = [await makeLog(bench.pool), await makeLog(bench.pool)];
    const sequencer = start({ limit: 4 });
    await clock.untilAsked(1);
    for (const log of logs) await settleAttempts(bench.pools.api, log, 9);
    await sequencer.stop();
    expect(await sizes(...logs)).toEqual([9, 9]);
  });

  it('ends when the database does not answer at its stop', async () => {
    const sequencer = start();
    await clock.untilAsked(1);
    const broken = startSequencer({
      pool: { query: () => Promise.reject(new Error('away')) } as unknown as Pool,
      clock,
      logger: journal,
      intervalMs: INTERVAL_MS,
      batch: 1,
    });
    await broken.stop();
    expect(linesOf('the last leaves were left for the next start')).toHaveLength(1);
    await sequencer.stop();
  });
});

describe('the trouble of one log', () => {
  /** As a partition that is missing, or a disk that is full, for one log alone. */
  async function refuse(log: BenchLog): Promise<void> {
    await bench.pools.api.query(`
      CREATE FUNCTION refuse_log() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN
        IF NEW.log_id = '${log.id}' THEN RAISE EXCEPTION 'refused' USING ERRCODE = '53100'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON merkle_leaves FOR EACH ROW EXECUTE FUNCTION refuse_log()`);
  }
  const allow = () => bench.pools.api.query('DROP FUNCTION IF EXISTS refuse_log CASCADE');
  afterEach(() => allow());

  it('does not hold up the others; it is tried again later and later', async () => {
    const [bad, good] = [await makeLog(bench.pool), await makeLog(bench.pool)];
    await refuse(bad);
    start();
    await clock.untilAsked(1);
    for (let round = 1; round <= 12; round += 1) {
      await settleAttempts(bench.pools.api, good, 1);
      await settleAttempts(bench.pools.api, bad, 1);
      await look();
      expect(await sizes(good)).toEqual([round]);
    }
    // 200, then 400, then 800 ms between tries, at looks 100 ms apart.
    expect(linesOf('sequencing failed').map(({ log }) => log)).toEqual([
      bad.origin,
      bad.origin,
      bad.origin,
    ]);
    await allow();
    for (let round = 0; round < 8; round += 1) await look();
    expect(await sizes(bad)).toEqual([12]);
  });

  it('that is halted is reported once, and its leaves wait', async () => {
    const [halted, changed, good] = await Promise.all([1, 2, 3].map(() => makeLog(bench.pool)));
    if (halted === undefined || changed === undefined || good === undefined)
      throw new Error('logs');
    for (const log of [halted, changed, good]) await settleAttempts(bench.pools.api, log, 2);
    await haltLog(bench.pools.api, halted.id, 'by hand');
    await bench.pools.api.query("UPDATE pending_leaves SET leaf_data = '{}' WHERE log_id = $1", [
      changed.id,
    ]);
    start();
    await clock.untilAsked(1);
    await look();
    await look();
    expect(await sizes(halted, changed, good)).toEqual([0, 0, 2]);
    const reports = linesOf('log halted');
    expect(new Map(reports.map(({ log, reason }) => [log, reason]))).toEqual(
      new Map([
        [halted.origin, 'by hand'],
        [changed.origin, expect.stringContaining('was changed')],
      ]),
    );
    expect(reports).toHaveLength(2);
    await bench.pools.api.query(
      'UPDATE logs SET halted_at = NULL, halted_reason = NULL WHERE id = $1',
      [halted.id],
    );
    await look();
    expect(await sizes(halted)).toEqual([2]);
    await haltLog(bench.pools.api, halted.id, 'again');
    await settleAttempts(bench.pools.api, halted, 1);
    await look();
    expect(linesOf('log halted')).toHaveLength(3);
  });
});

describe('a log that another process is at', () => {
  /** Until `release` is called, another process seems to sequence the log. */
  async function occupy(log: BenchLog): Promise<() => Promise<void>> {
    const client = await bench.pools.api.connect();
    await client.query('BEGIN');
    expect(await tryLockSequencer(client, log.id)).toBe(true);
    return async () => {
      await client.query('ROLLBACK');
      client.release();
    };
  }

  it('is left to it for a second, and taken over then', async () => {
    const log = await makeLog(bench.pool);
    await settleAttempts(bench.pools.worker, log, 3);
    const release = await occupy(log);
    start();
    await clock.untilAsked(1);
    await release();
    await look();
    expect(await sizes(log)).toEqual([0]);
    clock.advance(1_000 - INTERVAL_MS);
    await clock.untilAsked(3);
    expect(await sizes(log)).toEqual([3]);
  });

  it('does not hold up other logs', async () => {
    const [log, other] = [await makeLog(bench.pool), await makeLog(bench.pool)];
    for (const each of [log, other]) await settleAttempts(bench.pools.worker, each, 2);
    const release = await occupy(log);
    start();
    await clock.untilAsked(1);
    expect(await sizes(log, other)).toEqual([0, 2]);
    await release();
  });

  it('is looked at once more at the stop', async () => {
    const log = await makeLog(bench.pool);
    await settleAttempts(bench.pools.worker, log, 2);
    const release = await occupy(log);
    const sequencer = start();
    await clock.untilAsked(1);
    await release();
    await sequencer.stop();
    expect(await sizes(log)).toEqual([2]);
  });
});

describe('several sequencers on one database', () => {
  it.each([2, 4])('make one tree of each log (%d)', async (count) => {
    const logs = [await makeLog(bench.pool), await makeLog(bench.pool)];
    const pools: Pools[] = [];
    for (let i = 0; i < count; i += 1) {
      pools.push(openPools(bench.connectionString, () => undefined));
    }
    const sequencers = pools.map((own) =>
      start({ pool: own.sequencer, clock: systemClock, intervalMs: 1, limit: 7 }),
    );
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(logs.map((log) => settleAttempts(bench.pools.api, log, 20)));
    }
    await Promise.all(sequencers.map((each) => each.stop()));
    await Promise.all(pools.map(closePools));
    running.length = 0;
    expect(await sizes(...logs)).toEqual([200, 200]);
    // Beaten to a log by another, a sequencer looks again: nothing of that is trouble.
    expect(journal.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });
});
