#!/usr/bin/env node
/** `kapsel-server [serve|migrate|help]`: arguments in, signals in, exit code out. @module */
import { ConfigError, describeSettings, readConfig } from './base/config.ts';
import { runMigrate } from './commands/migrate.ts';
import { serve } from './commands/serve.ts';

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
  const running = await serve(readConfig(process.env), print);
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      // Asked twice: leave at once. Leases and the database's own recovery cover what was begun.
      // A hang-up only says that the terminal or a wrapper went away after asking the first time.
      if (signal !== 'SIGHUP') process.exit(EXIT_FAILURE);
      return;
    }
    stopping = true;
    running.stop().catch(fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

function usage(message: string): void {
  process.stderr.write(`kapsel-server: ${message}\n\n${HELP}\n`);
  process.exitCode = EXIT_USAGE;
}

function fail(error: unknown): void {
  const messages: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) messages.push(at.message);
  process.stderr.write(`kapsel-server: ${messages.join(': ') || 'failed'}\n`);
  process.exitCode = error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILURE;
}

main(process.argv.slice(2)).catch(fail);
