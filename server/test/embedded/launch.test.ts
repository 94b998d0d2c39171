import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedPostgres } from '../../src/embedded/launch.ts';
import { findPostmaster } from '../../src/embedded/postmaster.ts';
import { postmasterPid, query, untilDown, Workbench } from './workbench.ts';

const bench = new Workbench();
// One cluster for all tests but those of a first start: each leaves it whole and stopped.
let folder: string;
beforeAll(async () => {
  folder = await bench.folder();
  const postgres = await bench.launch(folder);
  await query(postgres.connectionString, 'CREATE TABLE kept (id uuid)');
  await bench.settle();
});
afterEach(() => bench.settle());
afterAll(() => bench.clear());

/** Keeps a new row; the result reads it back, on the same cluster or fails. */
async function keepRow(
  postgres: EmbeddedPostgres,
): Promise<(later: EmbeddedPostgres) => Promise<number>> {
  const id = randomUUID();
  await query(postgres.connectionString, `INSERT INTO kept VALUES ('${id}')`);
  return async (later) => {
    const rows = await query(later.connectionString, `SELECT id FROM kept WHERE id = '${id}'`);
    return rows.length;
  };
}

describe('a first start', () => {
  it('makes a durable UTF-8 cluster that listens on loopback alone and asks for a password', async () => {
    const data = path.join(await bench.folder(), 'data');
    const postgres = await bench.launch(data, { skipSync: false });
    expect(postgres.reused).toBe(false);
    const rows = await query(
      postgres.connectionString,
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes',
        'listen_addresses', 'unix_socket_directories', 'TimeZone', 'server_encoding', 'port')`,
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      TimeZone: 'UTC',
      server_encoding: 'UTF8',
      port: String(postgres.port),
    });
    const [names] = await query(
      postgres.connectionString,
      'SELECT current_database() AS database, current_user AS name',
    );
    expect(names).toEqual({ database: 'kapsel', name: 'kapsel' });
    const wrong = new URL(postgres.connectionString);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('works below a space and an umlaut, and keeps the password and the log closed to others', async () => {
    const data = path.join(await bench.folder(), 'mein schöner Ordner');
    const postgres = await bench.launch(data);
    expect(postgres.clusterFolder).toBe(path.join(data, 'pg'));
    const again = await bench.launch(data);
    expect(again.reused).toBe(true);
    expect(await query(again.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const log = path.join(data, 'pg.log');
    for (const file of [path.join(postgres.clusterFolder, 'kapsel-password'), log]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    expect(await readFile(log, 'utf8')).toContain(String(postgres.port));
  });
});

describe('a later start', () => {
  it('finds the rows of the one before', async () => {
    const first = await bench.launch(folder);
    const countKept = await keepRow(first);
    const pid = await postmasterPid(first);
    await first.stop();
    await untilDown(first, pid);
    const second = await bench.launch(folder);
    expect(second.reused).toBe(false);
    expect(await countKept(second)).toBe(1);
  });

  it('clears the pid file of a process that is gone', async () => {
    const first = await bench.launch(folder);
    const countKept = await keepRow(first);
    const file = path.join(first.clusterFolder, 'postmaster.pid');
    const left = await readFile(file, 'utf8');
    await first.stop();
    // As a power cut leaves it: the number is that of the postmaster that has just ended.
    await writeFile(file, left);
    const second = await bench.launch(folder);
    expect(second.reused).toBe(false);
    expect(await countKept(second)).toBe(1);
  });

  it('takes a pid file that names another living program for a stale one', async () => {
    const first = await bench.launch(folder);
    const file = path.join(first.clusterFolder, 'postmaster.pid');
    const left = await readFile(file, 'utf8');
    await first.stop();
    const { pid } = bench.bystander();
    await writeFile(file, left.replace(/^\d+/, String(pid)));
    const second = await bench.launch(folder);
    expect(second.reused).toBe(false);
    expect(await postmasterPid(second)).not.toBe(pid);
    expect(bench.lines.join('\n')).toContain(`process ${pid}`);
  });

  it('refuses a cluster of another major version and leaves it as it was', async () => {
    const first = await bench.launch(folder);
    await first.stop();
    const file = path.join(first.clusterFolder, 'PG_VERSION');
    await writeFile(file, '13\n');
    await expect(bench.launch(folder)).rejects.toMatchObject({ code: 'version-mismatch' });
    expect(await readFile(file, 'utf8')).toBe('13\n');
    await writeFile(file, '18\n');
    await bench.launch(folder);
  });

  it('refuses a cluster whose password is gone', async () => {
    const first = await bench.launch(folder);
    await first.stop();
    const file = path.join(first.clusterFolder, 'kapsel-password');
    await rename(file, `${file}.away`);
    await expect(bench.launch(folder)).rejects.toMatchObject({ code: 'password-missing' });
    await rename(`${file}.away`, file);
  });

  it('says which start failed when PostgreSQL ends at once, and leaves no process', async () => {
    const first = await bench.launch(folder);
    await first.stop();
    const settings = { shared_buffers: 'much' };
    await expect(bench.launch(folder, { settings })).rejects.toMatchObject({
      code: 'start-failed',
    });
    await untilDown(first, null);
  });
});

describe('several servers on one data folder', () => {
  it('share one cluster, and the last to leave stops it', async () => {
    const first = await bench.launch(folder);
    const second = await bench.launch(folder);
    expect([first.reused, second.reused]).toEqual([false, true]);
    expect(second.port).toBe(first.port);
    const pid = await postmasterPid(first);
    // The one that started it leaves first.
    await first.stop();
    const countKept = await keepRow(second);
    const third = await bench.launch(folder);
    await second.stop();
    expect(await countKept(third)).toBe(1);
    await third.stop();
    await untilDown(first, pid);
  });

  it('make one cluster when they start together on an empty folder', async () => {
    const empty = await bench.folder();
    const servers = await Promise.all([1, 2].map(() => bench.launch(empty)));
    expect(new Set(servers.map(({ port }) => port)).size).toBe(1);
    expect(servers.filter(({ reused }) => !reused)).toHaveLength(1);
    const [first] = servers;
    if (first === undefined) throw new TypeError('no server');
    const pid = await postmasterPid(first);
    await Promise.all(servers.map((server) => server.stop()));
    await untilDown(first, pid);
  });

  it('never find the cluster gone while others come and leave', async () => {
    const visit = async (): Promise<void> => {
      for (let i = 0; i < 4; i++) {
        const postgres = await bench.launch(folder);
        await query(postgres.connectionString, 'SELECT 1');
        await postgres.stop();
      }
    };
    await Promise.all([visit(), visit(), visit()]);
    await untilDown({ clusterFolder: path.join(folder, 'pg') }, null);
  });
});

describe('a server that is killed', () => {
  it('leaves no PostgreSQL behind, and the next start has its rows', async () => {
    const { child, postgres } = await bench.launchInChild(folder);
    const countKept = await keepRow(postgres);
    // A session in the middle of a statement must not keep it running.
    const busy = new pg.Client({ connectionString: postgres.connectionString });
    busy.on('error', () => {});
    await busy.connect();
    const statement = busy.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
    const pid = await postmasterPid(postgres);
    child.kill('SIGKILL');
    await untilDown(postgres, pid);
    expect(await statement).toMatchObject({ code: '57P01' });
    await busy.end();
    const next = await bench.launch(folder);
    expect(next.reused).toBe(false);
    expect(await countKept(next)).toBe(1);
  });

  it('leaves PostgreSQL running for another server', async () => {
    const { child, postgres } = await bench.launchInChild(folder);
    const other = await bench.launch(folder);
    expect(other.reused).toBe(true);
    const supervisors =
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'kapsel-supervisor'";
    expect(await query(other.connectionString, supervisors)).toEqual([{ n: 2 }]);
    child.kill('SIGKILL');
    await expect.poll(() => query(other.connectionString, supervisors)).toEqual([{ n: 1 }]);
    expect(await query(postgres.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is cleaned up after even when its postmaster was killed with it', async () => {
    const { child, postgres } = await bench.launchInChild(folder);
    const countKept = await keepRow(postgres);
    const pid = await postmasterPid(postgres);
    process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await untilDown(postgres, pid);
    const next = await bench.launch(folder);
    expect(await countKept(next)).toBe(1);
  });
});

describe('a data folder that is removed', () => {
  it('does not keep stop from ending PostgreSQL', async () => {
    const postgres = await bench.launch(await bench.folder());
    const pid = await postmasterPid(postgres);
    await rm(postgres.clusterFolder, { recursive: true });
    await postgres.stop();
    await mkdir(postgres.clusterFolder);
    await untilDown(postgres, pid);
    const access = { folder: postgres.clusterFolder, password: '' };
    expect(await findPostmaster(access, () => {})).toBeNull();
  });
});
