/** Times as texts: RFC 3339, UTC, always with milliseconds, so that one moment has one text. @module */

const TIME =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-[0-3][0-9]T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$/;

/**
 * Unix milliseconds of `2026-01-15T10:30:45.000Z`, or null for any other form, a day that does not exist, a leap
 * second, or a year before 1970.
 */
export function msFromTime(text: string): number | null {
  if (!TIME.test(text)) return null;
  const ms = Date.parse(text);
  // A day that its month does not have is none to some engines, and one of the next month to others.
  return ms >= 0 && new Date(ms).getUTCDate() === Number(text.slice(8, 10)) ? ms : null;
}

const LAST_SHOWN_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999); // later years have no RFC 3339 form

/** The time as a person reads it; a number that is no time of ours stays a number. */
export function textOfMs(ms: number): string {
  const isShown = Number.isInteger(ms) && ms >= 0 && ms <= LAST_SHOWN_MS;
  return isShown ? new Date(ms).toISOString() : `${ms} ms`;
}
