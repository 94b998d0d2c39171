/** Two servers on one database, each with a head store of its own: they follow each other, and neither refuses. @module */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTreeHead, verifyTreeHead } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import {
  ApiClient,
  type Ended,
  type ServerProcess,
  type Settings,
  startServer,
  testSettings,
} from '../support/server-process.ts';

const ROUND = 15;

let database: TestDatabase;
let receiver: ReceiverProcess;
let folder: string;
let first: Settings;
let second: Settings;
beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-two-stores-'));
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  first = testSettings(database.connectionString, one);
  // The key and the secret are shared, and nothing else but the database.
  second = {
    ...testSettings(database.connectionString, two),
    KAPSEL_SIGNING_KEY_FILE: join(one, 'log-signing-key.pem'),
    KAPSEL_KEYS_DIR: join(one, 'keys'),
    KAPSEL_SECRET_KEY_FILE: join(one, 'secret-key'),
  };
});
afterAll(async () => {
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

async function expectReady(...servers: ServerProcess[]): Promise<void> {
  for (const { url } of servers) expect((await fetch(`${url}/health/ready`)).status).toBe(200);
}

/** Events over each of the servers in turn, each with its proof from each of them. */
async function deliver(key: string, endpoint: string, servers: ServerProcess[]): Promise<void> {
  const apis = servers.map(({ url }) => new ApiClient(url, key));
  await Promise.all(
    Array.from({ length: ROUND }, async (_, i) => {
      const api = apis[i % apis.length] as ApiClient;
      const id = await api.ingest(endpoint, `{"n":${i}}`);
      const event = await api.eventWhen(id, ({ status }) => status === 'delivered');
      const attempt = event.attempts[0];
      if (attempt === undefined) throw new TypeError('no attempt');
      for (const each of apis) await each.proof(attempt);
    }),
  );
  await expectReady(...servers);
}

/** The head in the store of a server, verified. */
async function storedHead(settings: Settings): Promise<{ treeSize: number; timestampMs: number }> {
  const heads = join(settings.KAPSEL_DATA ?? '', 'heads');
  const [name = ''] = (await readdir(heads)).filter((each) => each.endsWith('.json'));
  const head = parseTreeHead((await readFile(join(heads, name), 'utf8')).trimEnd());
  verifyTreeHead(head);
  return head;
}

it('nothing forks and neither refuses, also when one was killed and comes back with an old store', async () => {
  let one = await startServer(first);
  const two = await startServer(second);
  const key = one.apiKey ?? '';
  const endpoint = await new ApiClient(one.url, key).endpoint(receiver.url);
  await deliver(key, endpoint, [one, two]);
  const ends: Ended[] = [await one.end('SIGKILL')];
  const before = await storedHead(first);
  await deliver(key, endpoint, [two]);
  // Its store is behind the database by a round: it follows.
  one = await startServer(first);
  await deliver(key, endpoint, [one, two]);
  ends.push(await two.end());
  await deliver(key, endpoint, [one]);
  ends.push(await one.end());
  expect(ends.map(({ code, signal }) => code ?? signal)).toEqual(['SIGKILL', 0, 0]);
  for (const { stderr } of ends) expect(stderr).not.toContain('signing refused');
  // Every head, both forms, each consistent with the one before; one size has one root.
  const { leaves, heads, waiting } = await checkLog(database.connectionString);
  expect([leaves.length, waiting]).toEqual([4 * ROUND, 0]);
  const times = new Set(heads.map(({ timestampMs }) => timestampMs));
  for (const settings of [first, second]) {
    expect(times.has((await storedHead(settings)).timestampMs)).toBe(true);
  }
  const after = await storedHead(first);
  expect(before.treeSize).toBeLessThan(after.treeSize);
  expect(after.treeSize).toBe(leaves.length);
});
