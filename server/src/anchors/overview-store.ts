/** How the anchoring stands as a whole: what is counted, what waits for long, and what a new setting makes due again. @module */
import { timeFromMs } from '../base/clock.ts';
import type { Db } from '../db/transaction.ts';
import type { AnchorStatus } from './anchor.ts';

const COUNT_BY_STATUS = 'SELECT status, count(*)::int AS count FROM anchors GROUP BY status';

export async function countAnchors(db: Db): Promise<ReadonlyMap<AnchorStatus, number>> {
  const { rows } = await db.query<{ status: AnchorStatus; count: number }>(COUNT_BY_STATUS);
  return new Map(rows.map(({ status, count }) => [status, count]));
}

// One look into the primary key a log, backwards from its largest tree.
const LIST_NEWEST_CONFIRMED = `
  SELECT l.origin, a.created_at
    FROM logs l
    JOIN LATERAL (
      SELECT created_at FROM anchors
       WHERE log_id = l.id AND status = 'confirmed' ORDER BY tree_size DESC LIMIT 1) a ON true`;

/** When the newest head of each log that is known to be in a block was stamped. */
export async function listNewestConfirmed(
  db: Db,
): Promise<{ origin: string; stampedAtMs: number }[]> {
  const { rows } = await db.query<{ origin: string; created_at: Date }>(LIST_NEWEST_CONFIRMED);
  return rows.map(({ origin, created_at: at }) => ({ origin, stampedAtMs: at.getTime() }));
}

const FIND_OLDEST_WAITING = `
  SELECT l.origin, a.tree_size::text, a.created_at
    FROM anchors a
    JOIN logs l ON l.id = a.log_id
   WHERE a.status IN ('new', 'pending', 'mismatch')
   ORDER BY a.created_at
   LIMIT 1`;

/** The anchor that has waited longest for a way into a block. */
export async function findOldestWaiting(
  db: Db,
): Promise<{ origin: string; treeSize: number; stampedAtMs: number } | null> {
  const { rows } = await db.query<{ origin: string; tree_size: string; created_at: Date }>(
    FIND_OLDEST_WAITING,
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { origin, tree_size: treeSize, created_at: at } = row;
  return { origin, treeSize: Number(treeSize), stampedAtMs: at.getTime() };
}

const WAKE_UNCHECKED_CALENDARS = `
  UPDATE anchor_calendars SET next_check = $1
   WHERE state = 'pending' AND upgrade_answer IS NOT NULL AND next_check IS NULL`;
const WAKE_UNCHECKED = `
  UPDATE anchors SET next_check = $1 WHERE status = 'header_not_given' AND next_check IS NULL`;

/** Makes due what was stored while there was no header source. Call it where there is one now. */
export async function wakeUnchecked(db: Db, nowMs: number): Promise<number> {
  await db.query(WAKE_UNCHECKED_CALENDARS, [timeFromMs(nowMs)]);
  const { rowCount } = await db.query(WAKE_UNCHECKED, [timeFromMs(nowMs)]);
  return rowCount ?? 0;
}

const WAKE_WAITING = `
  UPDATE anchors a SET next_check = $2
   WHERE status IN ('new', 'pending', 'mismatch')
     AND (next_check IS NULL OR next_check > $2)
     AND EXISTS (
           SELECT 1 FROM unnest($1::text[]) AS configured (url)
            WHERE NOT EXISTS (
                    SELECT 1 FROM anchor_calendars c
                     WHERE c.log_id = a.log_id AND c.tree_size = a.tree_size AND c.calendar_url = configured.url))`;

/** Makes due whatever waits for a block and was never sent to one of these calendars: one that is new in the settings. */
export async function wakeForCalendars(
  db: Db,
  urls: readonly string[],
  nowMs: number,
): Promise<number> {
  const { rowCount } = await db.query(WAKE_WAITING, [urls, timeFromMs(nowMs)]);
  return rowCount ?? 0;
}
