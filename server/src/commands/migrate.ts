/** `kapsel-server migrate`: brings a database to the newest schema and ends. @module */
import { ConfigError } from '../base/config.ts';
import { migrate } from '../db/migrate.ts';
import type { Command } from './command.ts';

/** Needs DATABASE_URL: the embedded database is migrated by `serve`, which also stops it again. */
export const migrateCommand: Command = {
  words: 'migrate',
  help: 'bring the database at DATABASE_URL to the newest schema',
  options: {},
  async run({ config, print }) {
    if (config.databaseUrl === null) throw new ConfigError(['DATABASE_URL is not set']);
    await migrate(config.databaseUrlDirect ?? config.databaseUrl, { log: print });
    print('The database has the newest schema.');
    return undefined;
  },
};
