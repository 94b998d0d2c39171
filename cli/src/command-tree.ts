/** The commands, their options and their help: completion, man page and parsing all read this. Source of truth: verifier-ux 2.1 and 2.2. @module */
import { Command, Option } from 'commander';
import { PROGRAM_NAME, PROGRAM_VERSION } from './about.ts';
import { HELP_TOPICS, type HelpTopic, tellHelpTopic } from './commands/help.ts';
import { verifyInputs } from './commands/verify.ts';
import { tellVersion } from './commands/version.ts';
import { addFurtherCommands } from './further-commands.ts';
import type { Host } from './host.ts';
import { termOfOption } from './option-terms.ts';
import { RULE_FORMS } from './requirements.ts';
import { addCommonOptions, addHeaderOptions, addKeyOptions, collect } from './shared-options.ts';
import { UsageError } from './usage-error.ts';
import {
  EXPLAIN_FORMS,
  JSON_FORMS,
  parseVerifyOptions,
  type RawVerifyOptions,
} from './verify-options.ts';

/** The command tree. Checking files is the root's own action: it needs no command word. */
export function buildCommands(host: Host, done: (exitCode: number) => void): Command {
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
  addFurtherCommands(program, host, done);
  program
    .command('version')
    .description('print version, commit, runtime and the formats this program reads')
    .addOption(new Option('--json <form>', 'the same as JSON').choices(['document']))
    .action((raw: { json?: string }) => tellVersion(host, raw.json !== undefined));
  program
    .command('help')
    .description(`print help; topics: ${Object.keys(HELP_TOPICS).join(', ')}`)
    .argument('[topic]', 'a topic or a command')
    .action((topic: string | undefined) => tellHelp(program, host, topic));
  return program;
}

function addVerify(program: Command, host: Host, done: (exitCode: number) => void): void {
  program
    .argument('[FILE...]', 'files, folders or patterns with proof packages; - is standard input')
    .option('--proof <FILE>', 'same as FILE (may be repeated)', collect);
  addKeyOptions(program);
  program
    .option('--require <RULE>', `a rule each proof must meet: ${RULE_FORMS}`, collect)
    .option('--payload <FILE>', 'the body you hold; its hash must be the one in the proof')
    .option('--payload-hash <HEX>', 'the SHA-256 of that body');
  addHeaderOptions(program)
    .addOption(
      new Option('--explain <form>', 'print every step of the calculation').choices(EXPLAIN_FORMS),
    )
    .addOption(
      new Option('--json <form>', 'print a report as JSON, or one result a line').choices(
        JSON_FORMS,
      ),
    )
    .option('--junit <FILE>', 'write JUnit XML; - is stdout')
    .option('--sarif <FILE>', 'write SARIF 2.1.0; - is stdout')
    .option('--report <FILE>', 'write a report: .html, .md or .json (may be repeated)', collect)
    .option('--fail-fast', 'stop at the first proof that is not verified')
    .option('--include <GLOB>', 'take only such files from folders (may be repeated)', collect)
    .option('--max-files <N>', 'at most so many files, and entries of one archive (100000)')
    .option('--max-size <SIZE>', 'at most so many bytes a package (1MiB)')
    .option('--max-total <SIZE>', 'at most so many bytes of packages in all (1GiB)');
  addCommonOptions(program)
    .addHelpText('after', VERIFY_HELP)
    .action(async () => {
      const raw = program.opts<RawVerifyOptions>();
      done(await verifyInputs(host, parseVerifyOptions(host, raw)));
    });
}

const VERIFY_HELP = `
Examples:
  kapsel-verify --proof proof.json --public-key <hex>
  kapsel-verify --public-key @log-key.pem proofs/ 'archive/**/*.zip'
  curl -s "$URL" | kapsel-verify --public-key @log-key.pem -
  kapsel-verify --json --junit junit.xml proofs.ndjson.gz > report.json

A file named like a command is reached as ./NAME. Exit codes: kapsel-verify help exit-codes
`;

/** Help goes to stdout; a topic is one of ours or the name of a command. */
function tellHelp(program: Command, host: Host, topic: string | undefined): void {
  const command = program.commands.find((candidate) => candidate.name() === topic);
  if (topic === undefined) program.outputHelp();
  else if (isHelpTopic(topic)) tellHelpTopic(host, topic, program);
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
