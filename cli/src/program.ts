/** The commands, their options and their help; from words to an exit code. Source of truth: verifier-ux 2.1 and 2.2. @module */
import { Command, CommanderError, Option } from 'commander';
import { PROGRAM_NAME, PROGRAM_VERSION } from './about.ts';
import { type OptionWords, orderArguments } from './arguments.ts';
import { checkConsistency } from './commands/consistency.ts';
import { HELP_TOPICS, type HelpTopic, tellHelpTopic } from './commands/help.ts';
import { verifyInputs } from './commands/verify.ts';
import { tellVersion } from './commands/version.ts';
import { EXIT_INTERRUPTED, EXIT_USAGE, exitCodeFromError } from './exit-code.ts';
import type { Host } from './host.ts';
import { isKeyLike } from './key-words.ts';
import { parseCommonOptions, type RawOptions } from './options.ts';
import { tellUsageError } from './render/usage.ts';
import { UsageError } from './usage-error.ts';

// Options whose value may only stand behind `=`, and what the bare flag means.
const BARE_VALUES: ReadonlyMap<string, string> = new Map([['--explain', 'text']]);

/** Runs one command line and returns its exit code; only a mistake of this program makes it throw. */
export async function run(host: Host): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(host, (code) => {
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

/** The command tree. Checking files is the root's own action: it needs no command word. */
function buildProgram(host: Host, done: (exitCode: number) => void): Command {
  const program = new Command(PROGRAM_NAME)
    .description('Verifies Kapsel webhook delivery proofs, offline.')
    .version(`${PROGRAM_NAME} ${PROGRAM_VERSION}`, '-V, --version', 'print name and version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .usage('[options] FILE...\n       kapsel-verify COMMAND ...')
    .configureHelp({ optionTerm: termOfOption })
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => host.stdout.columns ?? 100,
      getErrHelpWidth: () => host.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  addVerify(program, host, done);
  addConsistency(program, host, done);
  program
    .command('version')
    .description('print version, runtime and the formats this program reads')
    .action(() => tellVersion(host));
  program
    .command('help')
    .description('print help; topics: exit-codes, codes')
    .argument('[topic]', 'a topic or a command')
    .action((topic: string | undefined) => tellHelp(program, host, topic));
  return program;
}

/** Commander writes `--explain <form>`, but its value may be left out. */
function termOfOption(option: Option): string {
  const bare = BARE_VALUES.get(option.long ?? '');
  return bare === undefined ? option.flags : `${option.long}[=${bare}]`;
}

function addVerify(program: Command, host: Host, done: (exitCode: number) => void): void {
  program
    .argument('[FILE...]', 'proof packages to check; - is standard input')
    .option('--proof <FILE>', 'same as FILE (may be repeated)', collect);
  addKeyOption(program);
  program.addOption(
    new Option('--explain <form>', 'print every step of the calculation').choices(['text']),
  );
  addCommonOptions(program)
    .addHelpText('after', VERIFY_HELP)
    .action(async () => {
      const raw = program.opts<RawOptions & { proof?: string[]; explain?: string }>();
      const options = parseCommonOptions(host, raw);
      const explain = raw.explain !== undefined;
      done(await verifyInputs(host, { ...options, explain, inputs: raw.proof ?? [] }));
    });
}

function addConsistency(program: Command, host: Host, done: (exitCode: number) => void): void {
  const command = program
    .command('consistency')
    .description('check that a newer tree head continues an older one')
    .argument('<OLD>', 'the older tree head, as /attestation/sth gives it')
    .argument('<NEW>', 'the newer tree head')
    .option('--proof <FILE>', 'the consistency proof; needed when the sizes differ');
  addKeyOption(command);
  addCommonOptions(command).action(async (older: string, newer: string) => {
    const raw = command.opts<RawOptions & { proof?: string }>();
    const options = parseCommonOptions(host, raw);
    done(await checkConsistency(host, { ...options, older, newer, proof: raw.proof ?? null }));
  });
}

function addKeyOption(command: Command): void {
  command.option(
    '--public-key <KEY>',
    "the log's key: hex, base64, PEM, JWK, C2SP verifier key or @FILE (may be repeated)",
    collect,
  );
}

function addCommonOptions(command: Command): Command {
  return command
    .option('-q, --quiet', 'print only what is not verified, and the summary of several')
    .option('-s, --silent', 'print nothing; the exit code tells')
    .option('-v, --verbose', 'print key, position, head and all checks')
    .option('--now <TIME>', 'check as if it were TIME, for example 2026-01-15T10:30:45Z')
    .addOption(
      new Option('--color <when>', 'colour the verdict').choices(['auto', 'always', 'never']),
    )
    .option('--no-color', 'same as --color=never')
    .option('--ascii', 'print ASCII characters only');
}

function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

const VERIFY_HELP = `
Examples:
  kapsel-verify --proof proof.json --public-key <hex>
  kapsel-verify --public-key @log-key.pem proofs/*.json
  curl -s "$URL" | kapsel-verify --public-key @log-key.pem -

A file named like a command is reached as ./NAME. Exit codes: kapsel-verify help exit-codes
`;

/** Help goes to stdout; a topic is one of ours or the name of a command. */
function tellHelp(program: Command, host: Host, topic: string | undefined): void {
  const command = program.commands.find((candidate) => candidate.name() === topic);
  if (topic === undefined) program.outputHelp();
  else if (isHelpTopic(topic)) tellHelpTopic(host, topic);
  else if (command !== undefined) command.outputHelp();
  else {
    throw new UsageError('E_USAGE', 'there is no help on this word', [
      `Topics: ${Object.keys(HELP_TOPICS).join(', ')}.`,
    ]);
  }
}

function isHelpTopic(text: string): text is HelpTopic {
  return Object.hasOwn(HELP_TOPICS, text);
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
