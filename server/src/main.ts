#!/usr/bin/env node
/** `kapsel-server [serve|migrate|help]`: arguments in, signals in, exit code out. @module */
import { ConfigError, describeSettings, readConfig } from './base/config.ts';
import { runMigrate } from './commands/migrate.ts';
import { type Running, serve } from './commands/serve.ts';

const HELP = `kapsel-server serve      start the server (default)
kapsel-server migrate    bring the database at DATABASE_URL to the newest schema
kapsel-server help       this text

Settings come from the environment:
${describeSettings()}`;

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(argv: readonly string[]): Promise<void> {
  const [command = 'serve', ...rest] = argv;
  if (rest.length > 0) return usage(`unexpected argument: ${rest[0]}`);
  switch (command) {
    case 'serve':
      return runServe();
    case 'migrate':
      return runMigrate(readConfig(process.env), print);
    case 'help':
    case '--help':
    case '-h':
      return print(HELP);
    default:
      return usage(`unknown command: ${command}`);
  }
}

async function runServe(): Promise<void> {
  let running: Running | null = null;
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      // Asked twice: leave at once. Leases and the database's own recovery cover what was begun.
      // A hang-up only says that the terminal or a wrapper went away after asking the first time.
      if (signal !== 'SIGHUP') process.exit(EXIT_FAILURE);
      return;
    }
    isStopping = true;
    running?.stop().catch(fail);
  };
  // Before anything is started: who breaks off half-way would leave a database running.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  running = await serve(readConfig(process.env), print);
  if (isStopping) await running.stop();
}

function usage(message: string): void {
  process.stderr.write(`kapsel-server: ${message}\n\n${HELP}\n`);
  process.exitCode = EXIT_USAGE;
}

function fail(error: unknown): void {
  process.stderr.write(`kapsel-server: ${messagesOf(error).join(': ') || 'failed'}\n`);
  process.exitCode = error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILURE;
}

/** What an error says, and what caused it. Where Node tried several addresses, each has an error and the whole has no words. */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const several: unknown[] = error instanceof AggregateError ? error.errors : [];
  const own = error.message || several.flatMap(messagesOf).join(', ');
  return [own, ...messagesOf(error.cause)].filter((message) => message !== '');
}

main(process.argv.slice(2)).catch(fail);
