/** `kapsel-server serve`: database, migrations, server; says once what the operator needs to know. @module */
import { resolve } from 'node:path';
import { assertSettings } from '../app/assertions.ts';
import { type App, startApp } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import { systemRandom } from '../base/random.ts';
import { createLogger } from '../telemetry/logger.ts';
import { openMigratedDatabase } from './migrated-database.ts';

export interface Running {
  /** Everything is logged from now on, or no longer. */
  toggleDebug(): void;
  stop(): Promise<void>;
}

/** Starts everything; `print` writes a line for the person who started it. */
export async function serve(config: Config, print: (line: string) => void): Promise<Running> {
  await assertSettings(config);
  const logger = createLogger(config.logLevel);
  const database = await openMigratedDatabase(config, (line) => logger.info(line));
  try {
    const app = await startApp({
      config,
      connectionString: database.connectionString,
      directConnectionString: database.directConnectionString,
      clock: systemClock,
      logger,
      isDebug: logger.isDebug,
      random: systemRandom,
    });
    describe(app, config, print);
    return {
      toggleDebug: logger.toggleDebug,
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
  print(
    `  Public key  ${app.publicKey ?? 'none: finish the rotation with "kapsel-server keys rotate"'}`,
  );
  if (app.firstApiKey !== null) {
    print(`  API key     ${app.firstApiKey}`);
    print('              Shown this once. Store it now: only its hash is kept.');
  }
  print('Stop with Ctrl-C.');
}
