/** Everything that a server writes while it works and while it fails, searched for what it was told in confidence. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { ApiClient, startServer, testSettings } from '../support/server-process.ts';

let folder: string;
let database: TestDatabase;
let receiver: ReceiverProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-secrets-'));
  database = await createTestDatabase();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** What must never be written, each word for itself. */
const PLANTED = {
  body: 'planted-body-4b1d',
  providerSecret: 'planted-provider-secret-77aa',
  header: 'planted-header-90ce',
  query: 'planted-query-1f52',
  authorization: 'planted-authorization-c3d0',
  idempotencyKey: 'planted-key-5e9b',
  path: 'planted-path-2c77',
  redisPassword: 'planted-redis-d00d',
  metricsToken: 'planted-metrics-token-8181',
  customHeader: 'planted-custom-header-a6a6',
  signingSecret: 'planted-signing-secret-of-32-byt',
} as const;

it('nothing of it is in any line, at the level that says most', async () => {
  const server = await startServer({
    ...testSettings(database.connectionString, folder),
    KAPSEL_LOG_LEVEL: 'trace',
    KAPSEL_METRICS_TOKEN: PLANTED.metricsToken,
    KAPSEL_REDIS_URL: `redis://user:${PLANTED.redisPassword}@127.0.0.1:1`,
  });
  const api = new ApiClient(server.url, server.apiKey ?? '');
  const endpoint = await api.endpoint(`${receiver.url}?token=${PLANTED.query}`, {
    custom_headers: { 'x-custom': PLANTED.customHeader },
    signing_secrets: { v1: `whsec_${Buffer.from(PLANTED.signingSecret).toString('base64')}` },
    kept_headers: ['x-planted'],
  });
  const signed = await api.endpoint(receiver.url, {
    signature: { scheme: 'github', secrets: [PLANTED.providerSecret] },
  });
  const send = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(server.url + path, {
      method: 'POST',
      body: PLANTED.body,
      ...init,
      headers: {
        authorization: `Bearer ${server.apiKey}`,
        'x-planted': PLANTED.header,
        'user-agent': PLANTED.header,
        'idempotency-key': PLANTED.idempotencyKey,
        ...init.headers,
      },
    });
  // What goes well, what is refused, and what fails inside.
  expect((await send(`/ingest/${endpoint}`)).status).toBe(202);
  expect((await send(`/ingest/${endpoint}`, { body: 'other' })).status).toBe(409);
  expect((await send(`/ingest/${endpoint}?q=${PLANTED.query}`)).status).toBe(400);
  const wrong = { authorization: `Bearer ${PLANTED.authorization}` };
  expect((await send(`/ingest/${endpoint}`, { headers: wrong })).status).toBe(401);
  const forged = { 'x-hub-signature-256': `sha256=${PLANTED.authorization}` };
  expect((await send(`/ingest/${signed}`, { headers: forged })).status).toBe(401);
  expect((await send(`/v1/endpoints`, { body: `{"url":"${PLANTED.path}"}` })).status).toBe(400);
  expect((await send(`/${PLANTED.path}?q=${PLANTED.query}`)).status).toBe(404);
  await vi.waitFor(() => expect(receiver.arrivals).toHaveLength(1), { timeout: 20_000 });
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query('ALTER TABLE webhook_events ADD CONSTRAINT none CHECK (false) NOT VALID');
  const headers = { 'idempotency-key': `${PLANTED.idempotencyKey}-2` };
  expect((await send(`/ingest/${endpoint}`, { headers })).status).toBe(422);
  await client.query('ALTER TABLE webhook_events DROP CONSTRAINT none');
  await client.query('ALTER TABLE event_payloads RENAME TO away');
  expect((await send(`/ingest/${endpoint}`, { headers })).status).toBe(500);
  await client.query('ALTER TABLE away RENAME TO event_payloads');
  await client.end();

  const { code, stdout, stderr } = await server.end();
  expect(code).toBe(0);
  const lines = stderr.trimEnd().split('\n');
  // The test would prove nothing on a server that is silent.
  const events = lines.map((line) => JSON.parse(line).event);
  expect(events).toEqual(
    expect.arrayContaining(['delivery attempted', 'request failed', 'request answered']),
  );
  // The one place where the first key is shown is what the operator asked to see.
  expect(stdout).toContain(server.apiKey);
  for (const [what, planted] of Object.entries({ ...PLANTED, apiKey: server.apiKey ?? '' })) {
    expect(stderr, what).not.toContain(planted);
    expect(stderr, what).not.toContain(Buffer.from(planted).toString('base64'));
    expect(stderr, what).not.toContain(Buffer.from(planted).toString('hex'));
    if (what !== 'apiKey') expect(stdout, what).not.toContain(planted);
  }
});
