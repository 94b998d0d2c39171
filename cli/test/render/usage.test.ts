/** Usage messages: on stderr, one code, nothing raw. @module */
import { expect, it } from 'vitest';
import type { Host } from '../../src/host.ts';
import { tellProblem, tellUsageError } from '../../src/render/usage.ts';
import { UsageError } from '../../src/usage-error.ts';

function written(tell: (host: Host) => void): string {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  const stderr = { isTty: false, columns: null, write, ready: async () => undefined };
  const stdout = { ...stderr, write: () => expect.fail('stdout was written') };
  tell({ stdout, stderr } as Partial<Host> as Host);
  return text;
}

it('puts message and code on one line, whatever the message holds', () => {
  const text = written((host) => tellProblem(host, 'cannot read a\u001b[2J\nb', 'E_IO'));
  expect(text).toBe('kapsel-verify: cannot read a\\u001b[2J\\u000ab  [E_IO]\n');
});

it('puts hints below, and points to the help for a mistyped command alone', () => {
  const usage = written((host) =>
    tellUsageError(host, new UsageError('E_USAGE', 'a', ['b\u202e'])),
  );
  expect(usage.split('\n')).toEqual([
    'kapsel-verify: a  [E_USAGE]',
    '  b\\u202e',
    '  Try: kapsel-verify --help',
    '',
  ]);
  const key = written((host) => tellUsageError(host, new UsageError('E_NO_KEY', 'a', ['b'])));
  expect(key).not.toContain('--help');
});
