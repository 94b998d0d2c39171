/** Command: one thing that `kapsel-server` can be told to do, its options, and how its words are read. @module */
import { parseArgs } from 'node:util';
import { closestTo } from '../base/closest-name.ts';
import type { Config, ConfigError } from '../base/config.ts';

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
  /** For a command that has an answer also where the settings cannot be read; answers the exit code. */
  runMisconfigured?(
    error: ConfigError,
    print: CommandContext['print'],
    input: CommandInput,
  ): number;
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
  /** Else the commands that may have been meant; empty where they may have been any. */
  readonly group: readonly Command[];

  constructor(
    message: string,
    command: Command | null = null,
    { group = [] }: { readonly group?: readonly Command[] } = {},
  ) {
    super(message);
    this.name = 'UsageError';
    this.command = command;
    this.group = group;
  }
}

/** For commands that answer programs too. */
export const JSON_OPTION: Option = { value: null, help: 'Print JSON.' };

export type Parsed =
  | { readonly kind: 'run'; readonly command: Command; readonly input: CommandInput }
  /** Of one command; else of a group of them; else, when that is empty, of everything. */
  | { readonly kind: 'help'; readonly command: Command | null; readonly group: readonly Command[] };

const HELP_WORDS = ['help', '--help', '-h'];
const VERSION_WORDS = ['--version', '-V'];

/** Finds the command and reads its options. Without words it is the first command. Throws UsageError. */
export function parseCommand(argv: readonly string[], commands: readonly Command[]): Parsed {
  const [first] = argv;
  if (argv.length === 1 && VERSION_WORDS.includes(first ?? '')) {
    return parseCommand(['version'], commands);
  }
  if (first !== undefined && HELP_WORDS.includes(first)) return helpOf(argv.slice(1), commands);
  const command = argv.length === 0 ? commands[0] : findCommand(argv, commands);
  if (command === undefined && HELP_WORDS.includes(argv[1] ?? ''))
    return helpOf([first ?? ''], commands);
  if (command === undefined) throw unknownCommand(argv, commands);
  const rest = argv.slice(argv.length === 0 ? 0 : wordsOf(command).length);
  if (rest.some((word) => word === '--help' || word === '-h'))
    return { kind: 'help', command, group: [] };
  return { kind: 'run', command, input: readInput(command, rest) };
}

function helpOf(words: readonly string[], commands: readonly Command[]): Parsed {
  if (words.length === 0) return { kind: 'help', command: null, group: [] };
  const command = findCommand(words, commands);
  if (command !== undefined) return { kind: 'help', command, group: [] };
  // The first word of several commands: a line for each of them.
  const group = groupOf(words[0] ?? '', commands);
  if (words.length > 1 || group.length === 0) throw unknownCommand(words, commands);
  return { kind: 'help', command: null, group };
}

function groupOf(first: string, commands: readonly Command[]): readonly Command[] {
  return commands.filter((command) => wordsOf(command)[0] === first);
}

const wordsOf = ({ words }: Command): readonly string[] => words.split(' ');

function findCommand(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands.find((command) => wordsOf(command).every((word, i) => argv[i] === word));
}

function unknownCommand(argv: readonly string[], commands: readonly Command[]): UsageError {
  const [first = '', second] = argv;
  const group = groupOf(first, commands);
  if (group.length > 0 && second === undefined) {
    return new UsageError(`"${first}" wants another word`, null, { group });
  }
  const typed = group.length === 0 ? first : `${first} ${second}`;
  const known = group.length === 0 ? commands.map((each) => wordsOf(each)[0] ?? '') : [];
  const meant = closestTo(typed, new Set([...known, ...group.map(({ words }) => words)]));
  const hint = meant === null ? '' : `: did you mean "${meant}"?`;
  return new UsageError(`unknown command: ${typed}${hint}`, null, { group });
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
