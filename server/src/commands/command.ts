/** Command: one thing that `kapsel-server` can be told to do, its options, and how its words are read. @module */
import { parseArgs } from 'node:util';
import type { Config } from '../base/config.ts';

export interface Option {
  /** What the value is called in the help, as `TIME`; null for an option without a value. */
  readonly value: string | null;
  readonly help: string;
  readonly isRequired?: boolean;
}

export interface Command {
  /** As they are typed: `keys rotate`. */
  readonly words: string;
  /** One line. */
  readonly help: string;
  /** By name, without the dashes; `--help` is there by itself. */
  readonly options: Readonly<Record<string, Option>>;
  /** Ends with an exit code other than 0 by throwing, or by answering it. */
  run(context: CommandContext, input: CommandInput): Promise<number | undefined>;
}

/** What a command gets from the program. */
export interface CommandContext {
  readonly config: Config;
  /** A line on stdout, which may be read by a program. */
  readonly print: (line: string) => void;
  /** A line on stderr, for people. */
  readonly note: (line: string) => void;
  /** Replaces the last line on stderr; left out where that is no terminal. */
  readonly progress?: (text: string) => void;
}

/** What was typed after the words. */
export interface CommandInput {
  text(name: string): string | null;
  /** For an option that is required. */
  demand(name: string): string;
  flag(name: string): boolean;
  /** All of it as it was typed. */
  readonly args: readonly string[];
}

/** Words that name no command, or options that it does not have: the help is shown with it. */
export class UsageError extends Error {
  /** The command that was meant, if it was one. */
  readonly command: Command | null;

  constructor(message: string, command: Command | null = null) {
    super(message);
    this.name = 'UsageError';
    this.command = command;
  }
}

/** For commands that answer programs too. */
export const JSON_OPTION: Option = { value: null, help: 'Print JSON.' };

export type Parsed =
  | { readonly kind: 'run'; readonly command: Command; readonly input: CommandInput }
  | { readonly kind: 'help'; readonly command: Command | null };

const HELP_WORDS = ['help', '--help', '-h'];

/** Finds the command and reads its options. Without words it is the first command. Throws UsageError. */
export function parseCommand(argv: readonly string[], commands: readonly Command[]): Parsed {
  const [first] = argv;
  if (first !== undefined && HELP_WORDS.includes(first)) return helpOf(argv.slice(1), commands);
  const command = argv.length === 0 ? commands[0] : findCommand(argv, commands);
  if (command === undefined && HELP_WORDS.includes(argv[1] ?? ''))
    return helpOf([first ?? ''], commands);
  if (command === undefined) throw unknownCommand(argv, commands);
  const rest = argv.slice(argv.length === 0 ? 0 : wordsOf(command).length);
  if (rest.some((word) => word === '--help' || word === '-h')) return { kind: 'help', command };
  return { kind: 'run', command, input: readInput(command, rest) };
}

function helpOf(words: readonly string[], commands: readonly Command[]): Parsed {
  if (words.length === 0) return { kind: 'help', command: null };
  const command = findCommand(words, commands);
  if (command !== undefined) return { kind: 'help', command };
  // The first word of several commands: the help of all has a line for each of them.
  const isGroup = words.length === 1 && commands.some((each) => wordsOf(each)[0] === words[0]);
  if (!isGroup) throw unknownCommand(words, commands);
  return { kind: 'help', command: null };
}

const wordsOf = ({ words }: Command): readonly string[] => words.split(' ');

function findCommand(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands.find((command) => wordsOf(command).every((word, i) => argv[i] === word));
}

function unknownCommand(argv: readonly string[], commands: readonly Command[]): UsageError {
  const [first = '', second] = argv;
  const siblings = commands.filter((command) => wordsOf(command)[0] === first);
  const names = siblings.map(({ words }) => `"${words}"`).join(', ');
  if (siblings.length === 0) return new UsageError(`unknown command: ${first}`);
  if (second === undefined) return new UsageError(`"${first}" wants more words: ${names}`);
  return new UsageError(`unknown command: ${first} ${second}; there are ${names}`);
}

function readInput(command: Command, rest: readonly string[]): CommandInput {
  const { options } = command;
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({
      args: [...rest],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { value }]) => [
          name,
          { type: value === null ? 'boolean' : 'string' } as const,
        ]),
      ),
      allowPositionals: false,
      strict: true,
    }));
  } catch (error) {
    // Node's words name the option; its advice about "--" is for programs that take other arguments.
    const [message = ''] = (error instanceof Error ? error.message : '').split('. ');
    throw new UsageError(message, command);
  }
  const text = (name: string): string | null => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  for (const [name, { isRequired, value }] of Object.entries(options)) {
    if (isRequired && text(name) === null) {
      throw new UsageError(`--${name} ${value} is missing`, command);
    }
  }
  return {
    args: rest,
    text,
    demand: (name) => {
      const value = text(name);
      if (value === null) throw new TypeError(`"${name}" expected a required option`);
      return value;
    },
    flag: (name) => values[name] === true,
  };
}

/** The commands, a line each. */
export function describeCommands(commands: readonly Command[]): string {
  const lines = commands.map(({ words, help }) => [words, help] as const);
  const all = [...lines, ['help [COMMAND]', 'this text, or the options of a command'] as const];
  const width = Math.max(...all.map(([words]) => words.length));
  return all.map(([words, help]) => `kapsel-server ${words.padEnd(width)}  ${help}`).join('\n');
}

/** One command with its options. */
export function describeCommand({ words, help, options }: Command): string {
  const names = Object.entries(options).map(([name, { value, isRequired }]) => {
    const typed = value === null ? `--${name}` : `--${name} ${value}`;
    return isRequired ? typed : `[${typed}]`;
  });
  const lines = Object.entries(options).map(
    ([name, { value, help }]) => `  --${name}${value === null ? '' : ` ${value}`}\n      ${help}`,
  );
  return [`kapsel-server ${[words, ...names].join(' ')}`, `  ${help}`, ...lines].join('\n');
}
