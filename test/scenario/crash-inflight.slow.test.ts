import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import {
  ApiClient,
  type EventJson,
  type ServerProcess,
  startServer,
  testSettings,
} from '../support/server-process.ts';

/** The shortest lease there is: the shortest request deadline and 30 s. */
const LEASE = { KAPSEL_DELIVERY_TIMEOUT_MS: '10000', KAPSEL_LEASE_MS: '40000' };
const UNTIL_REAPED = { interval: 500, timeout: 90_000 };

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

async function start(): Promise<ServerProcess> {
  const settings = { ...testSettings(database.connectionString, folder), ...LEASE };
  const server = await startServer(settings);
  servers.push(server);
  return server;
}

const isDelivered = ({ status }: EventJson): boolean => status === 'delivered';

it('a request in flight when its server is killed becomes an unknown leaf, and is sent again', async () => {
  await receiver.answer('hang');
  const first = await start();
  const api = new ApiClient(first.url, first.apiKey ?? '');
  const eventId = await api.ingest(await api.endpoint(receiver.url), 'in flight');
  await receiver.arrived(1);
  await first.end('SIGKILL');

  await receiver.answer(200);
  const second = await start();
  api.url = second.url;
  const event = await vi.waitFor(async () => {
    const found = await api.event(eventId);
    if (!isDelivered(found)) throw new Error(found.status);
    return found;
  }, UNTIL_REAPED);
  expect(event.attempts).toMatchObject([
    { attempt_number: 1, outcome: 'unknown', response_status: null, error: 'lease_expired' },
    { attempt_number: 2, outcome: 'delivered', response_status: 200, error: null },
  ]);
  for (const attempt of event.attempts) await api.proof(attempt);
  expect(receiver.arrivals.map(({ attemptId }) => attemptId)).toEqual(
    event.attempts.map(({ delivery_attempt_id: id }) => id),
  );
  expect(await second.end()).toMatchObject({ code: 0 });
  const checked = await checkLog(database.connectionString);
  expect(checked).toMatchObject({ waiting: 0, unsettled: 0 });
  expect(checked.leaves).toMatchObject([
    { outcome: 'unknown', completedAt: null },
    { outcome: 'delivered' },
  ]);
});

it('after a kill under load everything accepted is delivered, and every request has one leaf', async () => {
  const first = await start();
  const api = new ApiClient(first.url, first.apiKey ?? '');
  const endpoint = await api.endpoint(receiver.url);
  const accepted: string[] = [];
  const senders = Array.from({ length: 8 }, async (_, sender) => {
    for (let i = 0; ; i++) {
      const id = await api.ingest(endpoint, `${sender}/${i}`).catch(() => null);
      if (id === null) return;
      accepted.push(id);
      if (accepted.length === 200) first.signal('SIGKILL');
    }
  });
  await Promise.all(senders);
  await first.end('SIGKILL');

  const second = await start();
  api.url = second.url;
  for (const id of accepted) {
    await vi.waitFor(async () => {
      const found = await api.event(id);
      if (!isDelivered(found)) throw new Error(found.status);
    }, UNTIL_REAPED);
  }
  expect(await second.end()).toMatchObject({ code: 0 });
  const checked = await checkLog(database.connectionString);
  expect(checked).toMatchObject({ waiting: 0, unsettled: 0 });
  const logged = new Set(checked.leaves.map((leaf) => leaf.deliveryAttemptId));
  const arrived = receiver.arrivals.map(({ attemptId }) => attemptId);
  expect(arrived.filter((id) => !logged.has(id))).toEqual([]);
  expect(new Set(arrived).size).toBe(arrived.length);
});
