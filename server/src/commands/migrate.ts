/** `kapsel-server migrate`: brings a database to the newest schema and ends. @module */
import { type Config, ConfigError } from '../base/config.ts';
import { migrate } from '../db/migrate.ts';

/** Needs DATABASE_URL: the embedded database is migrated by `serve`, which also stops it again. */
export async function runMigrate(config: Config, print: (line: string) => void): Promise<void> {
  if (config.databaseUrl === null) throw new ConfigError(['DATABASE_URL is not set']);
  await migrate(config.databaseUrl, { log: print });
  print('The database has the newest schema.');
}
