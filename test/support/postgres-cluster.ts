/** The one throw-away cluster of a test run, with a migrated database that test databases are copied from. @module */
import { randomBytes } from 'node:crypto';
import { access, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrate } from '../../server/src/db/migrate.ts';
import { launchPostgres } from '../../server/src/embedded/launch.ts';
import { makeTestFolder, removeAbandonedFolders } from './postgres-folder.ts';

/** What the tests are told; goes through vitest's `provide`, so it is plain data. */
export interface TestCluster {
  /** May create databases. */
  readonly adminUrl: string;
  readonly template: string;
  /** Databases of this run start with it. */
  readonly prefix: string;
}

export interface StartedCluster extends TestCluster {
  stop(): Promise<void>;
}

interface Admin {
  readonly url: string;
  stop(): Promise<void>;
}

const SYSTEM_POSTGRES = '/usr/lib/postgresql';

// Only here: this cluster's data is worth nothing, and tests are not to wait for the disk.
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '300',
};

/** `databaseUrl`, else the newest PostgreSQL of the system, else the npm binaries; absence of all is an error. */
export async function startTestCluster(databaseUrl: string | undefined): Promise<StartedCluster> {
  await removeAbandonedFolders();
  const admin = databaseUrl ? { url: databaseUrl, stop: async () => {} } : await launch();
  try {
    const prefix = `kapsel_test_${process.pid}_${randomBytes(4).toString('hex')}_`;
    const template = `${prefix}template`;
    await withAdmin(admin.url, (client) => client.query(`CREATE DATABASE ${template}`));
    await migrate(urlOfDatabase(admin.url, template));
    // Nobody may be connected to a database while it is copied.
    await withAdmin(admin.url, (client) =>
      client.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`),
    );
    return {
      adminUrl: admin.url,
      template,
      prefix,
      async stop() {
        // A cluster of our own is deleted whole; on a borrowed one, killed test files may have left some.
        if (databaseUrl) await withAdmin(admin.url, (client) => dropAll(client, prefix));
        await admin.stop();
      },
    };
  } catch (error) {
    await admin.stop();
    throw error;
  }
}

/** The same server, another database. */
export function urlOfDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

export async function withAdmin<T>(
  url: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'kapsel-test-admin' });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function launch(): Promise<Admin> {
  const folder = await makeTestFolder();
  try {
    const binFolder = await findSystemBinaries();
    const postgres = await launchPostgres({
      dataDir: folder,
      log: () => {},
      settings: SETTINGS,
      skipSync: true,
      ...(binFolder === null ? {} : { binFolder }),
    });
    return {
      url: postgres.connectionString,
      async stop() {
        try {
          await postgres.stop();
        } finally {
          // The cluster lies elsewhere when the system's temporary folder is closed to PostgreSQL's user.
          await rm(path.dirname(postgres.clusterFolder), { recursive: true, force: true });
          await rm(folder, { recursive: true, force: true });
        }
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The `bin` folder of the highest version that Debian's packages have installed. */
export async function findSystemBinaries(): Promise<string | null> {
  const versions = await readdir(SYSTEM_POSTGRES).catch(() => []); // no such folder: nothing installed
  const numbers = versions.map(Number).filter(Number.isSafeInteger);
  for (const version of numbers.sort((left, right) => right - left)) {
    const folder = path.join(SYSTEM_POSTGRES, String(version), 'bin');
    const isServer = await access(path.join(folder, 'initdb')).then(
      () => true,
      () => false, // client programs only
    );
    if (isServer) return folder;
  }
  return null;
}

async function dropAll(client: pg.Client, prefix: string): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
    [prefix],
  );
  for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
}
