/** Times for an operator: short, in UTC as logs have them, and how long ago. @module */

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** `2026-01-15 10:30:45`; what is no time is shown as it is. */
export function shortUtc(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** `12 s`, `5 min`, `3 h`, `4 d`: the largest unit that has one. */
export function shortDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 2 * MINUTE_S) return `${s} s`;
  if (s < 2 * HOUR_S) return `${Math.floor(s / MINUTE_S)} min`;
  if (s < 2 * DAY_S) return `${Math.floor(s / HOUR_S)} h`;
  return `${Math.floor(s / DAY_S)} d`;
}

/** `5 min ago`, `in 12 s`, `now`. */
export function relativeTime(time: string, nowMs: number): string {
  const s = (Date.parse(time) - nowMs) / 1_000;
  if (Number.isNaN(s)) return '';
  if (Math.abs(s) < 1) return 'now';
  return s > 0 ? `in ${shortDuration(s)}` : `${shortDuration(-s)} ago`;
}

/** How long it has been so. */
export function durationSince(time: string, nowMs: number): string {
  return shortDuration((nowMs - Date.parse(time)) / 1_000);
}

/** The value of a `datetime-local` field, read as UTC, as the API wants it; null for an empty one. */
export function timeFromField(value: string): string | null {
  const ms = Date.parse(`${value}Z`);
  return value === '' || Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** The other way round, to the minute. */
export function fieldFromTime(time: string | undefined): string {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().slice(0, 16);
}
