/** Times for people: UTC as it was signed, and the reader's own clock beside it. @module */

const LAST_DATE_MS = 8.64e15; // beyond it a Date has no meaning (ECMA-262, time values)

/** RFC 3339 in UTC, whole seconds without a fraction; a number no calendar reaches is shown as it is. */
export function utcFromMs(timestampMs: number): string {
  if (Math.abs(timestampMs) > LAST_DATE_MS) return `${timestampMs} ms`;
  return new Date(timestampMs).toISOString().replace('.000Z', 'Z');
}

/** The same moment in the reader's language and time zone, or null if there is none. */
export function localFromUtc(utc: string): string | null {
  const timestampMs = Date.parse(utc);
  if (Number.isNaN(timestampMs)) return null;
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(
    timestampMs,
  );
}
