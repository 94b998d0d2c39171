/** `kapsel-server migrate`: brings a database to the newest schema and ends. @module */
import { ConfigError } from '../base/config.ts';
import { listPendingMigrations, migrate } from '../db/migrate.ts';
import { type Command, JSON_OPTION } from './command.ts';
import { openCommandPool } from './command-pool.ts';

/** Needs DATABASE_URL: the embedded database is migrated by `serve`, which also stops it again. */
export const migrateCommand: Command = {
  words: 'migrate',
  help: 'bring the database at DATABASE_URL to the newest schema',
  options: {
    'dry-run': { value: null, help: 'Only say what would be applied.' },
    json: JSON_OPTION,
  },
  async run({ config, print, note }, input) {
    if (config.databaseUrl === null) throw new ConfigError(['DATABASE_URL is not set']);
    const isJson = input.flag('json');
    if (input.flag('dry-run')) {
      const { login, close } = await openCommandPool(config, note);
      const pending = await listPendingMigrations(login).finally(close);
      const names = pending.map(({ name }) => name);
      if (isJson) print(JSON.stringify({ pending: names }));
      else print(names.length === 0 ? NEWEST : `To be applied:\n  ${names.join('\n  ')}`);
      return undefined;
    }
    const applied = await migrate(
      config.databaseUrlDirect ?? config.databaseUrl,
      isJson ? {} : { log: print },
    );
    print(isJson ? JSON.stringify({ applied }) : NEWEST);
    return undefined;
  },
};

const NEWEST = 'The database has the newest schema.';
