/** Runs one command line: from words to an exit code. Source of truth: verifier-ux 2.1 and 2.2. @module */
import { EXIT_INTERRUPTED } from '@kapsel/verification';
import { type Command, CommanderError, type Option } from 'commander';
import { type OptionWords, orderArguments } from './arguments.ts';
import { buildCommands } from './command-tree.ts';
import { EXIT_USAGE, exitCodeFromError } from './exit-code.ts';
import type { Host } from './host.ts';
import { isKeyLike } from './key-words.ts';
import { BARE_VALUES } from './option-terms.ts';
import { tellUsageError } from './render/usage.ts';
import { UsageError } from './usage-error.ts';

/** Runs one command line and returns its exit code; only a mistake of this program makes it throw. */
export async function run(host: Host): Promise<number> {
  let exitCode = 0;
  const program = buildCommands(host, (code) => {
    exitCode = code;
  });
  try {
    if (host.argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT_USAGE;
    }
    await program.parseAsync(orderArguments(host.argv, optionWords(program)), { from: 'user' });
    return exitCode;
  } catch (error) {
    const refusal = error instanceof CommanderError ? usageErrorFromCommander(error) : error;
    if (refusal === null) return 0;
    if (!(refusal instanceof UsageError)) throw refusal;
    if (host.signal.reason === 'interrupted') return EXIT_INTERRUPTED;
    tellUsageError(host, refusal);
    return exitCodeFromError(refusal.code);
  }
}

/** What `orderArguments` must know, read from the commands, so that a new option cannot be forgotten there. */
function optionWords(program: Command): OptionWords {
  const options = [program, ...program.commands].flatMap((command) => command.options);
  const flags = (some: readonly Option[]) =>
    new Set(some.flatMap(({ long, short }) => [long, short]).filter((flag) => flag !== undefined));
  const hasValue = (option: Option) => option.required || option.optional;
  const withValue = flags(options.filter(hasValue));
  for (const flag of BARE_VALUES.keys()) withValue.delete(flag);
  return {
    withValue,
    withoutValue: new Set([
      ...flags(options.filter((option) => !hasValue(option))),
      '-h',
      '--help',
    ]),
    bareValue: BARE_VALUES,
    commands: new Set(program.commands.map((command) => command.name())),
  };
}

/** Commander's complaint without what may be a key; null when it only printed help or version. */
function usageErrorFromCommander(error: CommanderError): UsageError | null {
  if (error.exitCode === 0) return null;
  const [first = '', second = ''] = error.message
    .replace(/^error: /, '')
    // `--publickey=<private key>` is quoted whole by commander: keep the name alone.
    .replace(/'(--?[^'=]*)=[^']*'/, "'$1'")
    .replace(/'([^']*)'/g, (quoted: string, text: string) => (isKeyLike(text) ? '(…)' : quoted))
    .split('\n');
  return new UsageError('E_USAGE', first, second === '' ? [] : [second]);
}
