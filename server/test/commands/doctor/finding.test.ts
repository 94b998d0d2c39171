/** Findings as people read them. @module */
import { describe, expect, it } from 'vitest';
import {
  describeFindings,
  fail,
  hasFailed,
  ok,
  orOk,
  skip,
  warn,
} from '../../../src/commands/doctor/finding.ts';

const FINDINGS = [
  { check: 'disk', ...ok('room') },
  { check: 'database', ...fail('unreachable', 'two\nlines', 'psql') },
  { check: 'clock', ...warn('apart', '2 s', 'date') },
  { check: 'schema', ...skip('no database') },
];

describe('findings', () => {
  it('stand in columns, with what to do next below, and are counted', () => {
    expect(describeFindings(FINDINGS).split('\n')).toEqual([
      'ok    disk      room',
      'fail  database  two',
      '                lines',
      '                next: psql',
      'warn  clock     2 s',
      '                next: date',
      'skip  schema    no database',
      '1 failed, 1 to look at, 1 ok, 1 not looked at',
    ]);
  });

  it('fail as a whole with one failure, not with a warning', () => {
    expect(hasFailed(FINDINGS)).toBe(true);
    expect(hasFailed(FINDINGS.filter(({ status }) => status !== 'fail'))).toBe(false);
  });

  it('are well where there is no problem', () => {
    expect(orOk([], 'fine')).toEqual([ok('fine')]);
    const problem = warn('low', 'x', 'y');
    expect(orOk([problem], 'fine')).toEqual([problem]);
  });
});
