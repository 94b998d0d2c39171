/** The runbook on a real server that is in the state an alert speaks of: what is to be typed works, and shows that it worked. @module */
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import {
  ApiClient,
  type Ended,
  runServer,
  type ServerProcess,
  type Settings,
  startServer,
  testSettings,
} from '../support/server-process.ts';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const SOON = { timeout: 30_000, interval: 100 };
/** Each command is a process of its own, and a busy machine takes seconds to start one. */
const MANY_PROCESSES_MS = 180_000;

let runbook: string;
let database: TestDatabase;
let receiver: ReceiverProcess;
let folder: string;
let server: ServerProcess;
let api: ApiClient;
let endpoint: string;
beforeAll(async () => {
  runbook = await readFile(join(DOCS, 'runbook.md'), 'utf8');
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-runbook-'));
  receiver = await startReceiver();
  server = await startServer(settings());
  api = new ApiClient(server.url, server.apiKey ?? '');
  endpoint = await api.endpoint(receiver.url);
  await deliver();
});
afterAll(async () => {
  await server.end();
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

function settings(): Settings {
  return {
    ...testSettings(database.connectionString, folder),
    KAPSEL_CIRCUIT_OPEN_MS: '300',
    KAPSEL_EXPORT_URL: pathToFileURL(join(folder, 'tiles')).href,
    KAPSEL_LOG_LEVEL: 'silent',
  };
}

/** One event, up to its proof. */
async function deliver(): Promise<void> {
  const id = await api.ingest(endpoint, 'hello');
  const { attempts } = await api.eventWhen(id, ({ status }) => status === 'delivered');
  const last = attempts.at(-1);
  if (last === undefined) throw new TypeError('no attempt');
  await api.proof(last);
}

function section(alert: string): string {
  const text = runbook.split(/^### /m).find((each) => each.startsWith(`${alert}\n`));
  if (text === undefined) throw new Error(`no section ${alert}`);
  return text;
}

function blocksOf(text: string, language: 'sh' | 'sql'): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...text.matchAll(pattern)].map(([, block = '']) => block);
}

function linesOf(text: string): string[] {
  return blocksOf(text, 'sh').flatMap((block) => block.trim().split('\n'));
}

/** As it would be typed, for the shared log. */
async function type(line: string): Promise<Ended> {
  const [program, ...words] = line.replace('NAME', 'shared').split(' ');
  expect(program).toBe('kapsel-server');
  return runServer(words, settings());
}

async function examine(): Promise<Record<string, string>> {
  const { stdout } = await type('kapsel-server doctor --json');
  const { findings } = JSON.parse(stdout) as {
    findings: { check: string; status: string; code: string }[];
  };
  return Object.fromEntries(
    findings.map(({ check, status, code }) => [check, `${status} ${code}`]),
  );
}

/** The greatest value of a metric over its labels; null without one. */
async function metric(name: string): Promise<number | null> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => Number(line.split(' ').at(-1)));
  return values.length === 0 ? null : Math.max(...values);
}

function untilMetric(name: string, isSo: (value: number | null) => boolean): Promise<void> {
  return vi.waitFor(async () => {
    const value = await metric(name);
    if (!isSo(value)) throw new Error(`${name} is ${value}`);
  }, SOON);
}

async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined); // one of them is ended by the database
  }
}

describe('the commands of the runbook', () => {
  it(
    'run beside a server that is well, and find nothing wrong',
    async () => {
      const lines = [...new Set(linesOf(runbook))].filter((line) => !line.includes('resume'));
      expect(lines.length).toBeGreaterThan(5);
      for (const line of lines) {
        const { code, stderr } = await type(line);
        expect([line, code, stderr]).toEqual([line, 0, '']);
      }
    },
    MANY_PROCESSES_MS,
  );

  it('and of all other documents are commands that there are', async () => {
    const { stdout } = await runServer(['help'], {});
    const known = new Set(
      [...stdout.matchAll(/^kapsel-server ([a-z]+(?: [a-z]+)?)/gm)].map(([, words]) => words),
    );
    for (const name of (await readdir(DOCS)).filter((each) => each.endsWith('.md'))) {
      const text = await readFile(join(DOCS, name), 'utf8');
      for (const [whole, first, second] of text.matchAll(
        /(?:^|`)kapsel-server ([a-z]+)(?: ([a-z]+))?/gm,
      )) {
        const isKnown = known.has(first) || known.has(`${first} ${second}`);
        expect(isKnown, `${name}: ${whole}`).toBe(true);
      }
    }
  });
});

describe('in the state of an alert', () => {
  it(
    'KapselLogHalted: the log goes on after an audit',
    async () => {
      await type('kapsel-server logs halt --reason test');
      await untilMetric('kapsel_log_halted', (value) => value === 1);
      expect((await examine()).logs).toBe('fail halted');
      for (const line of linesOf(section('KapselLogHalted'))) {
        expect([line, (await type(line)).code]).toEqual([line, 0]);
      }
      await untilMetric('kapsel_log_halted', (value) => value === 0);
      expect((await examine()).logs).toBe('ok ok');
      await deliver();
    },
    MANY_PROCESSES_MS,
  );

  it('KapselLeavesUnsigned: a head store that is away is named, and heads come back with it', async () => {
    const [heads, aside] = [join(folder, 'heads'), join(folder, 'aside')];
    await rename(heads, aside);
    await writeFile(heads, 'not a folder');
    await api.ingest(endpoint, 'waits for its head');
    await untilMetric('kapsel_unsigned_leaves', (value) => value === 1);
    expect((await examine())['head-store']).toBe('fail unreachable');
    await rm(heads);
    await rename(aside, heads);
    await untilMetric('kapsel_unsigned_leaves', (value) => value === 0);
    expect((await examine())['head-store']).toBe('ok ok');
  });

  it('KapselLogRolledBack: a database that was set back is found by its sizes, and not signed', async () => {
    const before = await withClient(async (client) => {
      const { rows } = await client.query('SELECT tree_size, right_edge FROM logs');
      await client.query("UPDATE logs SET tree_size = 0, right_edge = ''");
      return rows[0];
    });
    await untilMetric('kapsel_log_rolled_back', (value) => value === 1);
    expect((await examine())['head-store']).toBe('fail behind');
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
    const [sizes = ''] = blocksOf(section('KapselLogRolledBack'), 'sql');
    await withClient(async (client) => {
      const { rows } = await client.query(sizes);
      expect(rows).toMatchObject([{ name: 'shared', tree_size: '0' }]);
      expect(Number(rows[0].newest_head)).toBeGreaterThan(0);
      await client.query('UPDATE logs SET tree_size = $1, right_edge = $2', [
        before.tree_size,
        before.right_edge,
      ]);
    });
    await untilMetric('kapsel_log_rolled_back', (value) => value === 0);
    expect((await examine())['head-store']).toBe('ok ok');
    await deliver();
  });

  it('KapselCircuitOpen: the endpoint and the reason are found, and it closes by itself', async () => {
    await receiver.answer(500);
    for (let i = 0; i < 6; i++) await api.ingest(endpoint, `fails ${i}`);
    await untilMetric('circuit_breaker_state', (value) => value === 1);
    const [whose = '', why = ''] = blocksOf(section('KapselCircuitOpen'), 'sql');
    await withClient(async (client) => {
      expect((await client.query(whose)).rows).toMatchObject([{ id: endpoint }]);
      expect((await client.query(why)).rows[0]).toMatchObject({
        outcome: 'rejected',
        response_status: 500,
      });
    });
    await receiver.answer(200);
    await untilMetric('circuit_breaker_state', (value) => value === 0);
  });

  it('KapselOldSnapshot: the session is found, and can be ended', async () => {
    const [look = ''] = blocksOf(section('KapselOldSnapshot'), 'sql');
    await withClient(async (holder) => {
      await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      const { rows } = await holder.query('SELECT pg_backend_pid() AS pid, txid_current()');
      await withClient(async (client) => {
        const [sessions] = (await client.query(look)) as unknown as pg.QueryResult[];
        expect(sessions?.rows.map(({ pid }) => pid)).toContain(rows[0].pid);
        await client.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
      });
      await expect(holder.query('SELECT 1')).rejects.toThrow();
    });
  });

  it('KapselDown: a killed server is missed by the doctor, and the next one goes on', async () => {
    await server.end('SIGKILL');
    await vi.waitFor(async () => expect((await examine()).deliveries).toBe('warn no-server'), SOON);
    server = await startServer(settings());
    api.url = server.url;
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    expect((await examine()).deliveries).toBe('ok ok');
    await deliver();
  });
});
