import { expect, it } from 'vitest';
import { parseQueryTime } from '../../../src/http/schemas/query-time.ts';

it.each([
  ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31T12:00:00.5Z', Date.UTC(2026, 0, 31, 12, 0, 0, 500)],
  ['2026-01-31T12:00:00+02:00', Date.UTC(2026, 0, 31, 10)],
  ['2024-02-29T23:59:59.999-00:30', Date.UTC(2024, 2, 1, 0, 29, 59, 999)],
])('reads %s', (text, want) => {
  expect(parseQueryTime(text)).toBe(want);
});

it.each([
  '',
  'yesterday',
  '2026-01-31',
  '2026-01-31T12:00:00',
  '2026-01-31 12:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T12:00:00+25:00',
  '2026-01-31T12:00:00.1234Z',
  ' 2026-01-31T12:00:00Z',
])('refuses %j', (text) => {
  expect(parseQueryTime(text)).toBeNull();
});
