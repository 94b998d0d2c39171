import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromHex, verifyProofPackage } from '@kapsel/verification';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { assertSettings } from '../src/app/assertions.ts';
import { type App, type AppDeps, startApp } from '../src/app.ts';
import { systemClock } from '../src/base/clock.ts';
import { type Config, ConfigError, readConfig } from '../src/base/config.ts';
import { KeyError } from '../src/keys/signer.ts';
import { openJournal } from './support/journal.ts';
import { type Answer, answerWith, openReceiver, type Receiver } from './support/receiver.ts';

let database: TestDatabase;
let folder: string;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-app-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(folder, { recursive: true, force: true });
  // Fails when a pool was left open.
  await database.drop();
});

function settings(change: Record<string, string> = {}): Config {
  return readConfig({
    KAPSEL_DATA: folder,
    KAPSEL_PORT: '0',
    KAPSEL_EGRESS_ALLOW: '127.0.0.1',
    KAPSEL_ALLOW_HTTP: '1',
    KAPSEL_HEAD_INTERVAL_MS: '100',
    KAPSEL_SEQUENCE_INTERVAL_MS: '10',
    KAPSEL_UNSAFE_DURABILITY: '1',
    ...change,
  });
}

async function start(
  change: Record<string, string> = {},
  rooms: Partial<Pick<AppDeps, 'clock' | 'logger'>> = {},
): Promise<App> {
  const app = await startApp({
    config: settings(change),
    connectionString: database.connectionString,
    clock: systemClock,
    logger: openJournal(),
    random: () => 0,
    ...rooms,
  });
  let stopped: Promise<void> | null = null;
  const once = {
    ...app,
    stop: () => {
      stopped ??= app.stop();
      return stopped;
    },
  };
  closing.push(once.stop);
  return once;
}

async function receive(answer?: Answer): Promise<Receiver> {
  const receiver = await openReceiver(answer);
  closing.push(() => receiver.close());
  return receiver;
}

async function sql<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The API as a caller with the first key has it. */
function callerOf(app: App) {
  return async function call(method: string, path: string, body?: string): Promise<Response> {
    return fetch(app.url + path, {
      method,
      headers: { authorization: `Bearer ${app.firstApiKey}` },
      ...(body === undefined ? {} : { body }),
    });
  };
}

async function sendOne(app: App, url: string): Promise<{ event_id: string }> {
  const call = callerOf(app);
  const made = await call('POST', '/v1/endpoints', JSON.stringify({ url }));
  expect(made.status).toBe(201);
  const { id } = (await made.json()) as { id: string };
  const accepted = await call('POST', `/ingest/${id}`, 'hello');
  expect(accepted.status).toBe(202);
  return (await accepted.json()) as { event_id: string };
}

interface AttemptJson {
  proof_url: string;
  outcome: string | null;
}

/** The package of the event's first attempt, as soon as there is one. */
async function proofOf(app: App, eventId: string): Promise<string> {
  const call = callerOf(app);
  return vi.waitFor(
    async () => {
      const event = (await (await call('GET', `/v1/events/${eventId}`)).json()) as {
        attempts: AttemptJson[];
      };
      const proof = await call('GET', event.attempts[0]?.proof_url ?? '/nothing');
      expect(proof.status).toBe(200);
      return proof.text();
    },
    { interval: 20, timeout: 10_000 },
  );
}

describe('a started app', () => {
  it('takes a webhook, delivers it, and proves the delivery', async () => {
    const receiver = await receive();
    const app = await start();
    const { event_id } = await sendOne(app, receiver.url);
    const text = await proofOf(app, event_id);
    const keys = [{ publicKey: bytesFromHex(app.publicKey ?? ''), name: null }];
    const report = verifyProofPackage(text, { keys }, { nowMs: systemClock.nowMs() + 1_000 });
    expect(report.verdict).toBe('verified');
    expect(report.claims).toMatchObject({ eventId: event_id, outcome: 'delivered' });
    expect(report.tree?.log).toBe(app.origin);
    expect(receiver.requests.map(({ body }) => body.toString())).toEqual(['hello']);
  });

  it('accounts for a lease that ran out before it was started', async () => {
    const receiver = await receive();
    const first = await start();
    const { event_id } = await sendOne(first, receiver.url);
    await receiver.arrived(1);
    await first.stop();
    await sql(`
      WITH lost AS (
        UPDATE delivery_attempts SET outcome = NULL, completed_at = NULL, response_status = NULL,
               response_hash = NULL, id = '01970000-0000-7000-8000-000000000001', attempt_number = 2
         WHERE event_id = '${event_id}' RETURNING *
      )
      INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at, lease_id, inflight_attempt_id, attempts)
      SELECT event_id, endpoint_id, tenant_id, now(), 9, id, 2 FROM lost`);
    await start();
    await receiver.arrived(2);
    expect(receiver.requests.at(-1)?.headers['x-kapsel-attempt-number']).toBe('3');
    const rows = await sql<{ outcome: string }>(
      'SELECT outcome FROM delivery_attempts WHERE attempt_number = 2',
    );
    expect(rows).toEqual([{ outcome: 'unknown' }]);
  });
});

describe('starting again', () => {
  it('keeps the log, its name and its key, and shows no API key again', async () => {
    const first = await start({ KAPSEL_LOG_ORIGIN: 'log.kapsel.example/first' });
    await first.stop();
    const second = await start({ KAPSEL_LOG_ORIGIN: 'log.kapsel.example/second' });
    expect(first.firstApiKey).toMatch(/^ksk_/);
    expect(second).toMatchObject({
      origin: 'log.kapsel.example/first',
      publicKey: first.publicKey,
      firstApiKey: null,
    });
  });

  it('is refused without the key of the log', async () => {
    await (await start()).stop();
    const refused = start({ KAPSEL_SIGNING_KEY_FILE: join(folder, 'other.pem') });
    await expect(refused).rejects.toThrow(KeyError);
  });
});

describe('a port that is in use', () => {
  it('is named, and costs nothing: the next start shows the API key', async () => {
    const squatter = createServer();
    squatter.listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    try {
      await expect(start({ KAPSEL_PORT: `${port}` })).rejects.toMatchObject({
        message: expect.stringContaining(`port ${port} is in use`),
        cause: { code: 'EADDRINUSE' },
      });
    } finally {
      squatter.close();
      await once(squatter, 'close');
    }
    expect((await start()).firstApiKey).toMatch(/^ksk_/);
  });
});

describe('settings that cannot be', () => {
  it('are all named at once', async () => {
    const config = settings({
      KAPSEL_EGRESS_ALLOW: '10.0.0.0/99, 127.0.0.1, nonsense',
      KAPSEL_LOG_ORIGIN: 'two words',
      KAPSEL_WITNESS_POLICY: join(folder, 'no-such-policy'),
      KAPSEL_TIERS: '{"gold":1}',
    });
    let faults: readonly string[] = [];
    try {
      await assertSettings(config);
    } catch (error) {
      if (error instanceof ConfigError) faults = error.faults;
    }
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'KAPSEL_EGRESS_ALLOW',
      'KAPSEL_EGRESS_ALLOW',
      'KAPSEL_LOG_ORIGIN',
      'KAPSEL_TIERS',
      'KAPSEL_WITNESS_POLICY',
    ]);
    await assertSettings(settings());
  });

  it('include a database that may forget what it has confirmed', async () => {
    const name = new URL(database.connectionString).pathname.slice(1);
    await sql(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    await expect(start({ KAPSEL_UNSAFE_DURABILITY: '0' })).rejects.toThrow(/synchronous_commit/);
    await start({ KAPSEL_UNSAFE_DURABILITY: '1' });
  });
});

describe('a database that was set back', () => {
  it('stops the start, and nothing is left running', async () => {
    const receiver = await receive();
    const app = await start();
    await proofOf(app, (await sendOne(app, receiver.url)).event_id);
    await app.stop();
    await sql('DELETE FROM signed_tree_heads');
    await sql("UPDATE logs SET tree_size = 0, right_edge = ''");
    await expect(start()).rejects.toMatchObject({ name: 'HeadConflict', kind: 'behind' });
    expect(await sql('SELECT id FROM signed_tree_heads')).toEqual([]);
  });
});

describe('tree heads', () => {
  it('keep their pace when the clock is set back', async () => {
    const receiver = await receive();
    let setBackMs = 0;
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() - setBackMs };
    const signedAtMs: number[] = [];
    const journal = openJournal();
    const logger = {
      ...journal,
      info: (event: string) => {
        if (event === 'tree head signed') signedAtMs.push(systemClock.monotonicMs());
      },
    };
    const app = await start({ KAPSEL_HEAD_INTERVAL_MS: '300' }, { clock, logger });
    for (let heads = 1; heads <= 3; heads++) {
      await sendOne(app, receiver.url);
      await vi.waitFor(() => expect(signedAtMs.length).toBeGreaterThanOrEqual(heads), {
        interval: 5,
        timeout: 5_000,
      });
      setBackMs = 60_000;
    }
    const gaps = signedAtMs.slice(1).map((at, i) => at - (signedAtMs[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(290);
  });
});

describe('stopping', () => {
  it('lets a delivery end, and signs a head over its leaf', async () => {
    const waiting: ServerResponse[] = [];
    const receiver = await receive((response) => waiting.push(response));
    // No head in the usual course of things: the last one is that of the stop.
    const app = await start({ KAPSEL_HEAD_INTERVAL_MS: '3600000' });
    await sendOne(app, receiver.url);
    await receiver.arrived(1);
    let isStopped = false;
    const stopping = app.stop().then(() => {
      isStopped = true;
    });
    await vi.waitFor(async () => {
      await expect(fetch(`${app.url}/health/live`)).rejects.toThrow();
    });
    expect(isStopped).toBe(false);
    waiting[0]?.end();
    await stopping;
    const rows = await sql<Record<string, unknown>>(
      `SELECT (SELECT outcome FROM delivery_attempts) AS outcome,
              (SELECT count(*)::int FROM pending_leaves) AS waiting,
              (SELECT tree_size::int FROM logs) AS size,
              (SELECT max(tree_size)::int FROM signed_tree_heads) AS head`,
    );
    expect(rows).toEqual([{ outcome: 'delivered', waiting: 0, size: 1, head: 1 }]);
  });

  it('is announced to load balancers before the port closes', async () => {
    const app = await start({ KAPSEL_SHUTDOWN_DELAY_MS: '300' });
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
    const stopping = app.stop();
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
    await stopping;
    await expect(fetch(`${app.url}/health/live`)).rejects.toThrow();
  });

  it('leaves what is queued for the next start', async () => {
    const receiver = await receive(answerWith(500, 200));
    const first = await start();
    const { event_id } = await sendOne(first, receiver.url);
    await receiver.arrived(1);
    await first.stop();
    await sql('UPDATE delivery_queue SET run_at = now()');
    await start();
    await receiver.arrived(2);
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([
      event_id,
      event_id,
    ]);
  });
});
