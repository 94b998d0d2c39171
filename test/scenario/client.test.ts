/** @kapsel/client against a running server: a journey from the endpoint to the proof, and every refusal as a code. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@kapsel/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { type ServerProcess, startServer, testSettings } from '../support/server-process.ts';

const PLATFORM_TOKEN = 'platform-token-of-the-client-test-012345';

let folder: string;
let database: TestDatabase;
let receiver: ReceiverProcess;
let server: ServerProcess;
let client: Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-client-'));
  database = await createTestDatabase();
  receiver = await startReceiver();
  server = await startServer({
    ...testSettings(database.connectionString, folder),
    KAPSEL_PLATFORM_TOKEN: PLATFORM_TOKEN,
  });
  client = createClient({ url: server.url, token: server.apiKey ?? '' });
});
afterAll(async () => {
  await server.end('SIGKILL');
  await receiver.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

it('makes an endpoint, sends, looks on, and downloads what proves it', async () => {
  const endpoint = await client.createEndpoint({ body: { url: receiver.url, max_attempts: 1 } });
  expect(endpoint.signing_secret).toMatch(/^whsec_/);
  const path = { endpoint_id: endpoint.id };
  const sent = await client.ingest({ path, body: '{"n":1}' });
  const delivered = await vi.waitFor(
    async () => {
      const event = await client.getEvent({
        path: { event_id: sent.event_id },
        query: { payload: 'true' },
      });
      if (event.attempts[0]?.leaf_state !== 'committed') throw new Error(event.status);
      return event;
    },
    { interval: 50, timeout: 20_000 },
  );
  expect(delivered).toMatchObject({ status: 'delivered', payload_base64: btoa('{"n":1}') });
  const [attempt] = delivered.attempts;
  if (attempt === undefined) throw new Error('it was attempted');
  const proof = await vi.waitFor(
    () => client.downloadProof({ path: { delivery_attempt_id: attempt.delivery_attempt_id } }),
    { interval: 50, timeout: 20_000 },
  );
  expect(proof).toMatchObject({ format: 'kapsel.proof/v1', leaf_hash: attempt.leaf_hash });
  expect(await client.getCheckpoint()).toContain('— ');
  expect((await client.getTreeHead()).tree_size).toBeGreaterThan(0);
  expect((await client.listEvents({ query: { status: 'delivered' } })).total).toBe(1);
  expect((await client.getStats()).events.delivered).toBe(1);
  const dry = await client.replayEvents({ body: { status: 'delivered', dry_run: true } });
  expect(dry).toMatchObject({ matched: 1, queued: 0 });
  const changed = await client.replaceEndpoint({
    path,
    body: { url: receiver.url, description: 'new' },
    headers: { 'If-Match': '"v1"' },
  });
  expect(changed.description).toBe('new');
  const stale = { path, body: { url: receiver.url }, headers: { 'If-Match': '"v1"' } };
  await expect(client.replaceEndpoint(stale)).rejects.toMatchObject({
    status: 412,
    code: 'precondition_failed',
  });
  expect(await client.deleteEndpoint({ path })).toBeUndefined();
  await expect(client.getEndpoint({ path })).rejects.toMatchObject({ code: 'not_found' });
});

it('keeps tenants and their keys apart', async () => {
  const platform = createClient({ url: server.url, token: PLATFORM_TOKEN });
  const tenant = await platform.createTenant({ body: { name: 'Acme', tier: 'free' } });
  const theirs = createClient({ url: server.url, token: tenant.api_key });
  expect((await theirs.listEvents()).total).toBe(0);
  const key = await theirs.createApiKey({ body: { scopes: ['events:read'], name: 'reader' } });
  const reader = createClient({ url: server.url, token: key.secret });
  await expect(reader.listEndpoints()).rejects.toMatchObject({ code: 'insufficient_scope' });
  await theirs.revokeApiKey({ path: { api_key_id: key.id } });
  await expect(reader.listEvents()).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
  await expect(theirs.listTenants()).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
  expect((await platform.listTenants()).data.map(({ name }) => name)).toEqual(['Acme', 'first']);
});

it('has a function for every operation that the server describes', async () => {
  const document = (await client.getApiDocument()) as unknown as {
    paths: Record<string, Record<string, { operationId: string; 'x-same-as'?: string }>>;
  };
  const described = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .filter((operation) => operation['x-same-as'] === undefined)
    .map(({ operationId }) => operationId);
  expect(Object.keys(client).sort()).toEqual(described.sort());
});
