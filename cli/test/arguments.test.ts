/** Order of the words before commander sees them: commands, `--`, values, bare options. @module */
import { describe, expect, it } from 'vitest';
import { type OptionWords, orderArguments } from '../src/arguments.ts';

const KNOWN: OptionWords = {
  withValue: new Set(['--proof', '--public-key']),
  withoutValue: new Set(['-v', '--help']),
  bareValue: new Map([['--explain', 'text']]),
  commands: new Set(['watch', 'consistency']),
};

function order(...argv: string[]): string[] {
  return orderArguments(argv, KNOWN);
}

function codeOf(...argv: string[]): unknown {
  try {
    return order(...argv);
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

describe('orderArguments', () => {
  it('keeps files and --proof in the order in which they were typed', () => {
    expect(order('a', '--proof', 'b', '-v', 'c', '--proof=d')).toEqual([
      '--proof=a',
      '--proof=b',
      '-v',
      '--proof=c',
      '--proof=d',
    ]);
  });

  it('takes the first positional for a command, also behind options and their values', () => {
    expect(order('-v', '--public-key', 'watch', 'watch', 'x')).toEqual([
      'watch',
      '-v',
      '--public-key=watch',
      'x',
    ]);
  });

  it('takes a later word for a file, whatever it is called', () => {
    expect(order('a', 'watch')).toEqual(['--proof=a', '--proof=watch']);
  });

  it('takes every word after -- for a file, also one that is a command or a flag', () => {
    expect(order('--', 'watch', '-v')).toEqual(['--proof=watch', '--proof=-v']);
  });

  it('leaves -- to a command that was named before it', () => {
    expect(order('consistency', '--', '-old', 'new')).toEqual(['consistency', '--', '-old', 'new']);
  });

  it('does not let --explain take the file after it', () => {
    expect(order('--explain', 'a')).toEqual(['--explain=text', '--proof=a']);
    expect(order('--explain=text', 'a')).toEqual(['--explain=text', '--proof=a']);
    expect(order('--proof', 'a', '--explain')).toEqual(['--proof=a', '--explain=text']);
  });

  it('reads a lone dash as standard input', () => {
    expect(order('-')).toEqual(['--proof=-']);
    expect(order('--proof', '-')).toEqual(['--proof=-']);
  });

  it('takes PEM text for a value although it begins with dashes', () => {
    expect(order('--public-key', '-----BEGIN PUBLIC KEY-----')).toEqual([
      '--public-key=-----BEGIN PUBLIC KEY-----',
    ]);
  });

  it('refuses an option whose value was forgotten', () => {
    expect(codeOf('--public-key', '--proof', 'a')).toBe('E_USAGE');
    expect(codeOf('--proof', '--explain')).toBe('E_USAGE');
    expect(codeOf('--proof', '--', 'a')).toBe('E_USAGE');
    expect(codeOf('a', '--proof')).toBe('E_USAGE');
  });
});
