/** The database of what writes to it: the operator's or the embedded one, brought to the newest schema first. @module */
import { resolve } from 'node:path';
import type { Config } from '../base/config.ts';
import { migrate } from '../db/migrate.ts';
import { closePools, openPools, type Pools, poolOptions } from '../db/pools.ts';
import { launchPostgres } from '../embedded/launch.ts';
import { assertDatabaseIsNamed } from './command-pool.ts';

export interface MigratedDatabase {
  readonly connectionString: string;
  /** Past any pooler: for what needs a session of its own. */
  readonly directConnectionString: string;
  /** Gives our share back; the embedded cluster ends with its last user. */
  stop(): Promise<void>;
}

/** `log` hears what was done. A server that runs on the same database is not disturbed. */
export async function openMigratedDatabase(
  config: Config,
  log: (line: string) => void,
): Promise<MigratedDatabase> {
  const database = await openDatabase(config, log);
  try {
    await migrate(database.directConnectionString, { log });
    return database;
  } catch (cause) {
    await database.stop();
    if (config.databaseUrl === null) throw cause;
    // The operator chose it, so it is named.
    throw new Error('the database at DATABASE_URL cannot be used', { cause });
  }
}

async function openDatabase(
  config: Config,
  log: (line: string) => void,
): Promise<MigratedDatabase> {
  if (config.databaseUrl !== null) {
    const connectionString = config.databaseUrl;
    const directConnectionString = config.databaseUrlDirect ?? connectionString;
    return { connectionString, directConnectionString, stop: async () => {} };
  }
  const { connectionString, stop } = await launchPostgres({
    dataDir: resolve(config.dataDir),
    log,
  });
  return { connectionString, directConnectionString: connectionString, stop };
}

/** For commands: runs `work` with pools on the database, and closes everything behind it. An embedded one must be there. */
export async function withDatabase<T>(
  config: Config,
  log: (line: string) => void,
  work: (pools: Pools) => Promise<T>,
): Promise<T> {
  await assertDatabaseIsNamed(config);
  const database = await openMigratedDatabase(config, log);
  try {
    // A connection that breaks while nobody uses it is opened again by the next query.
    const pools = openPools(database.connectionString, () => {}, poolOptions(config));
    try {
      return await work(pools);
    } finally {
      await closePools(pools);
    }
  } finally {
    await database.stop();
  }
}
