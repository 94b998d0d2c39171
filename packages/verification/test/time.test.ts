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

  it('knows leap days', () => {
    expect(msFromTime('2000-02-29T00:00:00.000Z')).toBe(Date.UTC(2000, 1, 29));
    expect(msFromTime('2028-02-29T00:00:00.000Z')).toBe(Date.UTC(2028, 1, 29));
  });
});
