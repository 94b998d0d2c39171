/** When to try again: our own schedule of 1 s to 512 s, and the destination's Retry-After. RFC 9110 sections 5.6.7 and 10.2.3. @module */

const SECOND_MS = 1_000;
/** Unless an endpoint says otherwise. */
export const LONGEST_DELAY_MS = 512_000;

/**
 * The wait after failed attempt number `attemptNumber` (from 1): between half and all of 1, 2, 4 … 512 s, or of
 * `longestMs` where that comes first, and never under 1 s. Half of it is random at the longest wait too, so that
 * events that failed together do not come back together. `random` answers in [0, 1).
 */
export function retryDelayMs(
  attemptNumber: number,
  random: () => number,
  longestMs: number = LONGEST_DELAY_MS,
): number {
  const fullMs = Math.min(longestMs, SECOND_MS * 2 ** (attemptNumber - 1));
  return Math.max(SECOND_MS, Math.round(fullMs / 2 + random() * (fullMs / 2)));
}

/** The wait that a Retry-After asks for; null when there is none, or it is over, or it is malformed. */
export function parseRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const text = value.trim(); // from the network
  const delayMs = /^\d+$/.test(text)
    ? Math.min(Number(text) * SECOND_MS, Number.MAX_SAFE_INTEGER)
    : (timeFromHttpDate(text, nowMs) ?? nowMs) - nowMs;
  return delayMs > 0 ? delayMs : null;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const CLOCK = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
// The three forms of RFC 9110 5.6.7. Day names are redundant and not compared.
const HTTP_DATES: readonly RegExp[] = [
  new RegExp(
    `^[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${CLOCK} GMT$`,
  ),
  new RegExp(
    `^[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\\d{2}) ${CLOCK} GMT$`,
  ),
  new RegExp(`^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${CLOCK} (?<year>\\d{4})$`),
];
const FIFTY_YEARS_MS = 50 * 365.25 * 86_400 * SECOND_MS;

function timeFromHttpDate(text: string, nowMs: number): number | null {
  for (const form of HTTP_DATES) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return timeFromParts(parts, nowMs);
  }
  return null;
}

function timeFromParts(parts: Readonly<Record<string, string>>, nowMs: number): number | null {
  const month = MONTHS.indexOf(parts.month ?? '');
  const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(
    Number,
  );
  if (month === -1 || !isUpTo(day, 31) || !isUpTo(hour, 23)) return null;
  if (!isUpTo(minute, 59) || !isUpTo(second, 60)) return null; // 60: leap second
  const isShort = parts.year?.length === 2;
  const year = Number(parts.year) + (isShort ? 2_000 : 0);
  const timeMs = Date.UTC(year, month, day, hour, minute, second);
  // RFC 9110 5.6.7: two digits that look more than 50 years ahead mean the century before.
  return isShort && timeMs > nowMs + FIFTY_YEARS_MS ? null : timeMs;
}

function isUpTo(value: number | undefined, most: number): value is number {
  return value !== undefined && value <= most;
}
