/** Connections for a command that runs beside a server, or without one: DATABASE_URL, else the embedded cluster; the schema is taken as it is. @module */
import { resolve } from 'node:path';
import type { Pool } from 'pg';
import { type Config, ConfigError } from '../base/config.ts';
import { closePools, openPools, poolOptions } from '../db/pools.ts';
import { launchPostgres } from '../embedded/launch.ts';
import { hasCluster } from '../embedded/place.ts';

export interface CommandPool {
  /** Sees all tenants, and may do what upkeep does. */
  readonly pool: Pool;
  /** Acts as the user of the URL, in no role: what is not a tenant's, such as the schema itself. */
  readonly login: Pool;
  close(): Promise<void>;
}

/** An embedded cluster is shared with the server that runs on it, and stopped by whoever leaves last. */
export async function openCommandPool(
  config: Config,
  note: (line: string) => void,
): Promise<CommandPool> {
  await assertDatabaseIsNamed(config);
  const cluster =
    config.databaseUrl === null
      ? await launchPostgres({ dataDir: resolve(config.dataDir), log: note })
      : null;
  const connectionString = cluster?.connectionString ?? config.databaseUrl ?? '';
  // A connection that breaks while nobody uses it is replaced; one in use fails its query.
  const pools = openPools(connectionString, () => undefined, poolOptions(config));
  const asLogin = openPools(connectionString, () => undefined, {
    ...poolOptions(config),
    takesRoles: false,
  });
  return {
    pool: pools.upkeep,
    login: asLogin.upkeep,
    async close() {
      await Promise.all([closePools(pools), closePools(asLogin)]);
      await cluster?.stop();
    },
  };
}

/** Throws ConfigError where a command would make an embedded database of its own, in a folder that nobody meant. */
export async function assertDatabaseIsNamed({ databaseUrl, dataDir }: Config): Promise<void> {
  if (databaseUrl !== null || (await hasCluster(resolve(dataDir)))) return;
  throw new ConfigError([
    `there is no database in ${resolve(dataDir)}: set KAPSEL_DATA to the data folder of the server, or DATABASE_URL`,
  ]);
}
