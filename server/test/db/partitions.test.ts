/** Months are made ahead for all processes at once, and detached whole: only what is old enough and under a signed head. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertHead } from '../../src/attestation/head-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { isUuid, newId, timeMsOfId } from '../../src/base/ids.ts';
import {
  ensurePartitions,
  findHindranceAcrossTenants,
  headroomDays,
  listPartitions,
  type Partition,
  planDetaching,
  retirePartitions,
} from '../../src/db/partitions.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  insertAttempts,
  makeLog,
  openBench,
  settleAttempts,
} from '../support/log-bench.ts';
import { untilBlocked } from '../support/sessions.ts';

const DAY_MS = 86_400_000;
const MONTHLY = ['delivery_attempts', 'merkle_leaves'] as const;
const MARCH = Date.UTC(2019, 2, 1);
const APRIL = Date.UTC(2019, 3, 1);

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const ensure = (nowMs: number, pool = bench.pool) =>
  inTransaction(pool, (db) => ensurePartitions(db, nowMs));

const namesOf = (months: readonly Partition[]): string[] => months.map(({ name }) => name);

/** The names of the months from now to three months ahead, and that of yesterday. */
function wanted(nowMs: number): string[] {
  const now = new Date(nowMs);
  const months = [0, 1, 2, 3].map(
    (ahead) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead)),
  );
  return [
    ...new Set([new Date(nowMs - DAY_MS), ...months].map((day) => day.toISOString().slice(0, 7))),
  ];
}

describe('ensurePartitions', () => {
  it('has nothing to do after the migrations, and makes the next month when it comes', async () => {
    const nowMs = Date.now();
    await ensure(nowMs);
    expect(await ensure(nowMs)).toBe(0);
    const names = namesOf(await listPartitions(bench.pool));
    for (const month of wanted(nowMs)) {
      for (const parent of MONTHLY) {
        expect(names).toContain(`${parent}_${month.replace('-', '_')}`);
      }
    }
    expect(await ensure(nowMs + 31 * DAY_MS)).toBeGreaterThanOrEqual(2);
  });

  it('also serves a process whose clock is behind that of the database', async () => {
    await ensure(Date.now() - 70 * DAY_MS);
    const before = new Date(Date.now() - 70 * DAY_MS).toISOString().slice(0, 7).replace('-', '_');
    expect(namesOf(await listPartitions(bench.pool))).toContain(`delivery_attempts_${before}`);
  });

  it('makes each month once when servers start together, while others write', async () => {
    const laterMs = Date.now() + 400 * DAY_MS;
    const log = await makeLog(bench.pool);
    const pools = [bench.pools.sequencer, bench.pools.api, bench.pools.worker];
    const [counts] = await Promise.all([
      Promise.all(pools.map((pool) => ensure(laterMs, pool))),
      settleAttempts(bench.pools.ingest, log, 50),
    ]);
    expect(counts.filter((count) => count > 0)).toHaveLength(1);
  });
});

describe('listPartitions', () => {
  it('tells where each month begins and ends', async () => {
    await ensureMarch();
    const march = (await listPartitions(bench.pool)).find(
      ({ name }) => name === 'merkle_leaves_2019_03',
    );
    expect(march).toEqual({
      parent: 'merkle_leaves',
      name: 'merkle_leaves_2019_03',
      fromMs: MARCH,
      untilMs: APRIL,
      isPending: false,
    });
  });

  it('agrees with the bounds that PostgreSQL keeps', async () => {
    const { rows } = await bench.pool.query<{ name: string; bounds: string }>(
      `SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
         FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind = 'r'`,
    );
    const bounds = new Map(rows.map((row) => [row.name, row.bounds]));
    for (const { name, fromMs, untilMs } of await listPartitions(bench.pool)) {
      const quoted = [...(bounds.get(name)?.matchAll(/'([^']+)'/g) ?? [])].map(([, text]) => text);
      const times = quoted.map((text = '') => (isUuid(text) ? timeMsOfId(text) : Date.parse(text)));
      // The bodies from before there were weeks begin nowhere.
      expect(name.includes('before') ? [0, ...times] : times, name).toEqual([fromMs, untilMs]);
    }
  });
});

describe('headroomDays', () => {
  const month = (parent: Partition['parent'], untilMs: number): Partition => ({
    parent,
    name: '',
    fromMs: 0,
    untilMs,
    isPending: false,
  });

  it('counts to the end of the last month of that table, never below zero', () => {
    const months = [
      month('merkle_leaves', 10 * DAY_MS),
      month('merkle_leaves', 40 * DAY_MS),
      month('delivery_attempts', 20 * DAY_MS),
    ];
    expect(headroomDays(months, 'merkle_leaves', 5 * DAY_MS)).toBe(35);
    expect(headroomDays(months, 'delivery_attempts', 5 * DAY_MS)).toBe(15);
    expect(headroomDays(months, 'merkle_leaves', 90 * DAY_MS)).toBe(0);
    expect(headroomDays([], 'merkle_leaves', 0)).toBe(0);
  });
});

describe('planDetaching', () => {
  const leaves = (name: string, untilMs: number, isPending = false): Partition => ({
    parent: 'merkle_leaves',
    name,
    fromMs: untilMs - 31 * DAY_MS,
    untilMs,
    isPending,
  });
  const retainDays = { event_payloads: 10, merkle_leaves: 100, delivery_attempts: 50 };
  const nowMs = 1_000 * DAY_MS;

  it('takes whole months that ended before the retention of their table', () => {
    const months = [
      leaves('old', 899 * DAY_MS),
      leaves('edge', 900 * DAY_MS),
      leaves('young', 900 * DAY_MS + 1),
      { ...leaves('attempts', 950 * DAY_MS), parent: 'delivery_attempts' as const },
      { ...leaves('attempts young', 951 * DAY_MS), parent: 'delivery_attempts' as const },
    ];
    expect(namesOf(planDetaching(months, retainDays, nowMs))).toEqual(['old', 'edge', 'attempts']);
  });

  it('begins with what was interrupted, whatever its age', () => {
    const months = [leaves('old', 800 * DAY_MS), leaves('pending', 999 * DAY_MS, true)];
    expect(namesOf(planDetaching(months, retainDays, nowMs))).toEqual(['pending', 'old']);
  });
});

async function ensureMarch(): Promise<void> {
  for (const parent of MONTHLY) {
    await bench.pool.query('SELECT ensure_month_partition($1, $2)', [parent, new Date(MARCH)]);
  }
}

async function march(parent: Partition['parent']): Promise<Partition> {
  const found = (await listPartitions(bench.pool)).find(
    (month) => month.parent === parent && month.fromMs === MARCH,
  );
  if (found === undefined) throw new Error('there is no March');
  return found;
}

/** Puts what the log has into March 2019, as if it had been written then. */
async function ageLeaves(log: BenchLog): Promise<void> {
  await bench.pool.query('UPDATE merkle_leaves SET committed_at = $2 WHERE log_id = $1', [
    log.id,
    new Date(MARCH + DAY_MS),
  ]);
}

async function signSize(log: BenchLog, treeSize: number): Promise<void> {
  const signer = await giveSigner(bench.pool, log);
  const { rows } = await bench.pool.query<{ key_id: Buffer }>(
    'SELECT key_id FROM attestation_keys WHERE log_id = $1',
    [log.id],
  );
  const head = {
    id: newId<'tree_head'>(MARCH),
    origin: log.origin,
    treeSize,
    rootHash: new Uint8Array(32),
    timestampMs: MARCH,
    signature: new Uint8Array(64),
    publicKey: signer.publicKey,
    checkpoint: '',
    cosignatures: [],
  };
  await insertHead(bench.pool, log.id, head, rows[0]?.key_id ?? new Uint8Array(32));
}

describe('a month', () => {
  let log: BenchLog;
  beforeEach(async () => {
    await ensureMarch();
    await bench.pool.query('DELETE FROM merkle_leaves WHERE committed_at < $1', [new Date(APRIL)]);
    log = await makeLog(bench.pool);
  });

  it('of leaves is kept until a signed head covers all of them, in each log', async () => {
    expect(await findHindranceAcrossTenants(bench.pool, await march('merkle_leaves'))).toBeNull();
    await settleAttempts(bench.pool, log, 5);
    await sequence(bench.pool, log);
    await ageLeaves(log);
    expect(await findHindranceAcrossTenants(bench.pool, await march('merkle_leaves'))).toContain(
      log.origin,
    );
    await signSize(log, 4);
    expect(await findHindranceAcrossTenants(bench.pool, await march('merkle_leaves'))).toContain(
      log.origin,
    );
    await bench.pool.query('UPDATE signed_tree_heads SET tree_size = 5 WHERE log_id = $1', [
      log.id,
    ]);
    expect(await findHindranceAcrossTenants(bench.pool, await march('merkle_leaves'))).toBeNull();
    const other = await makeLog(bench.pool);
    await settleAttempts(bench.pool, other, 1);
    await sequence(bench.pool, other);
    await ageLeaves(other);
    expect(await findHindranceAcrossTenants(bench.pool, await march('merkle_leaves'))).toContain(
      other.origin,
    );
  });

  it('of attempts is kept while one of them is in flight', async () => {
    const [attempt] = await insertAttempts(bench.pool, log, 1);
    await bench.pool.query(
      `INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at, inflight_attempt_id, inflight_attempted_at)
       VALUES ($1, $2, $3, now(), $4, $5)`,
      [log.eventId, log.endpointId, log.tenantId, attempt?.id, new Date(MARCH)],
    );
    expect(
      await findHindranceAcrossTenants(bench.pool, await march('delivery_attempts')),
    ).toContain(log.eventId);
    await bench.pool.query('DELETE FROM delivery_queue');
    expect(
      await findHindranceAcrossTenants(bench.pool, await march('delivery_attempts')),
    ).toBeNull();
  });
});

describe('retirePartitions', () => {
  const attached = async (name: string): Promise<Partition | undefined> =>
    (await listPartitions(bench.pool)).find((month) => month.name === name);

  /** A month of its own for each test: a detached one is not made again. */
  async function makeMonth(year: number): Promise<Partition> {
    await bench.pool.query('SELECT ensure_month_partition($1, $2)', [
      'merkle_leaves',
      new Date(Date.UTC(year, 5, 1)),
    ]);
    const month = await attached(`merkle_leaves_${year}_06`);
    if (month === undefined) throw new Error('no month');
    return month;
  }

  const detach = async (month: Partition, timeoutMs = 10_000): Promise<string[]> => {
    const detached: string[] = [];
    await retirePartitions(bench.connectionString, timeoutMs, {
      detach: [month],
      mark: [],
      drop: [],
      onDetached: ({ name }) => detached.push(name),
      onDropped: () => undefined,
    });
    return detached;
  };

  it('takes a month out of the table and leaves all of its rows where they are', async () => {
    const month = await makeMonth(2015);
    const log = await makeLog(bench.pool);
    await settleAttempts(bench.pool, log, 3);
    await sequence(bench.pool, log);
    await bench.pool.query('UPDATE merkle_leaves SET committed_at = $2 WHERE log_id = $1', [
      log.id,
      new Date(month.fromMs),
    ]);
    expect(await detach(month)).toEqual([month.name]);
    expect(await attached(month.name)).toBeUndefined();
    const count = async (table: string): Promise<number> => {
      const { rows } = await bench.pool.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${table} WHERE log_id = $1`,
        [log.id],
      );
      return rows[0]?.count ?? -1;
    };
    expect(await count('merkle_leaves')).toBe(0);
    expect(await count(month.name)).toBe(3);
  });

  it('finishes what was interrupted', async () => {
    const month = await makeMonth(2014);
    await inTransaction(bench.pools.api, async (db) => {
      // Somebody reads the table for longer than the detaching may wait.
      await db.query('SELECT count(*) FROM merkle_leaves');
      await expect(detach(month, 300)).rejects.toMatchObject({ code: '57014' }); // query_canceled
    });
    const pending = await attached(month.name);
    expect(pending).toMatchObject({ isPending: true });
    if (pending === undefined) return;
    expect(await detach(pending)).toEqual([month.name]);
    expect(await attached(month.name)).toBeUndefined();
  });

  it('is done by one process at a time', async () => {
    const month = await makeMonth(2013);
    let first: Promise<string[]> = Promise.resolve([]);
    await inTransaction(bench.pools.api, async (db) => {
      await db.query('SELECT count(*) FROM merkle_leaves');
      first = detach(month);
      await untilBlocked(db, 'kapsel-retention');
      expect(await detach(month)).toEqual([]);
    });
    expect(await first).toEqual([month.name]);
  });
});
