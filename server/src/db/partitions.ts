/** The monthly partitions of attempts and leaves: made ahead, and detached by age, whole tables and never a row. @module */
import pg from 'pg';
import type { Db } from './transaction.ts';

/** The tables that lie in one partition a month (UTC). */
export const PARTITIONED = ['delivery_attempts', 'merkle_leaves'] as const;
export type Partitioned = (typeof PARTITIONED)[number];

const MONTH_NAME = /^(delivery_attempts|merkle_leaves)_(\d{4})_(\d{2})$/;
const DAY_MS = 86_400_000;

// Two servers that start together make each month once. A day back, for a process whose clock is behind the
// database's when a month begins.
const LOCK_PARTITIONS = "SELECT pg_advisory_xact_lock(hashtextextended('kapsel partitions', 0))";
const ENSURE_MONTHS = `
  SELECT ensure_month_partitions($1, least(now(), $2) - interval '1 day', greatest(now(), $2) + interval '3 months') AS made`;

/** Makes the months from now to three months ahead that do not exist yet; answers how many. Call in a transaction. */
export async function ensurePartitions(db: Db, nowMs: number): Promise<number> {
  await db.query(LOCK_PARTITIONS);
  let made = 0;
  for (const parent of PARTITIONED) {
    const { rows } = await db.query<{ made: number }>(ENSURE_MONTHS, [parent, new Date(nowMs)]);
    made += rows[0]?.made ?? 0;
  }
  return made;
}

/** One attached partition. */
export interface Month {
  readonly parent: Partitioned;
  readonly name: string;
  /** Its first moment, and that of the next month. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** A detaching that was interrupted: no other partition of the table can be detached before it is finished. */
  readonly isPending: boolean;
}

const LIST_MONTHS = `
  SELECT parent.relname AS parent, child.relname AS name, i.inhdetachpending AS is_pending
    FROM pg_inherits i
    JOIN pg_class parent ON parent.oid = i.inhparent
    JOIN pg_class child ON child.oid = i.inhrelid
   WHERE parent.relnamespace = current_schema()::regnamespace AND parent.relname = ANY($1)
     AND child.relkind = 'r'
   ORDER BY child.relname`;

/** All attached months of both tables, the oldest first. */
export async function listMonths(db: Db): Promise<Month[]> {
  const { rows } = await db.query<{ parent: Partitioned; name: string; is_pending: boolean }>(
    LIST_MONTHS,
    [PARTITIONED],
  );
  return rows.map(({ parent, name, is_pending: isPending }) => {
    const [, , year, month] = MONTH_NAME.exec(name) ?? [];
    if (year === undefined) throw new Error(`partition ${name} is not named after its month`);
    const at = (months: number): number => Date.UTC(Number(year), Number(month) - 1 + months);
    return { parent, name, fromMs: at(0), untilMs: at(1), isPending };
  });
}

/** Days until the last month of the table is over; what comes after it could not be written. */
export function headroomDays(months: readonly Month[], parent: Partitioned, nowMs: number): number {
  const ends = months.filter((month) => month.parent === parent).map(({ untilMs }) => untilMs);
  return (Math.max(nowMs, ...ends) - nowMs) / DAY_MS;
}

/** The months that lie wholly before their table's retention, and those whose detaching was interrupted. */
export function planDetaching(
  months: readonly Month[],
  retainDays: Readonly<Record<Partitioned, number>>,
  nowMs: number,
): Month[] {
  const isOver = ({ parent, untilMs }: Month): boolean =>
    untilMs <= nowMs - retainDays[parent] * DAY_MS;
  return months
    .filter((month) => month.isPending || isOver(month))
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

/**
 * Why the month may not be detached yet, or null. Leaves must be under a signed head: only then can proofs of them be
 * made from tiles. Attempts must have ended.
 */
export async function findHindranceAcrossTenants(db: Db, month: Month): Promise<string | null> {
  const text = month.parent === 'merkle_leaves' ? FIND_UNSIGNED : FIND_IN_FLIGHT;
  const { rows } = await db.query<{ what: string }>(text, [
    new Date(month.fromMs),
    new Date(month.untilMs),
  ]);
  if (rows[0] === undefined) return null;
  return month.parent === 'merkle_leaves'
    ? `no signed head covers all of its leaves in ${rows[0].what}`
    : `event ${rows[0].what} has an attempt in flight`;
}

// CONCURRENTLY locks nobody out; it cannot run in a transaction. Names cannot be parameters of it.
function detachStatement({ parent, name, isPending }: Month): string {
  const [table, partition] = [parent, name].map(pg.escapeIdentifier);
  return `ALTER TABLE ${table} DETACH PARTITION ${partition} ${isPending ? 'FINALIZE' : 'CONCURRENTLY'}`;
}

const TRY_LOCK_DETACHING =
  "SELECT pg_try_advisory_lock(hashtextextended('kapsel detaching', 0)) AS locked";

/**
 * Detaches the months one after the other over a connection of its own, which waits for transactions that still use
 * them, up to `timeoutMs` each. `onDetached` hears of each; the tables stay. An interrupted one is finished by the next call.
 * Does nothing while another process is at it.
 */
export async function detachMonths(
  connectionString: string,
  months: readonly Month[],
  timeoutMs: number,
  onDetached: (month: Month) => void,
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
    for (const month of months) {
      // A crash in here leaves the month marked as being detached: reads pass it by, and the next call finishes it.
      await client.query(detachStatement(month));
      onDetached(month);
    }
  } finally {
    await client.end();
  }
}
