/** The partitions of bodies (a week each), attempts and leaves (a month each): made ahead, and detached by age, whole tables and never a row. @module */
import pg from 'pg';
import type { Db } from './transaction.ts';

/** The tables that lie in partitions. */
export const PARTITIONED = ['event_payloads', 'delivery_attempts', 'merkle_leaves'] as const;
export type Partitioned = (typeof PARTITIONED)[number];

const MONTH_NAME = /^(delivery_attempts|merkle_leaves)_(\d{4})_(\d{2})$/;
// What was there before there were weeks lies in one partition, which ends on the day that it is named after.
const WEEK_NAME = /^event_payloads_(before_)?(\d{4})(\d{2})(\d{2})$/;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

// Two servers that start together make each once. A day back, for a process whose clock is behind the database's when
// a week or month begins.
const LOCK_PARTITIONS = "SELECT pg_advisory_xact_lock(hashtextextended('kapsel partitions', 0))";
const ENSURE_MONTHS = `
  SELECT ensure_month_partitions($1, least(now(), $2) - interval '1 day', greatest(now(), $2) + interval '3 months') AS made`;
const ENSURE_WEEKS = `
  SELECT ensure_payload_weeks(least(now(), $1) - interval '1 day', greatest(now(), $1) + interval '4 weeks') AS made`;

/** Makes what does not exist yet of the next three months and four weeks; answers how many. Call in a transaction. */
export async function ensurePartitions(db: Db, nowMs: number): Promise<number> {
  await db.query(LOCK_PARTITIONS);
  const now = new Date(nowMs);
  const weeks = await db.query<{ made: number }>(ENSURE_WEEKS, [now]);
  let made = weeks.rows[0]?.made ?? 0;
  for (const parent of ['delivery_attempts', 'merkle_leaves'] satisfies Partitioned[]) {
    const { rows } = await db.query<{ made: number }>(ENSURE_MONTHS, [parent, now]);
    made += rows[0]?.made ?? 0;
  }
  return made;
}

/** One partition. */
export interface Partition {
  readonly parent: Partitioned;
  readonly name: string;
  /** Its first moment, and that of the next one. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** A detaching that was interrupted: no other partition of the table can be detached before it is finished. */
  readonly isPending: boolean;
}

const LIST_PARTITIONS = `
  SELECT parent.relname AS parent, child.relname AS name, i.inhdetachpending AS is_pending
    FROM pg_inherits i
    JOIN pg_class parent ON parent.oid = i.inhparent
    JOIN pg_class child ON child.oid = i.inhrelid
   WHERE parent.relnamespace = current_schema()::regnamespace AND parent.relname = ANY($1)
     AND child.relkind = 'r'
   ORDER BY child.relname`;

/** All attached partitions, of each table the oldest first. */
export async function listPartitions(db: Db): Promise<Partition[]> {
  const { rows } = await db.query<{ parent: Partitioned; name: string; is_pending: boolean }>(
    LIST_PARTITIONS,
    [PARTITIONED],
  );
  return rows
    .map((row) => ({
      parent: row.parent,
      name: row.name,
      ...spanOf(row.name),
      isPending: row.is_pending,
    }))
    .sort((left, right) => left.fromMs - right.fromMs);
}

function spanOf(name: string): Pick<Partition, 'fromMs' | 'untilMs'> {
  const [, , year, month] = MONTH_NAME.exec(name) ?? [];
  if (year !== undefined) {
    const at = (months: number): number => Date.UTC(Number(year), Number(month) - 1 + months);
    return { fromMs: at(0), untilMs: at(1) };
  }
  const [week, before, ...date] = WEEK_NAME.exec(name) ?? [];
  if (week === undefined) throw new Error(`partition ${name} is not named after its time`);
  const dayMs = Date.UTC(Number(date[0]), Number(date[1]) - 1, Number(date[2]));
  return before === undefined
    ? { fromMs: dayMs, untilMs: dayMs + WEEK_MS }
    : { fromMs: 0, untilMs: dayMs };
}

/** Days until the last partition of the table is over; what comes after it could not be written. */
export function headroomDays(
  partitions: readonly Partition[],
  parent: Partitioned,
  nowMs: number,
): number {
  const ends = partitions.filter((each) => each.parent === parent).map(({ untilMs }) => untilMs);
  return (Math.max(nowMs, ...ends) - nowMs) / DAY_MS;
}

/** Those that lie wholly before their table's retention, and those whose detaching was interrupted. */
export function planDetaching(
  partitions: readonly Partition[],
  retainDays: Readonly<Record<Partitioned, number>>,
  nowMs: number,
): Partition[] {
  const isOver = ({ parent, untilMs }: Partition): boolean =>
    untilMs <= nowMs - retainDays[parent] * DAY_MS;
  return partitions
    .filter((each) => each.isPending || isOver(each))
    .sort((left, right) => Number(right.isPending) - Number(left.isPending));
}

// The highest leaf of each log in the month, by the primary key of its one partition.
const FIND_UNSIGNED = `
  SELECT l.origin AS what
    FROM logs l
   WHERE (SELECT max(m.leaf_index) FROM merkle_leaves m
           WHERE m.log_id = l.id AND m.committed_at >= $1 AND m.committed_at < $2)
         >= coalesce((SELECT max(h.tree_size) FROM signed_tree_heads h WHERE h.log_id = l.id), 0)
   LIMIT 1`;
const FIND_IN_FLIGHT = `
  SELECT event_id::text AS what
    FROM delivery_queue
   WHERE inflight_attempted_at >= $1 AND inflight_attempted_at < $2
   LIMIT 1`;
const FIND_WAITING = `
  SELECT event_id::text AS what
    FROM delivery_queue
   WHERE event_id >= first_id_of($1) AND event_id < first_id_of($2)
   LIMIT 1`;

/**
 * Why it may not be detached yet, or null. Leaves must be under a signed head: only then can proofs of them be made from
 * tiles. Attempts must have ended. Bodies must wait for no delivery.
 */
export async function findHindranceAcrossTenants(
  db: Db,
  { parent, fromMs, untilMs }: Partition,
): Promise<string | null> {
  const values = [new Date(fromMs), new Date(untilMs)];
  switch (parent) {
    case 'merkle_leaves': {
      const { rows } = await db.query<{ what: string }>(FIND_UNSIGNED, values);
      return rows[0] ? `no signed head covers all of its leaves in ${rows[0].what}` : null;
    }
    case 'delivery_attempts': {
      const { rows } = await db.query<{ what: string }>(FIND_IN_FLIGHT, values);
      return rows[0] ? `event ${rows[0].what} has an attempt in flight` : null;
    }
    case 'event_payloads': {
      const { rows } = await db.query<{ what: string }>(FIND_WAITING, values);
      return rows[0] ? `event ${rows[0].what} waits for its delivery` : null;
    }
  }
}

/** A week of bodies that was taken out of its table and is still there. */
export interface DetachedWeek {
  readonly name: string;
  /** Null until it is written down. */
  readonly detachedAtMs: number | null;
  readonly isOver: boolean;
}

// Dropping cannot be undone, so a process whose clock is wrong must not bring it forward: the time of the detaching is the
// database's and stands with the table, as its comment.
const LIST_DETACHED_WEEKS = `
  SELECT c.relname AS name, d.at AS detached_at, coalesce(d.at + make_interval(days => $1) <= now(), false) AS is_over
    FROM pg_class c
   CROSS JOIN LATERAL (
     SELECT substring(obj_description(c.oid, 'pg_class') FROM '^detached at (.*)$')::timestamptz AS at
   ) d
   WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
     AND c.relname ~ '^event_payloads_(before_)?[0-9]{8}$'
   ORDER BY c.relname`;

/** Those that were detached `graceDays` ago are over. */
export async function listDetachedWeeks(db: Db, graceDays: number): Promise<DetachedWeek[]> {
  const { rows } = await db.query<{ name: string; detached_at: Date | null; is_over: boolean }>(
    LIST_DETACHED_WEEKS,
    [graceDays],
  );
  return rows.map((row) => ({
    name: row.name,
    detachedAtMs: row.detached_at?.getTime() ?? null,
    isOver: row.is_over,
  }));
}

// CONCURRENTLY locks nobody out; it cannot run in a transaction. Names cannot be parameters of it.
function detachStatement({ parent, name, isPending }: Partition): string {
  const [table, partition] = [parent, name].map(pg.escapeIdentifier);
  return `ALTER TABLE ${table} DETACH PARTITION ${partition} ${isPending ? 'FINALIZE' : 'CONCURRENTLY'}`;
}

const TRY_LOCK_DETACHING =
  "SELECT pg_try_advisory_lock(hashtextextended('kapsel detaching', 0)) AS locked";

const READ_TIME =
  'SELECT to_char(now() AT TIME ZONE \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') AS now';

/** What is to be done with partitions that are over, and who hears of each when it is done. */
export interface Retirement {
  readonly detach: readonly Partition[];
  /** Weeks of bodies whose detaching was not written down. */
  readonly mark: readonly DetachedWeek[];
  readonly drop: readonly DetachedWeek[];
  readonly onDetached: (partition: Partition) => void;
  readonly onDropped: (week: DetachedWeek) => void;
}

/**
 * Detaches and drops one after the other over a connection of its own, as the owner of the tables, which waits for
 * transactions that still use them, up to `timeoutMs` each. What is detached stays a table. An interrupted detaching is
 * finished by the next call. Does nothing while another process is at it.
 */
export async function retirePartitions(
  connectionString: string,
  timeoutMs: number,
  { detach, mark, drop, onDetached, onDropped }: Retirement,
): Promise<void> {
  const client = new pg.Client({
    connectionString,
    application_name: 'kapsel-retention',
    connectionTimeoutMillis: 10_000,
    statement_timeout: timeoutMs,
  });
  // A session that is ended also fails the running query, which is where it is heard.
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ locked: boolean }>(TRY_LOCK_DETACHING);
    if (rows[0]?.locked !== true) return;
    for (const each of detach) {
      // A crash in here leaves it marked as being detached: reads pass it by, and the next call finishes it.
      await client.query(detachStatement(each));
      onDetached(each);
      // After a crash here the next call finds it without a time, and writes that one down.
      if (each.parent === 'event_payloads') await markDetached(client, each.name);
    }
    for (const { name } of mark) await markDetached(client, name);
    for (const each of drop) {
      // RESTRICT: refused where somebody has built something on it.
      await client.query(`DROP TABLE IF EXISTS ${pg.escapeIdentifier(each.name)} RESTRICT`);
      onDropped(each);
    }
  } finally {
    await client.end();
  }
}

async function markDetached(client: pg.Client, name: string): Promise<void> {
  const { rows } = await client.query<{ now: string }>(READ_TIME);
  const comment = pg.escapeLiteral(`detached at ${rows[0]?.now}`);
  await client.query(`COMMENT ON TABLE ${pg.escapeIdentifier(name)} IS ${comment}`);
}
