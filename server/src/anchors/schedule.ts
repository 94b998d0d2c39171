/** When calendars and header sources are asked again: often at first, then seldom, never all at once. @module */

export interface AnchorPace {
  /** Between two questions for one path in the first twelve hours. */
  readonly pollMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const STAMP_WAITS_MS = [5_000, 30_000, 2 * MINUTE_MS] as const;
/** After this a calendar that never took the digest is not asked any more. */
export const STAMP_FOR_MS: number = DAY_MS;
/** While one path is confirmed, others are waited for so long: two independent ones are better. */
export const SECOND_PATH_FOR_MS: number = 7 * DAY_MS;
/** A block is looked at once more when so many lie on it, itself included. */
export const RECHECK_DEPTH = 100;
/** So deep a block must be to count: calendars wait for the same. */
export const CONFIRMED_DEPTH = 6;
const BLOCK_MS = 10 * MINUTE_MS;

/** A fifth to either side, so that what was stamped together is not asked for together. `random` is 0 to 1. */
export function jittered(ms: number, random: number): number {
  return Math.round(ms * (0.8 + 0.4 * random));
}

/** After so many failed tries to stamp; null: no more. */
export function stampWaitMs(
  attempts: number,
  ageMs: number,
  { pollMs }: AnchorPace,
  random: number,
): number | null {
  if (ageMs >= STAMP_FOR_MS) return null;
  const waitMs = Math.min(STAMP_WAITS_MS[attempts - 1] ?? pollMs, pollMs);
  return jittered(waitMs, random);
}

/** Between two questions for a path, by the age of the stamp: it takes hours, and may take days. */
export function pathWaitMs(ageMs: number, { pollMs }: AnchorPace, random: number): number {
  if (ageMs < 12 * HOUR_MS) return jittered(pollMs, random);
  if (ageMs < 7 * DAY_MS) return jittered(Math.max(pollMs, HOUR_MS), random);
  return jittered(Math.max(pollMs, 6 * HOUR_MS), random);
}

/** Until a block at this depth is worth a second look. */
export function recheckWaitMs(depth: number, { pollMs }: AnchorPace, random: number): number {
  const missing = Math.max(1, RECHECK_DEPTH - depth);
  // Ten minutes a block on average; a test chain is faster, and says so by its pace.
  return jittered(Math.min(missing * BLOCK_MS, missing * pollMs), random);
}

/** True when the newest head of a log is to be stamped. */
export function isStampDue(
  head: { readonly treeSize: number },
  last: { readonly treeSize: number; readonly createdAtMs: number } | null,
  intervalMs: number,
  nowMs: number,
): boolean {
  if (last === null) return true;
  if (head.treeSize <= last.treeSize) return false;
  const ageMs = nowMs - last.createdAtMs;
  // A clock that was set back must not stop the anchoring for as long.
  return ageMs < 0 || ageMs >= intervalMs;
}

/** How long an anchor may wait for a block before somebody should look: the calendar may be down, or out of funds. */
export const LATE_MS: number = DAY_MS;
export const STUCK_MS: number = 3 * DAY_MS;
