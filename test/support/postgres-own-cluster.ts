/** A cluster of a test's own, which it may kill and bring back; the shared one of the run must live. @module */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { vi } from 'vitest';
import { migrate } from '../../server/src/db/migrate.ts';
import { type EmbeddedPostgres, launchPostgres } from '../../server/src/embedded/launch.ts';
import { readPidFile } from '../../server/src/embedded/postmaster.ts';
import { isAlive } from '../../server/src/embedded/process-probe.ts';
import { findSystemBinaries } from './postgres-cluster.ts';
import { makeTestFolder } from './postgres-folder.ts';

export interface OwnCluster {
  readonly connectionString: string;
  /** `SIGQUIT` is PostgreSQL's immediate shutdown, `SIGKILL` is a crash. Resolves when nothing of it is left. */
  kill(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** After a kill; may be found at another port. */
  revive(): Promise<void>;
  /** Removes its folder too, unless that is the caller's. */
  stop(options?: { readonly keepsFolder?: boolean }): Promise<void>;
}

/** Durable, migrated and empty; its data lies in `folder`, or in one of its own. */
export async function startOwnCluster(folder?: string): Promise<OwnCluster> {
  const place = folder ?? (await makeTestFolder());
  const binFolder = await findSystemBinaries();
  const launch = (): Promise<EmbeddedPostgres> =>
    launchPostgres({
      dataDir: place,
      log: () => undefined,
      settings: { max_connections: '200' },
      ...(binFolder === null ? {} : { binFolder }),
    });
  let postgres = await launch();
  await migrate(postgres.connectionString);
  return {
    get connectionString() {
      return postgres.connectionString;
    },
    async kill(signal) {
      const file = await readPidFile(postgres.clusterFolder);
      if (file === null) throw new Error('no postmaster runs');
      process.kill(file.pid, signal);
      await vi.waitFor(
        () => {
          if (isAlive(file.pid)) throw new Error('the postmaster still runs');
        },
        { interval: 20, timeout: 20_000 },
      );
      await postgres.stop();
    },
    async revive() {
      postgres = await launch();
    },
    async stop({ keepsFolder = false } = {}) {
      await postgres.stop();
      if (keepsFolder) return;
      await rm(path.dirname(postgres.clusterFolder), { recursive: true, force: true });
      await rm(place, { recursive: true, force: true });
    },
  };
}
