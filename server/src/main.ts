#!/usr/bin/env node
/** `kapsel-server COMMAND [OPTIONS]`: arguments in, signals in, exit code out. @module */
import {
  type Config,
  ConfigError,
  describeSettings,
  forgetSecrets,
  readConfig,
} from './base/config.ts';
import { auditCommand } from './commands/audit.ts';
import {
  type Command,
  describeCommand,
  describeCommands,
  parseCommand,
  UsageError,
} from './commands/command.ts';
import { exportCommand } from './commands/export.ts';
import { haltLogCommand, resumeLogCommand } from './commands/halt-logs.ts';
import { exportKeysCommand, listKeysCommand, protectKeysCommand } from './commands/keys.ts';
import { createLogCommand, listLogsCommand } from './commands/logs.ts';
import { migrateCommand } from './commands/migrate.ts';
import { revokeKeyCommand } from './commands/revoke-key.ts';
import { rotateKeysCommand } from './commands/rotate-keys.ts';
import { type Running, serve } from './commands/serve.ts';

const serveCommand: Command = {
  words: 'serve',
  help: 'start the server (default)',
  options: {},
  run: ({ config }) => runServe(config),
};

/** The first is what happens without words. */
const COMMANDS: readonly Command[] = [
  serveCommand,
  migrateCommand,
  rotateKeysCommand,
  revokeKeyCommand,
  listKeysCommand,
  exportKeysCommand,
  protectKeysCommand,
  createLogCommand,
  listLogsCommand,
  haltLogCommand,
  resumeLogCommand,
  auditCommand,
  exportCommand,
];

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const note = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const progress = (text: string): void => {
  process.stderr.write(`\r${text}\u001b[K`); // erase to the end of the line
};

async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommand(argv, COMMANDS);
  if (parsed.kind === 'help') return print(helpOf(parsed.command));
  const config = readConfig(process.env);
  forgetSecrets(process.env);
  const context = { config, print, note, ...(process.stderr.isTTY ? { progress } : {}) };
  const code = await parsed.command.run(context, parsed.input);
  if (code !== undefined) process.exitCode = code;
}

function helpOf(command: Command | null): string {
  if (command !== null && command !== serveCommand) return describeCommand(command);
  return `${describeCommands(COMMANDS)}

Settings come from the environment:
${describeSettings()}`;
}

async function runServe(config: Config): Promise<undefined> {
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
  running = await serve(config, print);
  if (isStopping) await running.stop();
}

function fail(error: unknown): void {
  note(`kapsel-server: ${messagesOf(error).join(': ') || 'failed'}`);
  if (error instanceof UsageError) note(`\n${helpOf(error.command)}`);
  const isUsage = error instanceof UsageError || error instanceof ConfigError;
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILURE;
}

/** What an error says, and what caused it. Where Node tried several addresses, each has an error and the whole has no words. */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const several: unknown[] = error instanceof AggregateError ? error.errors : [];
  const own = error.message || several.flatMap(messagesOf).join(', ');
  return [own, ...messagesOf(error.cause)].filter((message) => message !== '');
}

main(process.argv.slice(2)).catch(fail);
