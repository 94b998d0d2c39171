/** Times as texts: RFC 3339, UTC, always with milliseconds, so that one moment has one text. @module */

const TIME = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z$/;

/**
 * Unix milliseconds of `2026-01-15T10:30:45.000Z`, or null for any other form, a day that does not exist, a leap
 * second, or a year before 1970.
 */
export function msFromTime(text: string): number | null {
  const parts = TIME.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second, ms] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) {
    return null;
  }
  if (hour > 23 || minute > 59 || second > 59) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

const LAST_SHOWN_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999); // later years have no RFC 3339 form

/** The time as a person reads it; a number that is no time of ours stays a number. */
export function textOfMs(ms: number): string {
  const isShown = Number.isInteger(ms) && ms >= 0 && ms <= LAST_SHOWN_MS;
  return isShown ? new Date(ms).toISOString() : `${ms} ms`;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
