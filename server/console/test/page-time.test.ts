import { describe, expect, it } from 'vitest';
import {
  fieldFromTime,
  relativeTime,
  shortDuration,
  shortUtc,
  timeFromField,
} from '../src/page-time.ts';

const NOW = Date.UTC(2026, 0, 15, 10, 30, 45);

describe('times', () => {
  it('are short, in UTC, and left alone where they are none', () => {
    expect(shortUtc('2026-01-15T10:30:45.123Z')).toBe('2026-01-15 10:30:45');
    expect(shortUtc('soon')).toBe('soon');
  });

  it('say how long ago, and how long it takes', () => {
    const at = (ms: number): string => relativeTime(new Date(NOW + ms).toISOString(), NOW);
    expect([at(0), at(12_000), at(-5_000), at(-3_600_000 * 3)]).toEqual([
      'now',
      'in 12 s',
      '5 s ago',
      '3 h ago',
    ]);
    expect(relativeTime('soon', NOW)).toBe('');
  });

  it('have the largest unit of which there are two', () => {
    expect([0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(shortDuration)).toEqual([
      '0 s',
      '119 s',
      '2 min',
      '119 min',
      '2 h',
      '47 h',
      '2 d',
    ]);
  });

  it('of a field are UTC, and come back', () => {
    expect(timeFromField('2026-01-15T10:30')).toBe('2026-01-15T10:30:00.000Z');
    expect([timeFromField(''), timeFromField('x')]).toEqual([null, null]);
    expect(fieldFromTime('2026-01-15T10:30:00.000Z')).toBe('2026-01-15T10:30');
    expect([fieldFromTime(undefined), fieldFromTime('x')]).toEqual(['', '']);
  });
});
