/** All SQL that the launcher and its supervisor speak to a cluster. PostgreSQL manual 9.28.10 (advisory locks). @module */
import pg from 'pg';

/** How to reach a cluster; `folder` is the one that `postmaster.pid` lies in. */
export interface ClusterAccess {
  readonly folder: string;
  readonly password: string;
}

export const CLUSTER_USER = 'kapsel';
export const KAPSEL_DATABASE = 'kapsel';
// Exists in each cluster. Locks are per database: held here, they meet no lock that Kapsel takes in its own.
export const HOLDING_DATABASE = 'postgres';

const DUPLICATE_DATABASE = '42P04';
const UNIQUE_VIOLATION = '23505'; // two CREATE DATABASE at the same moment
const CONNECT_TIMEOUT_MS = 5_000;

// ASCII "hold".
const HOLD_KEY = 0x686f6c64;

/** Shared: each server that uses the cluster holds it. Waits while a leaver shuts the cluster down. */
export const HOLD_CLUSTER: string = `SELECT pg_advisory_lock_shared(${HOLD_KEY})`;

/** Before claiming, so that two servers which leave together do not each see the other. */
export const RELEASE_CLUSTER = 'SELECT pg_advisory_unlock_all()';

/** Exclusive: granted exactly when no server holds the cluster any more. Never waits. */
export const CLAIM_CLUSTER: string = `SELECT pg_try_advisory_lock(${HOLD_KEY}) AS claimed`;

const SHOW_DATA_DIRECTORY = 'SHOW data_directory';

const FIND_DATABASE = 'SELECT 1 FROM pg_database WHERE datname = $1';

const CREATE_DATABASE = `CREATE DATABASE ${KAPSEL_DATABASE}`;

/** The folder of the cluster that listens on `port`, as that cluster names it; throws when our password is refused. */
export async function findDataDirectory(port: number, password: string): Promise<string> {
  return withSession(port, password, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>(SHOW_DATA_DIRECTORY);
    const [row] = rows;
    if (row === undefined) throw new TypeError('SHOW answered no row');
    return row.data_directory;
  });
}

/** Makes the database `kapsel` if it is missing. Servers that start together make it once. */
export async function createDatabaseIfMissing(port: number, password: string): Promise<void> {
  await withSession(port, password, async (client) => {
    const { rowCount } = await client.query(FIND_DATABASE, [KAPSEL_DATABASE]);
    if (rowCount !== 0) return;
    try {
      await client.query(CREATE_DATABASE);
    } catch (error) {
      const made = [DUPLICATE_DATABASE, UNIQUE_VIOLATION];
      if (!(error instanceof pg.DatabaseError) || !made.includes(error.code ?? '')) throw error;
      // Another server was faster, which is all we wanted.
    }
  });
}

/** The URL of the database `kapsel`. The password is base64url, so nothing in it needs escaping. */
export function connectionStringFor(port: number, password: string): string {
  return `postgres://${CLUSTER_USER}:${password}@127.0.0.1:${port}/${KAPSEL_DATABASE}?sslmode=disable`;
}

async function withSession<T>(
  port: number,
  password: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: CLUSTER_USER,
    password,
    database: HOLDING_DATABASE,
    ssl: false,
    application_name: 'kapsel-launcher',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  // A cluster that goes down under an idle session says so here; the next query fails by itself.
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
