// @ts-check
/** A durable PostgreSQL of the bench's own: fsync and synchronous commits on, memory and log sized as on a small server. @module */
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

const SYSTEM_POSTGRES = '/usr/lib/postgresql';

const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '2GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
  max_connections: '200',
  autovacuum: 'on',
};

/**
 * @typedef {{
 *   url: string,
 *   version: string,
 *   folder: string,
 *   pool: pg.Pool,
 *   stop: () => Promise<void>,
 * }} BenchDatabase `folder` is the server's data folder, empty but for the cluster.
 */

/**
 * Starts it, migrated. With `keep` it lies in that folder, with whatever an earlier run left there, and stays; else it is
 * empty and goes at the end.
 * @param {(line: string) => void} say @param {string | null} [keep] @returns {Promise<BenchDatabase>}
 */
export async function startDatabase(say, keep = null) {
  const [{ launchPostgres }, { migrate }] = await Promise.all([
    importServer('embedded/launch.js'),
    importServer('db/migrate.js'),
  ]);
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'kapsel-bench-')));
  const binFolder = await newestSystemBinaries();
  const postgres = await launchPostgres({
    dataDir: folder,
    log: () => {},
    settings: SETTINGS,
    ...(binFolder === null ? {} : { binFolder }),
  });
  try {
    await migrate(postgres.connectionString);
    const pool = new pg.Pool({ connectionString: postgres.connectionString, max: 4 });
    // PostgreSQL may end connections sooner than they hear of it. One that is in use shows it in its next query.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    const { rows } = await pool.query('SHOW server_version');
    const version = String(rows[0].server_version).split(' ')[0] ?? '';
    say(`PostgreSQL ${version}, durable`);
    return {
      url: postgres.connectionString,
      version,
      folder,
      pool,
      async stop() {
        await pool.end();
        await postgres.stop();
        if (keep !== null) return;
        // Under root the cluster lies elsewhere, in a folder of its own.
        await rm(dirname(postgres.clusterFolder), { recursive: true, force: true });
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** A compiled file of the server. @param {string} file @returns {Promise<any>} */
export function importServer(file) {
  return import(new URL(`../../../server/dist/${file}`, import.meta.url).href);
}

async function newestSystemBinaries() {
  const versions = await readdir(SYSTEM_POSTGRES).catch(() => /** @type {string[]} */ ([])); // none installed
  const numbers = versions.map(Number).filter(Number.isSafeInteger);
  for (const version of numbers.sort((left, right) => right - left)) {
    const folder = join(SYSTEM_POSTGRES, String(version), 'bin');
    const found = await access(join(folder, 'initdb')).then(
      () => true,
      () => false, // client programs only
    );
    if (found) return folder;
  }
  return null;
}
