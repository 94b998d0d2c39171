/** `kapsel-server serve`: database, migrations, server; says once what the operator needs to know. @module */
import { resolve } from 'node:path';
import { type App, assertSettings, startApp } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import { systemRandom } from '../base/random.ts';
import { migrate } from '../db/migrate.ts';
import { launchPostgres } from '../embedded/launch.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';

export interface Running {
  stop(): Promise<void>;
}

/** Starts everything; `print` writes a line for the person who started it. */
export async function serve(config: Config, print: (line: string) => void): Promise<Running> {
  assertSettings(config);
  const logger = createLogger(config.logLevel);
  const database = await openDatabase(config, logger);
  try {
    await prepare(config, database, logger);
    const app = await startApp({
      config,
      connectionString: database.connectionString,
      clock: systemClock,
      logger,
      random: systemRandom,
    });
    describe(app, config, print);
    return {
      stop: async () => {
        await app.stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

/** Brings the schema up to date. A database that the operator chose is named in what goes wrong. */
async function prepare(config: Config, database: Database, logger: Logger): Promise<void> {
  try {
    await migrate(database.connectionString, { log: (line) => logger.info(line) });
  } catch (error) {
    if (config.databaseUrl === null) throw error;
    throw new Error('the database at DATABASE_URL cannot be used', { cause: error });
  }
}

interface Database {
  readonly connectionString: string;
  stop(): Promise<void>;
}

async function openDatabase(config: Config, logger: Logger): Promise<Database> {
  if (config.databaseUrl !== null) {
    return { connectionString: config.databaseUrl, stop: async () => {} };
  }
  return launchPostgres({ dataDir: resolve(config.dataDir), log: (line) => logger.info(line) });
}

function describe(app: App, config: Config, print: (line: string) => void): void {
  const database =
    config.databaseUrl === null
      ? `embedded PostgreSQL in ${resolve(config.dataDir)}`
      : 'DATABASE_URL';
  print('Kapsel is running.');
  print(`  URL         ${app.url}`);
  print(`  Verifier    ${app.url}/verify`);
  print(`  Database    ${database}`);
  print(`  Log         ${app.origin}`);
  print(`  Public key  ${app.publicKey}`);
  if (app.firstApiKey !== null) {
    print(`  API key     ${app.firstApiKey}`);
    print('              Shown this once. Store it now: only its hash is kept.');
  }
  print('Stop with Ctrl-C.');
}
