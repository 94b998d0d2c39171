/** The end of a server: told to load balancers first, idle connections closed, requests finished, what waits too long cut off. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { ApiClient, startServer, testSettings } from '../support/server-process.ts';

let folder: string;
let database: TestDatabase;
let receiver: ReceiverProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-shutdown-'));
  database = await createTestDatabase();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

it('is said before it happens: not ready, and still serving; then idle connections are closed at once', async () => {
  const server = await startServer({
    ...testSettings(database.connectionString, folder),
    KAPSEL_SHUTDOWN_DELAY_MS: '1500',
  });
  const api = new ApiClient(server.url, server.apiKey ?? '');
  const endpoint = await api.endpoint(receiver.url);
  const { port } = new URL(server.url);
  const idle = connect(Number(port), '127.0.0.1');
  await once(idle, 'connect');
  idle.write('GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n');
  await once(idle, 'data');
  const silent = connect(Number(port), '127.0.0.1');
  await once(silent, 'connect');

  server.signal('SIGTERM');
  await vi.waitFor(
    async () => expect((await fetch(`${server.url}/health/ready`)).status).toBe(503),
    { interval: 20 },
  );
  // Whoever has not heard of it yet is still served, and gets what it was promised.
  const late = await api.ingest(endpoint, 'late');
  expect([idle.destroyed, silent.destroyed]).toEqual([false, false]);
  const closed = Promise.all([once(idle, 'close'), once(silent, 'close')]);
  idle.resume();
  silent.resume();
  expect(await server.ended).toMatchObject({ code: 0, signal: null });
  await closed;

  const next = await startServer(testSettings(database.connectionString, folder));
  api.url = next.url;
  await api.eventWhen(late, ({ status }) => status === 'delivered');
  expect(await next.end()).toMatchObject({ code: 0 });
  const { leaves } = await checkLog(database.connectionString);
  expect(leaves.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
});
