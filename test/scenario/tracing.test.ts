/** A server with an SDK loaded before it: the whole way of an event is one trace in the collector. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type OtlpSink, openOtlpSink } from '../support/otlp-sink.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { ApiClient, startServer, testSettings } from '../support/server-process.ts';

const SDK = new URL('../support/otlp-sdk.mjs', import.meta.url).href;

let folder: string;
let database: TestDatabase;
let receiver: ReceiverProcess;
let sink: OtlpSink;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-tracing-'));
  database = await createTestDatabase();
  receiver = await startReceiver();
  sink = await openOtlpSink();
});
afterAll(async () => {
  await sink.close();
  await receiver.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

it('an event is one trace, from its arrival to the head over its leaf', async () => {
  const server = await startServer({
    ...testSettings(database.connectionString, folder),
    NODE_OPTIONS: `--import ${SDK}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
  });
  const api = new ApiClient(server.url, server.apiKey ?? '');
  const endpoint = await api.endpoint(receiver.url);
  const first = await api.ingest(endpoint, 'one');
  const second = await api.ingest(endpoint, 'two');
  const names = (eventId: string): string[] => {
    const traceIds = new Set(
      sink.spans
        .filter(({ attributes }) => JSON.stringify(attributes).includes(eventId))
        .map(({ traceId }) => traceId),
    );
    expect(traceIds.size).toBe(1);
    // The second delivery may go over the connection of the first.
    return sink.spans
      .filter(({ traceId, name }) => traceIds.has(traceId) && name !== 'kapsel.connect')
      .map(({ name }) => name);
  };
  const whole = ['claim', 'commit', 'deliver', 'ingest', 'sequence', 'settle', 'sign', 'ttfb'];
  await vi.waitFor(
    () => {
      for (const eventId of [first, second]) {
        expect(names(eventId).sort()).toEqual(whole.map((name) => `kapsel.${name}`));
      }
    },
    { timeout: 20_000, interval: 50 },
  );
  expect(await server.end()).toMatchObject({ code: 0, stderr: '' });
});
