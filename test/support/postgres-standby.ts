/** A standby of a test's own cluster, by real streaming replication: copied, started, paused, promoted and killed. @module */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chmod, chown, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { vi } from 'vitest';
import { findRunUser } from '../../server/src/embedded/run-user.ts';
import { makeTestFolder } from './postgres-folder.ts';

const SYSTEM_POSTGRES = '/usr/lib/postgresql';
const START_LIMIT_MS = 30_000;

export interface Standby {
  readonly connectionString: string;
  /** Stops or goes on with applying what the primary sends. */
  pauseReplay(isPaused: boolean): Promise<void>;
  /** Resolves when it takes writes. */
  promote(): Promise<void>;
  /** What a crash leaves; its folder is removed. */
  stop(): Promise<void>;
}

/** The folder with the newest `pg_basebackup` of the system, or null: the binaries from npm have none. */
export function findBaseBackup(): string | null {
  try {
    const versions = readdirSync(SYSTEM_POSTGRES).map(Number).filter(Number.isSafeInteger);
    for (const version of versions.sort((left, right) => right - left)) {
      const bin = path.join(SYSTEM_POSTGRES, `${version}`, 'bin');
      const programs = readdirSync(bin);
      if (programs.includes('pg_basebackup') && programs.includes('postgres')) return bin;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return null;
}

/** Follows the cluster at `primaryUrl`, whose user must be a superuser. */
export async function startStandby(primaryUrl: string): Promise<Standby> {
  const bin = findBaseBackup();
  if (bin === null) throw new Error('there is no pg_basebackup');
  const place = await makeTestFolder();
  const folder = path.join(place, 'pg');
  const { hostname, port: primaryPort, username, password } = new URL(primaryUrl);
  const from = ['-h', hostname, '-p', primaryPort, '-U', username, '--checkpoint=fast'];
  await promisify(execFile)(
    path.join(bin, 'pg_basebackup'),
    [...from, '-D', folder, '--write-recovery-conf', '--wal-method=stream', '--no-sync'],
    {
      env: { ...process.env, PGPASSWORD: password, PGSSLMODE: 'disable', PGGSSENCMODE: 'disable' },
    },
  );
  const user = await ownerFor(folder);
  const port = await freePort();
  // At least as many connections as the primary allows, or it does not answer.
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
    'fsync=off',
  ];
  const child = spawn(
    path.join(bin, 'postgres'),
    ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])],
    { stdio: 'ignore', cwd: '/', ...user },
  );
  const url = new URL(primaryUrl);
  url.port = `${port}`;
  const ask = <R extends pg.QueryResultRow>(text: string): Promise<R[]> => askOnce(url.href, text);
  await vi.waitFor(() => ask('SELECT 1'), { interval: 50, timeout: START_LIMIT_MS });
  return {
    connectionString: url.href,
    async pauseReplay(isPaused) {
      await ask(`SELECT pg_wal_replay_${isPaused ? 'pause' : 'resume'}()`);
    },
    async promote() {
      await ask('SELECT pg_promote()');
    },
    async stop() {
      await endChild(child);
      await rm(place, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to be root: then the cluster is given to whoever owns that of the tests. */
async function ownerFor(folder: string): Promise<{ uid?: number; gid?: number }> {
  await chmod(folder, 0o700);
  if (process.getuid?.() !== 0) return {};
  const user = findRunUser(await readFile('/etc/passwd', 'utf8'), null);
  if (user === null) throw new Error('there is no user for PostgreSQL');
  const { uid, gid } = user;
  const files = await readdir(folder, { recursive: true });
  for (const name of ['', ...files]) await chown(path.join(folder, name), uid, gid);
  return { uid, gid };
}

async function askOnce<R extends pg.QueryResultRow>(url: string, text: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGQUIT');
  await once(child, 'close');
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
