import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { runVerifier } from '../support/run-program.ts';
import {
  ApiClient,
  type ServerProcess,
  type Settings,
  startServer,
  testSettings,
} from '../support/server-process.ts';

let database: TestDatabase;
let folder: string;
let receiver: ReceiverProcess;
const servers: ServerProcess[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-crash-'));
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.end('SIGKILL');
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

async function start(change: Settings = {}): Promise<ServerProcess> {
  const settings = { ...testSettings(database.connectionString, folder), ...change };
  const server = await startServer(settings);
  servers.push(server);
  return server;
}

it('a webhook whose server is killed before it is delivered is delivered and proven after the restart', async () => {
  // The only slot is taken by a destination that never answers: what is accepted now is not delivered.
  await receiver.answer('hang');
  const first = await start({ KAPSEL_DELIVERY_SLOTS: '1' });
  const api = new ApiClient(first.url, first.apiKey ?? '');
  const endpoint = await api.endpoint(receiver.url);
  const blocker = await api.ingest(endpoint, 'blocker');
  await receiver.arrived(1);
  const eventId = await api.ingest(endpoint, 'accepted');
  expect(await api.event(eventId)).toMatchObject({ status: 'received', attempts: [] });
  expect(await first.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });

  await receiver.answer(200);
  const second = await start();
  expect(second.apiKey).toBeNull();
  expect(second.publicKey).toBe(first.publicKey);
  api.url = second.url;
  const { attempts } = await api.eventWhen(eventId, ({ status }) => status === 'delivered');
  const [attempt] = attempts;
  if (attempt === undefined) throw new Error('a delivered event has an attempt');
  expect(receiver.arrivals.map((arrival) => arrival.eventId)).toEqual([blocker, eventId]);
  const file = join(folder, 'proof.json');
  await writeFile(file, await api.proof(attempt));
  const end = await runVerifier('--proof', file, '--public-key', first.publicKey);
  expect(end.code, end.stderr).toBe(0);

  // Of the other one nobody knows: it is still leased to the dead, and claimed by none.
  expect(await api.event(blocker)).toMatchObject({
    status: 'pending',
    attempts: [{ outcome: null }],
  });
  expect(await second.end()).toMatchObject({ code: 0 });
  expect(await checkLog(database.connectionString)).toMatchObject({ waiting: 0, unsettled: 1 });
});

it('every webhook that was accepted is there after a kill in the middle of many', async () => {
  await receiver.answer('hang');
  const first = await start({ KAPSEL_DELIVERY_SLOTS: '1' });
  const api = new ApiClient(first.url, first.apiKey ?? '');
  const endpoint = await api.endpoint(receiver.url);
  await api.ingest(endpoint, 'blocker');
  await receiver.arrived(1);
  const accepted: string[] = [];
  // Each sender goes on until its connection breaks; only what was confirmed is promised.
  const senders = Array.from({ length: 8 }, async (_, sender) => {
    for (let i = 0; ; i++) {
      const id = await api.ingest(endpoint, `${sender}/${i}`).catch(() => null);
      if (id === null) return;
      accepted.push(id);
      if (accepted.length === 50) first.signal('SIGKILL');
    }
  });
  await Promise.all(senders);
  await first.end('SIGKILL');
  expect(accepted.length).toBeGreaterThanOrEqual(50);

  await receiver.answer(200);
  const second = await start();
  api.url = second.url;
  for (const id of accepted) await api.eventWhen(id, ({ status }) => status === 'delivered');
  expect(await second.end()).toMatchObject({ code: 0 });
  const checked = await checkLog(database.connectionString);
  expect(checked).toMatchObject({ waiting: 0, unsettled: 1 });
  const delivered = new Set(checked.leaves.map(({ eventId }) => eventId));
  expect(accepted.filter((id) => !delivered.has(id))).toEqual([]);
  const arrived = receiver.arrivals.slice(1).map(({ attemptId }) => attemptId);
  expect(new Set(arrived)).toEqual(new Set(checked.leaves.map((leaf) => leaf.deliveryAttemptId)));
});
