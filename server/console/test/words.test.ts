import { expect, it } from 'vitest';
import type { Endpoint } from '../src/api-shapes.ts';
import { countOf, sayEndpoint, sayFault, sayOutcome, sayStatus, sizeOf } from '../src/words.ts';

const FAULT = { code: 'x', message: 'as the server says it', details: [], retryAfterS: null };

it('a refusal names the field that is wrong, and else what to do', () => {
  const details = [{ path: '/release/since', message: 'must be a time' }];
  expect(sayFault({ ...FAULT, code: 'invalid_request', details })).toBe(
    'release since must be a time',
  );
  expect(sayFault({ ...FAULT, code: 'rate_limited', retryAfterS: 7 })).toContain('7 s');
  expect(sayFault(FAULT)).toBe('as the server says it');
});

it('an endpoint is said to be in its worst state', () => {
  const said = (change: Partial<Endpoint>): string =>
    sayEndpoint({ disabled: false, circuit: 'closed', failing_since: null, ...change } as Endpoint)
      .word;
  expect(said({})).toBe('Active');
  expect(said({ failing_since: 'x' })).toBe('Failing');
  expect(said({ failing_since: 'x', circuit: 'open' })).toBe('Circuit open');
  expect(said({ circuit: 'half_open' })).toBe('Probing');
  expect(said({ disabled: true, circuit: 'open' })).toBe('Paused');
});

it('what is held is not called received', () => {
  expect(sayStatus({ status: 'received', held: true }).word).toBe('Held');
  expect(sayStatus({ status: 'failed', held: false }).word).toBe('Dead letter');
});

it('no outcome says that something was received which may not have been', () => {
  const word = (outcome: 'failed' | 'unknown' | null): string =>
    sayOutcome({ outcome, response_status: null } as never).word;
  for (const outcome of ['failed', 'unknown', null] as const) {
    expect(word(outcome)).not.toMatch(/deliver|receiv/i);
  }
});

it('counts and sizes are read at a glance', () => {
  expect(countOf(1, false, 'event')).toBe('1 event');
  expect(countOf(10_000, true, 'event')).toBe('more than 10,000 events');
  expect([0, 1_023, 1_536, 5_242_880].map(sizeOf)).toEqual(['0 B', '1023 B', '1.5 KiB', '5.0 MiB']);
});
