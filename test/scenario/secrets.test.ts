/** Everything that a server writes while it works and while it fails, searched for what it was told in confidence. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { ApiClient, runServer, startServer, testSettings } from '../support/server-process.ts';

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
  platformToken: 'planted-platform-token-of-the-operator-6d6d',
  customHeader: 'planted-custom-header-a6a6',
  signingSecret: 'planted-signing-secret-of-32-byt',
} as const;

it('nothing of it is in any line, at the level that says most', async () => {
  const server = await startServer({
    ...testSettings(database.connectionString, folder),
    KAPSEL_LOG_LEVEL: 'trace',
    KAPSEL_METRICS_TOKEN: PLANTED.metricsToken,
    KAPSEL_PLATFORM_TOKEN: PLANTED.platformToken,
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
  const platform = { authorization: `Bearer ${PLANTED.platformToken}` };
  const made = await send('/v1/tenants', { headers: platform, body: '{"name":"Acme"}' });
  const { api_key: tenantKey } = (await made.json()) as { api_key: string };
  const ofTenant = { authorization: `Bearer ${tenantKey}` };
  const body = '{"scopes":["ingest"]}';
  const added = await send('/v1/api-keys', { headers: ofTenant, body });
  const { secret: addedKey } = (await added.json()) as { secret: string };
  expect([tenantKey, addedKey]).toEqual([
    expect.stringMatching(/^ksk_/),
    expect.stringMatching(/^ksk_/),
  ]);
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
  for (const [what, planted] of Object.entries({
    ...PLANTED,
    tenantKey,
    addedKey,
    apiKey: server.apiKey ?? '',
  })) {
    expect(stderr, what).not.toContain(planted);
    expect(stderr, what).not.toContain(Buffer.from(planted).toString('base64'));
    expect(stderr, what).not.toContain(Buffer.from(planted).toString('hex'));
    if (what !== 'apiKey') expect(stdout, what).not.toContain(planted);
  }
});

const COMMANDS = [
  ['keys', 'list', '--json'],
  ['keys', 'export'],
  ['logs', 'list'],
  ['audit', '--json'],
];

/** Every row of every table, bytes as hex. */
function dumpDatabase(connectionString: string): Promise<string> {
  return withClient(connectionString, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join('\n');
  });
}

it('nothing of it is in answers, metrics, commands or the database, also while the secret key changes', async () => {
  const own = await createTestDatabase();
  const home = await mkdtemp(join(tmpdir(), 'kapsel-secrets-'));
  const [oldKey, newKey, seed] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const script = join(home, 'keys.mjs');
  const printed = [newKey, oldKey].map((key) => key.toString('base64')).join('\n');
  await writeFile(script, `console.log(${JSON.stringify(printed)})`);
  const settings = {
    ...testSettings(own.connectionString, home),
    KAPSEL_LOG_LEVEL: 'trace',
    KAPSEL_METRICS_TOKEN: PLANTED.metricsToken,
    KAPSEL_SIGNING_KEY: seed.toString('base64'),
  };
  const secrets: Record<string, Buffer> = {
    oldKey,
    newKey,
    seed,
    providerSecret: Buffer.from(PLANTED.providerSecret),
    customHeader: Buffer.from(PLANTED.customHeader),
    signingSecret: Buffer.from(PLANTED.signingSecret),
    metricsToken: Buffer.from(PLANTED.metricsToken),
    authorization: Buffer.from(PLANTED.authorization),
  };
  /** What came out anywhere, but for the one line and the one answer that show a new secret to its owner. */
  const said: string[] = [];
  const oldSetting = { KAPSEL_SECRET_KEY: oldKey.toString('base64') };
  const withCommand = { KAPSEL_SECRET_KEY_COMMAND: `"${process.execPath}" "${script}"` };
  const newSetting = { KAPSEL_SECRET_KEY: newKey.toString('base64') };

  let apiKey = '';
  let endpoint = '';
  for (const [round, setting] of [oldSetting, withCommand, newSetting].entries()) {
    const server = await startServer({ ...settings, ...setting });
    if (round === 0) {
      apiKey = server.apiKey ?? '';
      secrets.apiKey = Buffer.from(apiKey);
      endpoint = await new ApiClient(server.url, apiKey).endpoint(receiver.url, {
        custom_headers: { 'x-custom': PLANTED.customHeader },
        signing_secrets: { v1: `whsec_${Buffer.from(PLANTED.signingSecret).toString('base64')}` },
        signature: { scheme: 'github', secrets: [PLANTED.providerSecret] },
      });
    }
    const api = new ApiClient(server.url, apiKey);
    const bad = new ApiClient(server.url, PLANTED.authorization);
    const metrics = new ApiClient(server.url, PLANTED.metricsToken);
    const plain = await api.endpoint(receiver.url);
    // Secrets that do not open make no delivery: this one is signed with what another key has sealed.
    const event = await api.ingest(plain, `round ${round}`);
    await api.eventWhen(event, ({ status }) => status === 'delivered');
    for (const [client, path] of [
      [api, `/v1/endpoints/${endpoint}`],
      [api, '/v1/endpoints'],
      [api, '/v1/events'],
      [api, `/v1/events/${event}`],
      [api, '/attestation/keys'],
      [api, '/attestation/sth'],
      [api, '/no/such/path'],
      [bad, '/v1/endpoints'],
      [bad, '/metrics'],
      [metrics, '/metrics'],
    ] as const) {
      const answer = await client.call('GET', path);
      said.push(`${path} ${JSON.stringify([...answer.headers])} ${await answer.text()}`);
    }
    if (setting === newSetting) {
      const ended = COMMANDS.map((words) => runServer(words, { ...settings, ...setting }));
      for (const { stdout, stderr, code } of await Promise.all(ended)) {
        expect(code, stderr).toBe(0);
        said.push(stdout, stderr);
      }
    }
    if (setting === withCommand) {
      // Nothing needs the older key any more once this is said.
      await vi.waitFor(
        async () => {
          const { rows } = await withClient(own.connectionString, (client) =>
            client.query<{ count: number }>(
              `SELECT count(DISTINCT substring(sealed FROM 2 FOR 8))::int AS count
               FROM (SELECT secrets FROM endpoint_signing_secrets
                     UNION ALL SELECT custom_headers FROM endpoint_credentials
                     UNION ALL SELECT unnest(secrets) FROM endpoint_signatures) AS all_of_them (sealed)
              WHERE sealed IS NOT NULL`,
            ),
          );
          expect(rows).toEqual([{ count: 1 }]);
        },
        { timeout: 20_000 },
      );
    }
    const { stdout, stderr, code } = await server.end();
    expect(code).toBe(0);
    said.push(stderr, stdout.replace(/^ {2}API key .*$/m, ''));
  }
  // Settings that are wrong are named, and not repeated.
  const wrong = [
    { KAPSEL_SECRET_KEY: `${oldKey.toString('base64')}x` },
    { KAPSEL_SIGNING_KEY: `${seed.toString('base64')}x` },
    { ...oldSetting, DATABASE_URL: `postgres://user:${PLANTED.authorization}@127.0.0.1:1/none` },
    oldSetting, // which no longer opens anything
  ].map((setting) => runServer(['serve'], { ...settings, ...setting }));
  for (const { stdout, stderr, code } of await Promise.all(wrong)) {
    expect(code, stderr).not.toBe(0);
    said.push(stdout, stderr);
  }
  said.push(await dumpDatabase(own.connectionString));

  const all = said.join('\n');
  expect(all).toContain('kapsel_pool_waiting');
  expect(all).toContain('delivery attempted');
  for (const [what, bytes] of Object.entries(secrets)) {
    for (const form of ['latin1', 'hex', 'base64', 'base64url'] as const) {
      expect(all.includes(bytes.toString(form)), `${what} as ${form}`).toBe(false);
    }
  }
  await own.drop();
  await rm(home, { recursive: true, force: true });
}, 120_000);

async function withClient<T>(
  connectionString: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
