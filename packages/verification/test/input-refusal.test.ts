/** What could not be read gets a report of its own, with the verdict of its code. @module */
import { describe, expect, it } from 'vitest';
import { broken, InputError, reportOfRefusal, tooLarge } from '../src/input-refusal.ts';

describe('reportOfRefusal', () => {
  it.each([
    [{ code: 'E_IO', reason: 'permission denied' }, 'error'],
    [{ code: 'E_NO_INPUT' }, 'error'],
    [tooLarge(10), 'malformed'],
    [broken('a name twice').refusal, 'malformed'],
  ] as const)('of %j is %s', (refusal, verdict) => {
    const report = reportOfRefusal(refusal);
    expect(report).toMatchObject({ verdict, levels: [], claims: null, tree: null, key: null });
    expect(report.checks).toEqual([{ id: 'format', status: 'fail', ...refusal }]);
  });
});

it('an input error carries its refusal and its cause', () => {
  const cause = new Error('below');
  const error = new InputError({ code: 'E_IO' }, cause);
  expect(error).toMatchObject({ refusal: { code: 'E_IO' }, message: 'E_IO', cause });
  expect('cause' in new InputError({ code: 'E_IO' })).toBe(false);
});
