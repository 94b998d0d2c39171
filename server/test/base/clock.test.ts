/** The real clock: waits end by time or by their signal, and times have the one text form. @module */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock, timeFromMs } from '../../src/base/clock.ts';

const LONG_MS = 3_600_000;

describe('systemClock', () => {
  it('sleeps for about the time asked', async () => {
    const before = systemClock.monotonicMs();
    await systemClock.sleep(20);
    expect(systemClock.monotonicMs() - before).toBeGreaterThan(15);
  });

  it('ends a sleep at once when its signal aborts, without an error', async () => {
    const controller = new AbortController();
    const before = systemClock.monotonicMs();
    const asleep = systemClock.sleep(LONG_MS, controller.signal);
    controller.abort();
    await asleep;
    await systemClock.sleep(LONG_MS, controller.signal);
    expect(systemClock.monotonicMs() - before).toBeLessThan(LONG_MS);
  });

  it('leaves no listener on a signal that outlives the sleep', async () => {
    const { signal } = new AbortController();
    await Promise.all([systemClock.sleep(0, signal), systemClock.sleep(1, signal)]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('tells the time in Unix milliseconds', () => {
    const before = Date.now();
    const now = systemClock.nowMs();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});

describe('timeFromMs', () => {
  it('writes RFC 3339 in UTC, always with milliseconds', () => {
    expect(timeFromMs(Date.UTC(2026, 0, 15, 10, 30, 45))).toBe('2026-01-15T10:30:45.000Z');
    expect(timeFromMs(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(timeFromMs(Date.UTC(2028, 1, 29, 23, 59, 59, 999))).toBe('2028-02-29T23:59:59.999Z');
  });
});
