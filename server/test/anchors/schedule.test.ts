/** The pace: when heads are stamped, calendars asked, and blocks looked at again. */
import { describe, expect, it } from 'vitest';
import {
  isStampDue,
  jittered,
  pathWaitMs,
  recheckWaitMs,
  stampWaitMs,
} from '../../src/anchors/schedule.ts';

const PACE = { pollMs: 600_000 };
const HOUR_MS = 3_600_000;

describe('a head', () => {
  const last = { treeSize: 5, createdAtMs: 1_000_000 };

  it('is stamped first, and then when the log has grown and the interval is over', () => {
    expect(isStampDue({ treeSize: 1 }, null, HOUR_MS, 0)).toBe(true);
    const due = (treeSize: number, afterMs: number) =>
      isStampDue({ treeSize }, last, HOUR_MS, last.createdAtMs + afterMs);
    expect(due(6, HOUR_MS)).toBe(true);
    expect(due(6, HOUR_MS - 1)).toBe(false);
    expect(due(5, 10 * HOUR_MS)).toBe(false);
    // One that witnesses have not caught up with.
    expect(due(4, 10 * HOUR_MS)).toBe(false);
  });

  it('is stamped also where the clock was set back', () => {
    expect(isStampDue({ treeSize: 6 }, last, HOUR_MS, last.createdAtMs - 1)).toBe(true);
  });
});

describe('waits', () => {
  it('lie within a fifth of what is meant', () => {
    expect([0, 0.5, 1].map((random) => jittered(1_000, random))).toEqual([800, 1_000, 1_200]);
  });

  it('for a promise grow, and end after a day', () => {
    const waits = [1, 2, 3, 4, 9].map((attempts) => stampWaitMs(attempts, 0, PACE, 0.5));
    expect(waits).toEqual([5_000, 30_000, 120_000, 600_000, 600_000]);
    expect(stampWaitMs(1, 24 * HOUR_MS, PACE, 0.5)).toBeNull();
    expect(stampWaitMs(3, 0, { pollMs: 100 }, 0.5)).toBe(100);
  });

  it('for a path grow with its age, and never end', () => {
    const hours = [0, 11.9, 12, 167, 168, 100_000];
    const waits = hours.map((hour) => pathWaitMs(hour * HOUR_MS, PACE, 0.5) / 60_000);
    expect(waits).toEqual([10, 10, 60, 60, 360, 360]);
  });

  it('never fall below the minute for which a "not yet" is kept, at the least pace that is allowed', () => {
    expect(pathWaitMs(0, { pollMs: 75_000 }, 0)).toBe(60_000);
  });

  it('for a second look are those of the missing blocks', () => {
    expect(recheckWaitMs(6, PACE, 0.5)).toBe(94 * 600_000);
    expect(recheckWaitMs(99, PACE, 0.5)).toBe(600_000);
    expect(recheckWaitMs(400, PACE, 0.5)).toBe(600_000);
  });
});
