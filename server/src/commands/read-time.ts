/** A time that somebody typed: past, UTC, to the second or finer. @module */
import { type Command, UsageError } from './command.ts';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/** Throws UsageError for what is no time, or not over yet. */
export function readTime(option: string, text: string, nowMs: number, command: Command): number {
  const timeMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs)) {
    throw new UsageError(`--${option} wants a time as 2026-01-15T10:30:45Z`, command);
  }
  if (timeMs > nowMs) throw new UsageError(`--${option} is not over yet`, command);
  return timeMs;
}
