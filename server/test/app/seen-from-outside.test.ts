/** A whole server as its operator sees it: metrics with exact values, and one trace from the webhook to its head. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { type App, startApp } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { readConfig } from '../../src/base/config.ts';
import { parseExposition } from '../support/exposition.ts';
import { type Journal, openJournal } from '../support/journal.ts';
import { answerWith, openReceiver, type Receiver } from '../support/receiver.ts';
import { collectSpans, type SpanCollector } from '../support/span-collector.ts';

let database: TestDatabase;
let folder: string;
let app: App;
let journal: Journal;
let receiver: Receiver;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-seen-'));
  journal = openJournal();
});
afterEach(async () => {
  await app.stop();
  await receiver.close();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

async function start(change: Record<string, string> = {}): Promise<void> {
  app = await startApp({
    config: readConfig({
      KAPSEL_DATA: folder,
      KAPSEL_PORT: '0',
      KAPSEL_EGRESS_ALLOW: '127.0.0.1',
      KAPSEL_ALLOW_HTTP: '1',
      KAPSEL_HEAD_INTERVAL_MS: '100',
      KAPSEL_SEQUENCE_INTERVAL_MS: '10',
      KAPSEL_UNSAFE_DURABILITY: '1',
      ...change,
    }),
    connectionString: database.connectionString,
    clock: systemClock,
    logger: journal,
    random: () => 0,
  });
}

async function call(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(app.url + path, {
    method,
    headers: { authorization: `Bearer ${app.firstApiKey}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

async function endpoint(settings: object): Promise<string> {
  const made = await call('POST', '/v1/endpoints', JSON.stringify(settings));
  expect(made.status).toBe(201);
  return ((await made.json()) as { id: string }).id;
}

/** Values of a metric, by their labels as text. */
async function scrape(name: string): Promise<Record<string, number>> {
  const response = await fetch(`${app.url}/metrics`);
  const samples = parseExposition(await response.text()).get(name)?.samples ?? [];
  return Object.fromEntries(
    samples.map(({ name: own, labels, value }) => [
      [own.slice(name.length), ...Object.values(labels)].filter((part) => part !== '').join(' '),
      value,
    ]),
  );
}

const SOON = { timeout: 15_000, interval: 50 };

describe('the metrics of a server', () => {
  it('say exactly what it has taken, delivered and put into the tree', async () => {
    await start();
    receiver = await openReceiver();
    const good = await endpoint({ url: receiver.url });
    const signed = await endpoint({
      url: receiver.url,
      signature: { scheme: 'github', secrets: ['It is a secret'] },
    });
    for (let i = 0; i < 3; i++) {
      expect((await call('POST', `/ingest/${good}`, `event ${i}`)).status).toBe(202);
    }
    const key = { 'idempotency-key': 'once' };
    expect((await call('POST', `/ingest/${good}`, 'twice', key)).status).toBe(202);
    expect((await call('POST', `/ingest/${good}`, 'twice', key)).status).toBe(200);
    const lines = '{"payload":1}\n{"payload":2}\nno JSON\n';
    const ndjson = { 'content-type': 'application/x-ndjson' };
    expect((await call('POST', `/ingest/${good}/batch`, lines, ndjson)).status).toBe(202);
    const unsigned = await fetch(`${app.url}/ingest/${signed}`, {
      method: 'POST',
      headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
      body: 'x',
    });
    expect(unsigned.status).toBe(401);
    const large = await call('POST', `/ingest/${good}`, 'x'.repeat(10 * 1024 * 1024 + 1));
    expect(large.status).toBe(413);

    await vi.waitFor(async () => {
      expect(await scrape('delivery_attempts_total')).toEqual({ [`${good} delivered`]: 6 });
    }, SOON);
    const [tenant] = Object.keys(await scrape('webhook_ingestion_total')).map(
      (labels) => labels.split(' ')[0],
    );
    expect(await scrape('webhook_ingestion_total')).toEqual({
      [`${tenant} accepted`]: 6,
      [`${tenant} duplicate`]: 1,
      [`${tenant} error`]: 1,
      [`${tenant} invalid_signature`]: 1,
      [`${tenant} too_large`]: 1,
    });
    expect(await scrape('delivery_duration_seconds')).toMatchObject({
      _count: 6,
      '_bucket +Inf': 6,
    });
    expect(await scrape('kapsel_claim_lag_seconds')).toMatchObject({ _count: 6 });
    // The batch, and those that came at once, share commits; the duplicate is a row of one too.
    expect((await scrape('kapsel_group_commit_rows'))._sum).toBe(7);
    await vi.waitFor(async () => {
      expect((await scrape('merkle_batch_size'))._sum).toBe(6);
      expect(await scrape('pending_events_total')).toEqual({ '': 0 });
    }, SOON);
    expect(await scrape('kapsel_stale_settlements_total')).toEqual({ '': 0 });
    expect(Object.keys(await scrape('kapsel_pool_waiting')).sort()).toEqual([
      'api',
      'ingest',
      'reader',
      'sequencer',
      'upkeep',
      'worker',
    ]);
    expect((await scrape('kapsel_event_loop_delay_seconds'))['1']).toBeGreaterThanOrEqual(0);
  }, 60_000); // counts of the database come every five seconds

  it('show what cannot be delivered, and the circuit that gives it a rest', async () => {
    await start();
    receiver = await openReceiver(answerWith(500));
    const bad = await endpoint({ url: receiver.url });
    for (let i = 0; i < 6; i++) await call('POST', `/ingest/${bad}`, `event ${i}`);
    await vi.waitFor(async () => {
      expect(await scrape('circuit_breaker_state')).toEqual({ [bad]: 1 });
    }, SOON);
    const { [`${bad} rejected`]: rejected = 0 } = await scrape('delivery_attempts_total');
    expect(rejected).toBeGreaterThanOrEqual(5);
    await vi.waitFor(async () => {
      expect(await scrape('pending_events_total')).toEqual({ '': 6 });
    }, SOON);
  });

  it('count what was refused for its rate, by tenant and by class', async () => {
    await start({
      KAPSEL_TIERS: '{"unlimited":{"rate":1,"burst":3},"public":{"rate":1,"burst":2}}',
    });
    receiver = await openReceiver();
    const good = await endpoint({ url: receiver.url });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await call('POST', `/ingest/${good}`, 'x')).status);
    for (let i = 0; i < 3; i++) statuses.push((await fetch(`${app.url}/attestation/sth`)).status);
    expect(statuses.slice(0, 4)).toEqual([202, 202, 202, 429]);
    expect(statuses.at(-1)).toBe(429);
    expect(await scrape('kapsel_rate_limited_total')).toEqual({ ingest: 1, public: 1 });
    const ingested = await scrape('webhook_ingestion_total');
    expect(Object.entries(ingested).find(([name]) => name.endsWith(' rate_limited'))?.[1]).toBe(1);
  });
});

describe('the trace of an event', () => {
  let collector: SpanCollector;
  beforeEach(() => {
    collector = collectSpans();
  });
  afterEach(() => {
    collector.stop();
  });

  it('goes from the request over queue and delivery to leaf and head', async () => {
    await start({ KAPSEL_TRACE_PROPAGATION: '1' });
    receiver = await openReceiver();
    const id = await endpoint({ url: receiver.url });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    expect((await call('POST', `/ingest/${id}`, 'traced', { traceparent })).status).toBe(202);
    const named = (name: string) =>
      collector.spans.find((span) => span.traceId === traceId && span.name === `kapsel.${name}`);
    await vi.waitFor(() => expect(named('sign')?.endMs).toBeTruthy(), SOON);

    const parents = [
      'ingest',
      'commit',
      'claim',
      'deliver',
      'connect',
      'ttfb',
      'settle',
      'sequence',
      'sign',
    ].map((name) => {
      const parentId = named(name)?.parentId;
      const parent = collector.spans.find(({ spanId }) => spanId === parentId);
      return [name, parent?.name.replace('kapsel.', '') ?? parentId];
    });
    // A literal is its own address, and this destination speaks no TLS.
    expect([named('dns'), named('tls')]).toEqual([undefined, undefined]);
    expect(parents).toEqual([
      ['ingest', 'b7ad6b7169203331'],
      ['commit', 'ingest'],
      ['claim', 'ingest'],
      ['deliver', 'ingest'],
      ['connect', 'deliver'],
      ['ttfb', 'deliver'],
      ['settle', 'deliver'],
      ['sequence', 'deliver'],
      ['sign', 'sequence'],
    ]);
    expect(collector.spans.every(({ endMs, startMs }) => endMs !== null && endMs >= startMs)).toBe(
      true,
    );
    expect(named('deliver')?.attributes).toMatchObject({
      'kapsel.endpoint_id': id,
      'kapsel.outcome': 'delivered',
      'http.response.status_code': 200,
    });
    // The destination can go on where we are.
    expect(receiver.requests[0]?.headers.traceparent).toBe(
      `00-${traceId}-${named('deliver')?.spanId}-01`,
    );
    expect(journal.lines.find(({ event }) => event === 'delivery attempted')?.trace_id).toBe(
      traceId,
    );
  });

  it('is not told to destinations unless the operator says so', async () => {
    await start();
    receiver = await openReceiver();
    await call('POST', `/ingest/${await endpoint({ url: receiver.url })}`, 'traced');
    await vi.waitFor(() => expect(receiver.requests).toHaveLength(1), SOON);
    expect(receiver.requests[0]?.headers).not.toHaveProperty('traceparent');
  });
});
