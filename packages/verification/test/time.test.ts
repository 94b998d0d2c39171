/** Times have one text. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msFromTime, textOfMs } from '../src/time.ts';

describe('times', () => {
  it('reads what toISOString writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: Date.UTC(9999, 11, 31) }), (ms) => {
        expect(msFromTime(new Date(ms).toISOString())).toBe(ms);
      }),
      { seed: 3339, numRuns: 500 },
    );
  });

  it.each([
    '2026-01-15T10:30:45Z',
    '2026-01-15T10:30:45.00Z',
    '2026-01-15T10:30:45.0000Z',
    '2026-01-15T10:30:45.000+00:00',
    '2026-01-15T10:30:45.000z',
    '2026-01-15t10:30:45.000Z',
    '2026-01-15 10:30:45.000Z',
    ' 2026-01-15T10:30:45.000Z',
    '2026-01-15T10:30:45.000Z\n',
    '2026-02-29T10:30:45.000Z',
    '2100-02-29T10:30:45.000Z',
    '2026-04-31T10:30:45.000Z',
    '2026-00-15T10:30:45.000Z',
    '2026-13-15T10:30:45.000Z',
    '2026-01-00T10:30:45.000Z',
    '2026-01-15T24:00:00.000Z',
    '2026-01-15T10:60:45.000Z',
    '2026-01-15T23:59:60.000Z',
    '1969-12-31T23:59:59.999Z',
    '+012026-01-15T10:30:45.000Z',
    '+002026-01-01T10:30:45.000Z',
    '2026-01-15T10:30:45.000Z (UTC)',
    '',
  ])('refuses %j', (text) => {
    expect(msFromTime(text)).toBeNull();
  });

  it('writes what it reads, and keeps what is no time as a number', () => {
    expect(textOfMs(Date.UTC(2026, 0, 15, 10, 30, 45))).toBe('2026-01-15T10:30:45.000Z');
    expect(msFromTime(textOfMs(Date.UTC(9999, 11, 31, 23, 59, 59, 999)))).not.toBeNull();
    for (const ms of [-1, 0.5, Number.MAX_SAFE_INTEGER, Number.NaN]) {
      expect(textOfMs(ms)).toBe(`${ms} ms`);
    }
  });

  it('writes the first and the last moment that have a text', () => {
    const last = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
    expect(textOfMs(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(textOfMs(last)).toBe('9999-12-31T23:59:59.999Z');
    expect(textOfMs(last + 1)).toBe(`${last + 1} ms`);
  });

  it('knows each day of the calendar, and no other one', () => {
    const two = (value: number): string => `${value}`.padStart(2, '0');
    for (const year of [1970, 1999, 2000, 2023, 2024, 2027, 2100, 9999]) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 33; day++) {
          const date = new Date(Date.UTC(year, month - 1, day)); // what does not exist becomes another day
          const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
          const text = `${year}-${two(month)}-${two(day)}T00:00:00.000Z`;
          expect(msFromTime(text)).toBe(exists ? date.getTime() : null);
        }
      }
    }
  });

  it('knows leap days', () => {
    expect(msFromTime('2000-02-29T00:00:00.000Z')).toBe(Date.UTC(2000, 1, 29));
    expect(msFromTime('2028-02-29T00:00:00.000Z')).toBe(Date.UTC(2028, 1, 29));
  });
});
