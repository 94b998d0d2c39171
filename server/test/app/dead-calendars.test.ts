/** A whole server whose calendars are all dead: webhooks are taken, delivered and proven as if there were none, and it stops at once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromHex, verifyProofPackage } from '@kapsel/verification';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createChain } from '../../../test/support/bitcoin-chain.ts';
import { openCalendar, type TestCalendar } from '../../../test/support/calendar.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { type App, startApp } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { readConfig } from '../../src/base/config.ts';
import { openJournal } from '../support/journal.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';

let database: TestDatabase;
let folder: string;
let receiver: Receiver;
let calendars: TestCalendar[];
let app: App;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-dead-calendars-'));
  receiver = await openReceiver();
  const chain = createChain();
  calendars = [await openCalendar(chain), await openCalendar(chain)];
  for (const calendar of calendars) calendar.fault = () => 'hang';
  app = await startApp({
    config: readConfig({
      KAPSEL_DATA: folder,
      KAPSEL_PORT: '0',
      KAPSEL_EGRESS_ALLOW: '127.0.0.1',
      KAPSEL_ALLOW_HTTP: '1',
      KAPSEL_HEAD_INTERVAL_MS: '100',
      KAPSEL_SEQUENCE_INTERVAL_MS: '10',
      KAPSEL_UNSAFE_DURABILITY: '1',
      KAPSEL_ANCHOR_CALENDARS: calendars.map(({ url }) => url).join(','),
      KAPSEL_ANCHOR_INTERVAL_MS: '100',
      KAPSEL_ANCHOR_POLL_MS: '100',
    }),
    connectionString: database.connectionString,
    clock: systemClock,
    logger: openJournal(),
    random: () => 0,
  });
});
afterEach(async () => {
  const startedMs = systemClock.monotonicMs();
  await app.stop();
  // Nobody waits for what hangs: the deadline of a calendar is ten seconds.
  expect(systemClock.monotonicMs() - startedMs).toBeLessThan(8_000);
  await receiver.close();
  for (const calendar of calendars) await calendar.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const call = (method: string, path: string, body?: string): Promise<Response> =>
  fetch(app.url + path, {
    method,
    headers: { authorization: `Bearer ${app.firstApiKey}` },
    ...(body === undefined ? {} : { body }),
  });

it('delivers and proves, and says that nothing is anchored yet', async () => {
  const made = await call('POST', '/v1/endpoints', JSON.stringify({ url: receiver.url }));
  const { id } = (await made.json()) as { id: string };
  const prove = async (body: string): Promise<string> => {
    const accepted = await call('POST', `/ingest/${id}`, body);
    const { event_id: eventId } = (await accepted.json()) as { event_id: string };
    return vi.waitFor(
      async () => {
        const event = await call('GET', `/v1/events/${eventId}`);
        const { attempts } = (await event.json()) as { attempts: { proof_url: string }[] };
        const proof = await call('GET', attempts[0]?.proof_url ?? '/none');
        expect(proof.status).toBe(200);
        return proof.text();
      },
      { interval: 10, timeout: 10_000 },
    );
  };
  await prove('first');
  // Both hold a request of ours from here on.
  await vi.waitFor(
    () => expect(calendars.every(({ requests }) => requests.length > 0)).toBe(true),
    {
      interval: 10,
      timeout: 10_000,
    },
  );
  const text = await prove('second');
  const publicKey = bytesFromHex(app.publicKey ?? '');
  const report = verifyProofPackage(
    text,
    { keys: [{ publicKey, name: null }] },
    { nowMs: systemClock.nowMs() + 1_000 },
  );
  expect(report.verdict).toBe('verified');
  const { delivery_attempt_id: attempt } = JSON.parse(text) as { delivery_attempt_id: string };
  const anchored = await call('GET', `/attestation/blockchain-proof/${attempt}`);
  expect([anchored.status, anchored.headers.get('retry-after')]).toEqual([409, '600']);
  expect((await call('GET', '/health/ready')).status).toBe(200);
  const { anchors } = (await (await call('GET', '/attestation/anchors')).json()) as {
    anchors: { status: string }[];
  };
  expect(anchors.map(({ status }) => status)).toContain('pending');
});
