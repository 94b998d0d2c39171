/** Times for people. @module */
import { describe, expect, it } from 'vitest';
import { localFromUtc, utcFromMs } from '../src/display-time.ts';

describe('utcFromMs', () => {
  it.each([
    [Date.UTC(2026, 0, 15, 10, 30, 45), '2026-01-15T10:30:45Z'],
    [Date.UTC(2026, 0, 15, 10, 30, 45, 7), '2026-01-15T10:30:45.007Z'],
    [2 ** 53 - 1, '9007199254740991 ms'],
  ])('writes %d', (timestampMs, expected) => {
    expect(utcFromMs(timestampMs)).toBe(expected);
  });
});

describe('localFromUtc', () => {
  it('has none for a number that no calendar reaches', () => {
    expect(localFromUtc(utcFromMs(2 ** 53 - 1))).toBeNull();
  });
  it('names the year of the moment', () => {
    expect(localFromUtc('2026-06-15T10:30:45Z')).toContain('2026');
  });
});
