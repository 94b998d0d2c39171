#!/usr/bin/env node
/** `kapsel-server COMMAND [OPTIONS]`: arguments in, signals in, exit code out. @module */
import {
  type Config,
  ConfigError,
  describeSettings,
  forgetSecrets,
  readConfig,
} from './base/config.ts';
import { messagesOf } from './base/error-words.ts';
import {
  createApiKeyCommand,
  listApiKeysCommand,
  listScopesCommand,
  revokeApiKeyCommand,
} from './commands/api-keys.ts';
import { auditCommand } from './commands/audit.ts';
import {
  type Command,
  describeCommand,
  describeCommands,
  parseCommand,
  UsageError,
} from './commands/command.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { haltLogCommand, resumeLogCommand } from './commands/halt-logs.ts';
import { exportKeysCommand, listKeysCommand, protectKeysCommand } from './commands/keys.ts';
import { createLogCommand, listLogsCommand } from './commands/logs.ts';
import { migrateCommand } from './commands/migrate.ts';
import { retentionCommand } from './commands/retention.ts';
import { revokeKeyCommand } from './commands/revoke-key.ts';
import { rotateKeysCommand } from './commands/rotate-keys.ts';
import { type Running, serve } from './commands/serve.ts';
import {
  changeTenantCommand,
  createTenantCommand,
  listTenantsCommand,
} from './commands/tenants.ts';
import { versionCommand } from './commands/version.ts';

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
  createTenantCommand,
  listTenantsCommand,
  changeTenantCommand,
  createApiKeyCommand,
  listApiKeysCommand,
  revokeApiKeyCommand,
  listScopesCommand,
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
  retentionCommand,
  doctorCommand,
  versionCommand,
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
  if (parsed.kind === 'help') return print(helpOf(parsed));
  const { command, input } = parsed;
  const config = readSettings();
  if (config instanceof ConfigError) {
    if (command.runMisconfigured === undefined) throw config;
    process.exitCode = command.runMisconfigured(config, print, input);
    return;
  }
  forgetSecrets(process.env);
  const context = { config, print, note, ...(process.stderr.isTTY ? { progress } : {}) };
  const code = await command.run(context, input);
  if (code !== undefined) process.exitCode = code;
}

function readSettings(): Config | ConfigError {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function helpOf({ command, group }: Pick<UsageError, 'command' | 'group'>): string {
  const isBrief = group.length > 0 || (command !== null && command !== serveCommand);
  const commands = usageOf({ command, group });
  return isBrief
    ? commands
    : `${commands}

Settings come from the environment:
${describeSettings()}`;
}

function usageOf({ command, group }: Pick<UsageError, 'command' | 'group'>): string {
  if (command !== null) return describeCommand(command);
  return describeCommands(group.length > 0 ? group : COMMANDS);
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
  // One that comes during the start is let pass; without a listener it would end the process.
  process.on('SIGUSR2', () => running?.toggleDebug());
  running = await serve(config, print);
  if (isStopping) await running.stop();
}

function fail(error: unknown): void {
  note(`kapsel-server: ${messagesOf(error).join(': ') || 'failed'}`);
  if (error instanceof UsageError) note(`\n${usageOf(error)}`);
  const isUsage = error instanceof UsageError || error instanceof ConfigError;
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILURE;
}

main(process.argv.slice(2)).catch(fail);
