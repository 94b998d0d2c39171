/** Connections for a command that runs beside a server, or without one: DATABASE_URL, else the embedded cluster; the schema is taken as it is. @module */
import { resolve } from 'node:path';
import type { Pool } from 'pg';
import type { Config } from '../base/config.ts';
import { closePools, openPools } from '../db/pools.ts';
import { launchPostgres } from '../embedded/launch.ts';

export interface CommandPool {
  readonly pool: Pool;
  close(): Promise<void>;
}

/** An embedded cluster is shared with the server that runs on it, and stopped by whoever leaves last. */
export async function openCommandPool(
  config: Config,
  note: (line: string) => void,
): Promise<CommandPool> {
  const cluster =
    config.databaseUrl === null
      ? await launchPostgres({ dataDir: resolve(config.dataDir), log: note })
      : null;
  const connectionString = cluster?.connectionString ?? config.databaseUrl ?? '';
  // A connection that breaks while nobody uses it is replaced; one in use fails its query.
  const pools = openPools(connectionString, () => undefined, config);
  return {
    pool: pools.upkeep,
    async close() {
      await closePools(pools);
      await cluster?.stop();
    },
  };
}
