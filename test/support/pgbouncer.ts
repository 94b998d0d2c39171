/** A real PgBouncer in transaction mode before a database, as an operator would put it there. @module */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { vi } from 'vitest';

// Debian puts it where users do not look.
const PLACES = ['pgbouncer', '/usr/sbin/pgbouncer'];

export interface PgBouncer {
  /** The same database, through the pooler. */
  readonly connectionString: string;
  stop(): Promise<void>;
}

/** The command that answers, or null. Throws when it is there and broken. */
export function findPgBouncer(): string | null {
  for (const place of PLACES) {
    const run = spawnSync(place, ['--version'], { encoding: 'utf8', timeout: 1_000 });
    if (run.error && 'code' in run.error && run.error.code === 'ENOENT') continue;
    if (run.status === 0 && /^PgBouncer 1\./.test(run.stdout)) return place;
    throw new Error(`${place} is there but does not answer as expected: exit ${run.status}`);
  }
  return null;
}

/** Few server connections, so that the transactions of one client wander over them. */
export async function startPgBouncer(connectionString: string): Promise<PgBouncer> {
  const command = findPgBouncer();
  if (command === null) throw new Error('there is no PgBouncer');
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-pgbouncer-'));
  const port = await freePort();
  const { hostname, port: target, username, password, pathname } = new URL(connectionString);
  const name = pathname.slice(1);
  const file = join(folder, 'pgbouncer.ini');
  const account = `user=${decodeURIComponent(username)} password=${decodeURIComponent(password)}`;
  await writeFile(
    file,
    `[databases]
${name} = host=${hostname} port=${target} dbname=${name} ${account}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout
`,
  );
  // It refuses to be root, and its user must read the file.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chmod(folder, 0o755);
  const child = spawn(command, [...(isRoot ? ['-u', 'nobody'] : []), file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const url = new URL(connectionString);
  url.hostname = '127.0.0.1';
  url.port = `${port}`;
  const stop = async (): Promise<void> => {
    await endChild(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await vi.waitFor(() => ask(url.href), { interval: 50, timeout: 10_000 });
  } catch (cause) {
    await stop();
    throw new Error(`PgBouncer did not start: ${said}`, { cause });
  }
  return { connectionString: url.href, stop };
}

async function ask(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
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
