/** Times as texts: RFC 3339, UTC, always with milliseconds, so that one moment has one text. @module */

const TIME_LENGTH = '2026-01-15T10:30:45.000Z'.length;

/**
 * Unix milliseconds of `2026-01-15T10:30:45.000Z`, or null for any other form, a day that does not exist, a leap
 * second, or a year before 1970.
 */
export function msFromTime(text: string): number | null {
  if (text.length !== TIME_LENGTH) return null;
  const ms = Date.parse(text); // takes other forms too, each engine its own
  return ms >= 0 && new Date(ms).toISOString() === text ? ms : null;
}

const LAST_SHOWN_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999); // later years have no RFC 3339 form

/** The time as a person reads it; a number that is no time of ours stays a number. */
export function textOfMs(ms: number): string {
  const isShown = Number.isInteger(ms) && ms >= 0 && ms <= LAST_SHOWN_MS;
  return isShown ? new Date(ms).toISOString() : `${ms} ms`;
}
