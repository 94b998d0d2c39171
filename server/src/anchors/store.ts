/** Anchors in the database: every write names the version that it saw, so that of two processes one wins and the other's work is dropped. @module */
import { timeFromMs } from '../base/clock.ts';
import type { LogId, TreeHeadId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';
import type { Anchor, AnchorCalendar, AnchorStatus, CalendarState } from './anchor.ts';

interface AnchorRow {
  log_id: LogId;
  tree_size: string;
  sth_id: TreeHeadId;
  note: Buffer;
  nonce: Buffer;
  ots: Buffer | null;
  status: AnchorStatus;
  block_height: string | null;
  block_header: Buffer | null;
  header_source: string | null;
  version: number;
  created_at: Date;
}

const COLUMNS = `log_id, tree_size, sth_id, note, nonce, ots, status, block_height, block_header, header_source,
  version, created_at`;

const INSERT_ANCHOR = `
  INSERT INTO anchors (log_id, tree_size, sth_id, note, nonce, next_check, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $6)
  ON CONFLICT DO NOTHING`;

export interface NewAnchor {
  readonly logId: LogId;
  readonly treeSize: number;
  readonly headId: TreeHeadId;
  readonly note: Uint8Array;
  readonly nonce: Uint8Array;
}

/** False when this head is an anchor already: another process was faster. */
export async function insertAnchor(db: Db, anchor: NewAnchor, nowMs: number): Promise<boolean> {
  const { rowCount } = await db.query(INSERT_ANCHOR, [
    anchor.logId,
    anchor.treeSize,
    anchor.headId,
    Buffer.from(anchor.note),
    Buffer.from(anchor.nonce),
    timeFromMs(nowMs),
  ]);
  return rowCount === 1;
}

const FIND_LAST = `
  SELECT tree_size, created_at FROM anchors WHERE log_id = $1 ORDER BY tree_size DESC LIMIT 1`;

/** The anchor of the largest tree of a log. */
export async function findLastAnchor(
  db: Db,
  logId: LogId,
): Promise<{ treeSize: number; createdAtMs: number } | null> {
  const { rows } = await db.query<{ tree_size: string; created_at: Date }>(FIND_LAST, [logId]);
  const [row] = rows;
  if (row === undefined) return null;
  return { treeSize: integerFromRow(row.tree_size), createdAtMs: row.created_at.getTime() };
}

// The longest due first. SKIP LOCKED: whoever else is at it takes the next one. The version moves with the lease, so that
// whoever held an older lease, and comes back late, writes nothing.
const CLAIM_DUE = `
  UPDATE anchors SET lease_until = $2, version = version + 1
   WHERE (log_id, tree_size) = (
           SELECT log_id, tree_size FROM anchors
            WHERE next_check <= $1 AND (lease_until IS NULL OR lease_until <= $1)
            ORDER BY next_check
            LIMIT 1
              FOR UPDATE SKIP LOCKED)
  RETURNING ${COLUMNS}`;

/** Takes the anchor that is due for longest under a lease; null when none is. */
export async function claimDueAnchor(
  db: Db,
  nowMs: number,
  leaseUntilMs: number,
): Promise<Anchor | null> {
  const times = [timeFromMs(nowMs), timeFromMs(leaseUntilMs)];
  const { rows } = await db.query<AnchorRow>(CLAIM_DUE, times);
  return rows[0] === undefined ? null : withCalendars(db, rows[0]);
}

const SAVE_ANCHOR = `
  UPDATE anchors
     SET ots = $4, status = $5, block_height = $6, block_header = $7, header_source = $8, next_check = $9,
         lease_until = NULL, version = version + 1
   WHERE log_id = $1 AND tree_size = $2 AND version = $3`;

const SAVE_CALENDAR = `
  INSERT INTO anchor_calendars (log_id, tree_size, calendar_url, stamp_answer, path_origin, commitment, upgrade_answer,
                                state, attempts, next_check, rechecked_at, last_error, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  ON CONFLICT (log_id, tree_size, calendar_url) DO UPDATE
     SET stamp_answer = EXCLUDED.stamp_answer, path_origin = EXCLUDED.path_origin, commitment = EXCLUDED.commitment,
         upgrade_answer = EXCLUDED.upgrade_answer, state = EXCLUDED.state, attempts = EXCLUDED.attempts,
         next_check = EXCLUDED.next_check, rechecked_at = EXCLUDED.rechecked_at, last_error = EXCLUDED.last_error`;

/** Writes an anchor with its calendars and ends the lease; call it inside a transaction. False: it was not ours any more, and nothing is written. */
export async function saveAnchor(
  db: Db,
  anchor: Anchor,
  nextCheckMs: number | null,
): Promise<boolean> {
  const { logId, treeSize, block } = anchor;
  const { rowCount } = await db.query(SAVE_ANCHOR, [
    logId,
    treeSize,
    anchor.version,
    bytesOrNull(anchor.ots),
    anchor.status,
    block?.height ?? null,
    bytesOrNull(block?.header ?? null),
    block?.source ?? null,
    timeOrNull(nextCheckMs),
  ]);
  if (rowCount !== 1) return false;
  for (const calendar of anchor.calendars) {
    await db.query(SAVE_CALENDAR, [
      logId,
      treeSize,
      calendar.url,
      bytesOrNull(calendar.stampAnswer),
      calendar.question?.origin ?? null,
      bytesOrNull(calendar.question?.commitment ?? null),
      bytesOrNull(calendar.upgradeAnswer),
      calendar.state,
      calendar.attempts,
      timeOrNull(calendar.nextCheckMs),
      timeOrNull(calendar.recheckedAtMs),
      calendar.lastError,
      timeFromMs(calendar.createdAtMs),
    ]);
  }
  return true;
}

const RELEASE = `
  UPDATE anchors SET lease_until = NULL WHERE log_id = $1 AND tree_size = $2 AND version = $3`;

/** Gives a claimed anchor back as it was. */
export async function releaseAnchor(db: Db, anchor: Anchor): Promise<void> {
  await db.query(RELEASE, [anchor.logId, anchor.treeSize, anchor.version]);
}

const FIND_ANCHOR = `SELECT ${COLUMNS} FROM anchors WHERE log_id = $1 AND tree_size = $2`;

export async function findAnchor(db: Db, logId: LogId, treeSize: number): Promise<Anchor | null> {
  const { rows } = await db.query<AnchorRow>(FIND_ANCHOR, [logId, treeSize]);
  return rows[0] === undefined ? null : withCalendars(db, rows[0]);
}

// One look into the index (log_id, status, tree_size): of anchors that stand alike the smallest tree, which was first.
const LIST_COVERING = `
  SELECT ${COLUMNS} FROM anchors
   WHERE log_id = $1 AND tree_size > $2 AND status = ANY($3)
   ORDER BY tree_size
   LIMIT $4`;

/** An anchor without what each calendar said. */
export type CoveringAnchor = Omit<Anchor, 'calendars'>;

/** Anchors that stand so, and whose tree holds the leaf at this place, the smallest tree first. */
export async function listCoveringAnchors(
  db: Db,
  logId: LogId,
  leafIndex: number,
  statuses: readonly AnchorStatus[],
  limit: number,
): Promise<CoveringAnchor[]> {
  const { rows } = await db.query<AnchorRow>(
    prepared(LIST_COVERING, [logId, leafIndex, statuses, limit]),
  );
  return rows.map(anchorFromRow);
}

const LIST_ANCHORS = `
  SELECT ${COLUMNS} FROM anchors
   WHERE log_id = $1 AND tree_size < $2
   ORDER BY tree_size DESC
   LIMIT $3`;

/** Anchors of smaller trees than this, the largest first. */
export async function listAnchors(
  db: Db,
  logId: LogId,
  below: number,
  limit: number,
): Promise<CoveringAnchor[]> {
  const { rows } = await db.query<AnchorRow>(LIST_ANCHORS, [logId, below, limit]);
  return rows.map(anchorFromRow);
}

interface CalendarRow {
  calendar_url: string;
  state: CalendarState;
  stamp_answer: Buffer | null;
  path_origin: string | null;
  commitment: Buffer | null;
  upgrade_answer: Buffer | null;
  attempts: number;
  next_check: Date | null;
  rechecked_at: Date | null;
  last_error: string | null;
  created_at: Date;
}

const LIST_CALENDARS = `
  SELECT calendar_url, state, stamp_answer, path_origin, commitment, upgrade_answer, attempts, next_check, rechecked_at,
         last_error, created_at
    FROM anchor_calendars
   WHERE log_id = $1 AND tree_size = $2
   ORDER BY calendar_url`;

async function withCalendars(db: Db, row: AnchorRow): Promise<Anchor> {
  const found = await db.query<CalendarRow>(LIST_CALENDARS, [row.log_id, row.tree_size]);
  return { ...anchorFromRow(row), calendars: found.rows.map(calendarFromRow) };
}

function anchorFromRow(row: AnchorRow): CoveringAnchor {
  const { block_height: height, block_header: header, header_source: source } = row;
  return {
    logId: row.log_id,
    treeSize: integerFromRow(row.tree_size),
    headId: row.sth_id,
    note: row.note,
    nonce: row.nonce,
    ots: row.ots,
    status: row.status,
    block:
      height === null || header === null || source === null
        ? null
        : { height: integerFromRow(height), header, source },
    version: row.version,
    createdAtMs: row.created_at.getTime(),
  };
}

function calendarFromRow(row: CalendarRow): AnchorCalendar {
  const { path_origin: origin, commitment } = row;
  return {
    url: row.calendar_url,
    state: row.state,
    stampAnswer: row.stamp_answer,
    question: origin === null || commitment === null ? null : { origin, commitment },
    upgradeAnswer: row.upgrade_answer,
    attempts: row.attempts,
    nextCheckMs: row.next_check?.getTime() ?? null,
    recheckedAtMs: row.rechecked_at?.getTime() ?? null,
    lastError: row.last_error,
    createdAtMs: row.created_at.getTime(),
  };
}

const bytesOrNull = (bytes: Uint8Array | null): Buffer | null =>
  bytes === null ? null : Buffer.from(bytes);

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : timeFromMs(ms));
