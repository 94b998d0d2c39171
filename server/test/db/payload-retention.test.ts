/** Bodies past their retention: gone with their week, while their events are still listed and their proofs still made. */
import { parseProofPackage, verifyProofPackage } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { keepPartitions } from '../../src/db/partition-keeper.ts';
import { listDetachedWeeks, listPartitions } from '../../src/db/partitions.ts';
import { type Api, openApi, refusal } from '../support/api.ts';
import { makeDelivery, makeEvent } from '../support/deliveries.ts';
import { openJournal } from '../support/journal.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

const DAY_MS = 86_400_000;
const RETAIN_DAYS = { event_payloads: 90, delivery_attempts: 2_557, merkle_leaves: 2_557 };

let rooms: Rooms;
let api: Api;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

it('a week is kept while something of it waits, then detached, then dropped; proofs go on', async () => {
  const { pools } = rooms;
  const tenant = await makeTenant(pools.api);
  const endpoint = await makeEndpoint(pools.api, tenant.tenantId);
  const job = await makeDelivery(rooms, endpoint);
  await rooms.commit();
  const waiting = await makeEvent(pools.ingest, endpoint);
  const journal = openJournal();
  const overdue: number[] = [];
  const retired: string[] = [];
  const clock = new ManualClock(Date.now());
  const keep = () =>
    keepPartitions({
      pool: pools.sequencer,
      connectionString: rooms.connectionString,
      clock,
      logger: journal,
      retainDays: RETAIN_DAYS,
      dropPayloadsDays: 7,
      onOverdue: (table, count) => table === 'event_payloads' && overdue.push(count),
      onRetired: (table, what) => retired.push(`${table} ${what}`),
    });
  const reasonsOf = (event: string) =>
    journal.lines.filter((line) => line.event === event).map(({ reason }) => reason);
  const call = (method: 'GET' | 'POST', path: string) =>
    api.call(method, path, { key: tenant.apiKey });

  await keep();
  expect(retired).toEqual([]);
  clock.advance(99 * DAY_MS); // the first partition ends eight days from now at the latest
  await keep();
  expect(reasonsOf('partition kept')).toEqual([expect.stringContaining(waiting)]);
  expect(overdue).toEqual([0, 1]);

  await pools.worker.query('DELETE FROM delivery_queue WHERE event_id = $1', [waiting]);
  await keep();
  expect(overdue).toEqual([0, 1, 0]);
  const [detached] = reasonsOf('partition detached');
  expect(detached).toMatch(/^event_payloads_before_\d{8}$/);
  const weeks = () => listDetachedWeeks(pools.sequencer, 7);
  expect(await weeks()).toEqual([
    { name: detached, detachedAtMs: expect.any(Number), isOver: false },
  ]);
  expect((await listPartitions(pools.sequencer)).map(({ name }) => name)).not.toContain(detached);

  const proof = await call('GET', `/attestation/download-proof/${job.deliveryAttemptId}`);
  const { publicKey } = parseProofPackage(proof.text).signedTreeHead;
  const trust = { keys: [{ publicKey, name: null }] };
  expect(verifyProofPackage(proof.text, trust, { nowMs: Date.now() }).verdict).toBe('verified');
  expect((await call('GET', `/v1/events/${job.eventId}`)).status).toBe(200);
  const retried = await call('POST', `/v1/events/${job.eventId}/retry`);
  expect(refusal(retried)).toEqual([410, 'payload_expired']);

  // What comes at that time has its place.
  await pools.ingest.query("INSERT INTO event_payloads (event_id, body) VALUES ($1, '')", [
    newId(clock.nowMs()),
  ]);

  // However far the clock of a process runs ahead: the days of grace are the database's.
  clock.advance(1_000 * DAY_MS);
  await keep();
  expect((await weeks()).map(({ name }) => name)).toContain(detached);
  await pools.worker.query(`COMMENT ON TABLE ${detached} IS NULL`); // as after a crash
  await keep();
  expect((await weeks())[0]?.detachedAtMs).not.toBeNull();
  await pools.worker.query(
    `COMMENT ON TABLE ${detached} IS 'detached at ${new Date(Date.now() - 8 * DAY_MS).toISOString()}'`,
  );
  retired.length = 0;
  await keep();
  expect(retired).toEqual(['event_payloads dropped']);
  expect(reasonsOf('partition dropped')).toEqual([detached]);
  expect((await weeks()).map(({ name }) => name)).not.toContain(detached);
});
