/** A server whose deliveries may take thirty seconds is gone after thirty all the same, and knows of each request. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { startReceiver } from '../support/receiver-process.ts';
import { ApiClient, startServer, testSettings } from '../support/server-process.ts';

it('requests that would outlive it are ended, and their leaves say by whom', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-drain-'));
  const database = await createTestDatabase();
  const receiver = await startReceiver();
  try {
    const server = await startServer({
      ...testSettings(database.connectionString, folder),
      KAPSEL_DELIVERY_TIMEOUT_MS: '30000',
    });
    const api = new ApiClient(server.url, server.apiKey ?? '');
    await receiver.answer('hang');
    await api.ingest(await api.endpoint(receiver.url), 'never answered');
    await receiver.arrived(1);
    const startMs = performance.now();
    expect(await server.end()).toMatchObject({ code: 0, signal: null });
    expect(performance.now() - startMs).toBeLessThan(30_000);
    const checked = await checkLog(database.connectionString);
    expect(checked).toMatchObject({ waiting: 0, unsettled: 0 });
    expect(checked.leaves).toMatchObject([{ outcome: 'failed', error: 'shutdown' }]);
  } finally {
    await receiver.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
