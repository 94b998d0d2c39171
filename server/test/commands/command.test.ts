/** The words of the command line: which command they name, and every way of getting them wrong. @module */
import { describe, expect, it } from 'vitest';
import {
  type Command,
  describeCommand,
  describeCommands,
  JSON_OPTION,
  parseCommand,
  UsageError,
} from '../../src/commands/command.ts';

const command = (words: string, options: Command['options'] = {}): Command => ({
  words,
  help: `help of ${words}`,
  options,
  run: async () => undefined,
});
const SERVE = command('serve');
const ROTATE = command('keys rotate', {
  log: { value: 'NAME', help: 'The log.' },
  name: { value: 'NAME', help: 'The name.', isRequired: true },
  json: JSON_OPTION,
});
const LIST = command('keys list');
const COMMANDS = [SERVE, ROTATE, LIST];

const parse = (text: string) => parseCommand(text === '' ? [] : text.split(' '), COMMANDS);

function refusalOf(text: string): UsageError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe('parseCommand', () => {
  it('takes the first command when nothing is said', () => {
    expect(parse('')).toMatchObject({ kind: 'run', command: SERVE });
    expect(parse('serve')).toMatchObject({ kind: 'run', command: SERVE });
  });

  it('reads options in both forms', () => {
    for (const text of [
      'keys rotate --name a --log b --json',
      'keys rotate --json --log=b --name=a',
    ]) {
      const parsed = parse(text);
      if (parsed.kind !== 'run') throw new Error('no run');
      const { input } = parsed;
      expect(parsed.command).toBe(ROTATE);
      expect([input.demand('name'), input.text('log'), input.flag('json')]).toEqual([
        'a',
        'b',
        true,
      ]);
      expect(input.args).toEqual(text.split(' ').slice(2));
    }
  });

  it('answers null and false for what is not given', () => {
    const parsed = parse('keys rotate --name=a');
    if (parsed.kind !== 'run') throw new Error('no run');
    expect([parsed.input.text('log'), parsed.input.flag('json')]).toEqual([null, false]);
    expect(() => parsed.input.demand('log')).toThrow(TypeError);
  });

  it.each([
    ['help', null],
    ['--help', null],
    ['-h', null],
    ['help keys', null, [ROTATE, LIST]],
    ['keys --help', null, [ROTATE, LIST]],
    ['keys help', null, [ROTATE, LIST]],
    ['help keys rotate', ROTATE],
    ['keys rotate --help', ROTATE],
    ['keys rotate --name -h', ROTATE],
    ['serve --help', SERVE],
  ] as [string, Command | null, Command[]?][])('%s asks for help', (text, expected, group = []) => {
    expect(parse(text)).toEqual({ kind: 'help', command: expected, group });
  });

  it.each([
    ['keys', [ROTATE, LIST]],
    ['keys rotat', [ROTATE, LIST]],
    ['serv', []],
  ])('names those that %s may have meant', (text, group) => {
    expect(refusalOf(text).group).toEqual(group);
  });

  it.each([
    ['serv', 'serve'],
    ['srve', 'serve'],
    ['kyes', 'keys'],
    ['keys rotat', 'keys rotate'],
    ['keys lst', 'keys list'],
  ])('asks whether %s was meant as %s', (text, meant) => {
    expect(refusalOf(text).message).toContain(`did you mean "${meant}"?`);
  });

  it.each([
    ['serv', 'serv', null],
    ['keys', '"keys"', null],
    ['keys rotat', 'keys rotat', null],
    ['nonsense', 'unknown command: nonsense', null],
    ['help serv', 'serv', null],
    ['serv --help', 'serv', null],
    ['help keys rotat', 'rotat', null],
    ['--port=1', '--port=1', null],
    ['serve now', 'now', SERVE],
    ['serve --port 1', '--port', SERVE],
    ['keys rotate', '--name NAME is missing', ROTATE],
    ['keys rotate --name=', '--name NAME is missing', ROTATE],
    ['keys rotate --name', '--name', ROTATE],
    ['keys rotate --name a --json=1', '--json', ROTATE],
    ['keys rotate --name a -- b', 'b', ROTATE],
  ])('refuses %s', (text, expected, of) => {
    const refusal = refusalOf(text);
    expect(refusal.message).toContain(expected);
    expect(refusal.command).toBe(of);
  });
});

describe('the help', () => {
  it('has a line for each command', () => {
    const lines = describeCommands(COMMANDS).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^kapsel-server keys rotate +help of keys rotate$/);
  });

  it('names the options of one command, and which of them must be there', () => {
    const text = describeCommand(ROTATE);
    expect(text.split('\n')[0]).toBe('kapsel-server keys rotate [--log NAME] --name NAME [--json]');
    expect(text).toContain('The log.');
  });
});
