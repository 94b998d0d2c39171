/** Running checks: one after the other, and one that throws is a finding and not the end. @module */
import { expect, it } from 'vitest';
import { runChecks, skipChecks } from '../../../src/commands/doctor/check.ts';
import { ok, warn } from '../../../src/commands/doctor/finding.ts';

it('a check that throws is a failure in the words of the error, and the others are run', async () => {
  const order: string[] = [];
  const check = (name: string, answer: () => ReturnType<typeof ok>[] | ReturnType<typeof ok>) => ({
    name,
    run: async (subject: string) => {
      order.push(`${name} ${subject}`);
      return answer();
    },
  });
  const findings = await runChecks(
    [
      check('one', () => ok('fine')),
      check('two', () => {
        throw new Error('outer', { cause: new Error('inner') });
      }),
      check('three', () => [warn('a', 'x', 'y'), warn('b', 'x', 'y')]),
    ],
    'subject',
  );
  expect(order).toEqual(['one subject', 'two subject', 'three subject']);
  expect(findings.map(({ check: name, status, code }) => [name, status, code])).toEqual([
    ['one', 'ok', 'ok'],
    ['two', 'fail', 'error'],
    ['three', 'warn', 'a'],
    ['three', 'warn', 'b'],
  ]);
  expect(findings[1]?.message).toBe('outer: inner');
});

it('checks that cannot be run are named, with the reason', () => {
  expect(skipChecks([{ name: 'keys' }], 'no database')).toEqual([
    { check: 'keys', status: 'skip', code: 'skipped', message: 'no database', next: null },
  ]);
});
