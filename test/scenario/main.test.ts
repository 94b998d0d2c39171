import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import {
  ApiClient,
  runServer,
  type ServerProcess,
  type Settings,
  spawnServer,
  startServer,
  testSettings,
} from '../support/server-process.ts';

let folder: string;
const servers: ServerProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-main-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.end('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(settings: Settings): Promise<ServerProcess> {
  const server = await startServer(settings);
  servers.push(server);
  return server;
}

async function squat(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

describe('the words on the command line', () => {
  it.each([['help'], ['--help'], ['-h']])('%s lists commands and settings', async (word) => {
    const { code, stdout, stderr } = await runServer([word], {});
    expect([code, stderr]).toEqual([0, '']);
    for (const name of ['serve', 'migrate', 'DATABASE_URL', 'KAPSEL_PORT', 'KAPSEL_LEASE_MS']) {
      expect(stdout).toContain(name);
    }
  });

  it.each([
    ['an unknown command', ['serv']],
    ['a word too many', ['serve', 'now']],
    ['an option', ['--port=1']],
  ])('refuse %s, with the commands that there are', async (_what, words) => {
    const { code, stdout, stderr } = await runServer(words, {});
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')[0]).toContain(words.at(-1));
    expect(stderr).toContain('\n\nkapsel-server serve');
    expect(stderr).not.toContain('KAPSEL_PORT'); // a hundred lines would hide the first
  });

  it('are told for each command, and all but serve answer programs too', async () => {
    const { stdout } = await runServer(['help'], {});
    const commands = [...stdout.matchAll(/^kapsel-server ([a-z]+(?: [a-z]+)?) {2,}/gm)].map(
      ([, words = '']) => words,
    );
    expect(commands).toEqual(expect.arrayContaining(['serve', 'migrate', 'doctor', 'keys rotate']));
    const helps = await Promise.all(
      commands.map(async (words) => ({
        words,
        ...(await runServer([...words.split(' '), '--help'], {})),
      })),
    );
    for (const { words, code, stdout: help } of helps) {
      expect([words, code]).toEqual([words, 0]);
      expect(help).toContain(`kapsel-server ${words}`);
      expect(help.includes('--json')).toBe(words !== 'serve');
    }
  });
});

describe('settings', () => {
  it('that are wrong are listed, all at once', async () => {
    const { code, stdout, stderr } = await runServer([], {
      KAPSEL_PORT: '99999',
      KAPSEL_LEASE_MS: 'long',
      KAPSEL_ALLOW_HTTP: 'maybe',
      KAPSEL_PROT: '1',
    });
    expect([code, stdout]).toEqual([2, '']);
    const faults = stderr.split('\n').filter((line) => line.startsWith('  '));
    expect(faults.map((line) => line.trim().split(' ')[0]).sort()).toEqual([
      'KAPSEL_ALLOW_HTTP',
      'KAPSEL_LEASE_MS',
      'KAPSEL_PORT',
      'KAPSEL_PROT',
    ]);
  });

  it('that are wrong are findings of the doctor, which answers all the same', async () => {
    const { code, stdout, stderr } = await runServer(['doctor', '--json'], { KAPSEL_PROT: '1' });
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, findings: [{ check: 'settings' }] });
  });

  it('that only the rooms understand are judged before anything is started', async () => {
    const { code, stderr } = await runServer([], {
      KAPSEL_DATA: join(folder, 'never'),
      KAPSEL_EGRESS_ALLOW: '10.0.0.0/8,somewhere',
      KAPSEL_LOG_ORIGIN: 'two words',
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/KAPSEL_EGRESS_ALLOW.*\n.*KAPSEL_LOG_ORIGIN/);
  });
});

describe('a start that cannot be', () => {
  it('for want of a database is one line, without the password', async () => {
    const { server, port } = await squat();
    server.close();
    await once(server, 'close');
    for (const host of ['127.0.0.1', 'localhost']) {
      const { code, stdout, stderr } = await runServer([], {
        DATABASE_URL: `postgresql://kapsel:hunter2@${host}:${port}/kapsel`,
      });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^kapsel-server: .*DATABASE_URL.*ECONNREFUSED.*\n$/);
      expect(stderr).not.toContain('hunter2');
    }
  });

  it.each([
    ['no URL', 'somewhere'],
    ['a URL of something else', 'https://kapsel:hunter2@127.0.0.1/'],
    ['a URL with broken escapes', 'postgresql://kapsel:%zzhunter2@127.0.0.1:1/'],
  ])('for %s as DATABASE_URL is a bad setting, without the password', async (_what, url) => {
    const { code, stderr } = await runServer([], { DATABASE_URL: url });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^kapsel-server: bad configuration:\n {2}DATABASE_URL .*\n$/);
    expect(stderr).not.toContain('hunter2');
  });
});

describe('with a database', () => {
  let database: TestDatabase;
  let receiver: ReceiverProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await receiver.stop();
    await database.drop();
  });

  function settings(): Settings {
    return testSettings(database.connectionString, folder);
  }

  it('migrate says what it did', async () => {
    const { code, stdout, stderr } = await runServer(['migrate'], settings());
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect((await runServer(['migrate'], {})).code).toBe(2);
  });

  it('a port that is in use is one line, and the API key is still shown by the next start', async () => {
    const { server, port } = await squat();
    const { code, stdout, stderr } = await runServer([], {
      ...settings(),
      KAPSEL_PORT: `${port}`,
    });
    server.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^kapsel-server: .*${port}.*KAPSEL_PORT.*\n$`));
    const next = await start(settings());
    expect(next.apiKey).toMatch(/^ksk_/);
    expect(await next.end()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('signals', () => {
  let database: TestDatabase;
  let receiver: ReceiverProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await receiver.stop();
    await database.drop();
  });

  it('SIGTERM under load loses nothing, and leaves nothing unknown', async () => {
    const server = await start(testSettings(database.connectionString, folder));
    const api = new ApiClient(server.url, server.apiKey ?? '');
    const endpoint = await api.endpoint(receiver.url);
    const accepted: string[] = [];
    const senders = Array.from({ length: 8 }, async (_, sender) => {
      for (let i = 0; ; i++) {
        const id = await api.ingest(endpoint, `${sender}/${i}`).catch(() => null);
        if (id === null) return;
        accepted.push(id);
        if (accepted.length === 60) server.signal('SIGTERM');
      }
    });
    await Promise.all(senders);
    const refusedMs = performance.now();
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
    // Nothing is in flight any more: no deadline is waited for.
    expect(performance.now() - refusedMs).toBeLessThan(5_000);

    const checked = await checkLog(database.connectionString);
    expect(checked).toMatchObject({ waiting: 0, unsettled: 0 });
    expect(checked.heads.at(-1)?.treeSize).toBe(checked.leaves.length);
    // What was claimed when the signal came, and had not left yet, is given back and says so.
    const sent = checked.leaves.filter(({ error }) => error !== 'not_sent');
    expect(sent.filter(({ outcome }) => outcome !== 'delivered')).toEqual([]);
    const arrived = receiver.arrivals.map(({ attemptId }) => attemptId);
    expect(new Set(arrived)).toEqual(new Set(sent.map((leaf) => leaf.deliveryAttemptId)));

    // What was accepted and not yet sent is sent by the next start; nothing is sent twice.
    const next = await start(testSettings(database.connectionString, folder));
    const { length } = accepted;
    await vi.waitFor(() => expect(receiver.arrivals.length).toBeGreaterThanOrEqual(length), {
      timeout: 20_000,
    });
    expect(await next.end()).toMatchObject({ code: 0 });
    const after = await checkLog(database.connectionString);
    const delivered = after.leaves
      .filter(({ outcome }) => outcome === 'delivered')
      .map(({ eventId }) => eventId);
    expect(new Set(delivered).size).toBe(delivered.length);
    expect(accepted.filter((id) => !delivered.includes(id))).toEqual([]);
  });

  it.each(['SIGINT', 'SIGHUP'] as const)(
    '%s ends an idle server as SIGTERM does',
    async (signal) => {
      const server = await start(testSettings(database.connectionString, folder));
      expect(await server.end(signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
    },
  );

  it('SIGUSR2 lets a running server tell everything, and another one ends that', async () => {
    const server = await start(testSettings(database.connectionString, folder));
    const asked = async (signal: boolean): Promise<void> => {
      if (signal) {
        server.signal('SIGUSR2');
        // The signal and the request are two ways into the process: wait for what the first one says.
        await vi.waitFor(() => expect(server.stderr()).toMatch(/log level changed[^\n]*\n$/), {
          timeout: 10_000,
        });
      }
      await fetch(`${server.url}/health/live`);
    };
    await asked(false);
    expect(server.stderr()).toBe('');
    await asked(true);
    await vi.waitFor(() => expect(server.stderr()).toContain('"route":"/health/live"'), {
      timeout: 10_000,
    });
    const { length } = server.stderr().split('"route"');
    await asked(true);
    const { code, stderr } = await server.end();
    expect(code).toBe(0);
    expect(stderr.split('"route"')).toHaveLength(length);
  });

  /** A server that is stopping, and waits for a destination that does not answer. */
  async function startStopping(own: TestDatabase, timeoutMs: number): Promise<ServerProcess> {
    const server = await start({
      ...testSettings(own.connectionString, folder),
      KAPSEL_DELIVERY_TIMEOUT_MS: `${timeoutMs}`,
    });
    const api = new ApiClient(server.url, server.apiKey ?? '');
    const known = receiver.arrivals.length;
    await receiver.answer('hang');
    await api.ingest(await api.endpoint(receiver.url), 'never answered');
    await receiver.arrived(known + 1);
    await receiver.answer(200);
    server.signal('SIGTERM');
    await vi.waitFor(() => expect(fetch(`${server.url}/health/live`)).rejects.toThrow());
    return server;
  }

  it('a second one ends at once what the first would have waited for', async () => {
    const own = await createTestDatabase();
    const server = await startStopping(own, 30_000);
    expect(await server.end('SIGTERM')).toMatchObject({ code: 1, signal: null });
    await own.drop();
  });

  it('a hang-up after the first is no second wish', async () => {
    const own = await createTestDatabase();
    const server = await startStopping(own, 1_500);
    expect(await server.end('SIGHUP')).toMatchObject({ code: 0, signal: null });
    const { leaves } = await checkLog(own.connectionString);
    expect(leaves).toMatchObject([{ outcome: 'failed', error: 'timeout' }]);
    await own.drop();
  });

  it('one during the start ends the server as soon as it has started', async () => {
    const own = await createTestDatabase();
    const client = new pg.Client({ connectionString: own.connectionString });
    await client.connect();
    await client.query('BEGIN');
    // The first table that a start reads.
    await client.query('LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE');
    const { child, ended } = spawnServer(['serve'], testSettings(own.connectionString, folder));
    await vi.waitFor(
      async () => {
        // Within a transaction PostgreSQL would show the same picture again and again.
        await client.query('SELECT pg_stat_clear_snapshot()');
        const { rows } = await client.query(
          `SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(rows).toHaveLength(1);
      },
      { interval: 20, timeout: 20_000 },
    );
    child.kill('SIGTERM');
    await client.query('ROLLBACK');
    expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    await client.end();
    await own.drop();
  });
});
