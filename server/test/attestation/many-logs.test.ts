/** A shared log and tenants' own ones in one database: each leaf in its own tree, also after its month is gone. @module */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkLog } from '../../../test/support/check-log.ts';
import { startSequencer } from '../../src/attestation/sequencer.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import { keepPartitions } from '../../src/db/partition-keeper.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import type { Log } from '../../src/logs/log.ts';
import { makeDelivery } from '../support/deliveries.ts';
import { openJournal } from '../support/journal.ts';
import { giveSigner, ringOf } from '../support/log-bench.ts';
import { memoryHeads } from '../support/published-memory.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { giveOwnLog, makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
let endpoints: Endpoint[];
let own: Log;
beforeAll(async () => {
  rooms = await openRooms();
  const tenants = [await makeTenant(rooms.pools.api), await makeTenant(rooms.pools.api)] as const;
  own = await giveOwnLog(rooms.pools.api, tenants[1].tenantId);
  endpoints = [];
  for (const { tenantId } of tenants) {
    endpoints.push(await makeEndpoint(rooms.pools.api, tenantId));
  }
});
afterAll(() => rooms.close());

/** Deliveries of both tenants in turn, all sequenced. */
async function deliver(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    for (const endpoint of endpoints) await makeDelivery(rooms, endpoint);
  }
  const sequencer = startSequencer({
    pool: rooms.pools.sequencer,
    clock: systemClock,
    logger: openJournal(),
    intervalMs: 60_000,
    batch: 1_000,
    limit: 4,
  });
  await sequencer.stop();
}

async function signOwn(): Promise<void> {
  const ring = ringOf(await giveSigner(rooms.pools.sequencer, own));
  const pace = { growingMs: 0, idleMs: 0 };
  const published = memoryHeads();
  await signHead({ pool: rooms.pools.sequencer, clock: systemClock, ring, pace, published }, own);
}

it('each tenant has its leaves in its own tree, and a check of everything finds them all', async () => {
  await deliver(5);
  const checked = await checkLog(rooms.connectionString);
  expect(checked).toMatchObject({ waiting: 0, unsettled: 0 });
  const sizeOf = (log: Log) => checked.trees.get(log.origin)?.tree.size;
  expect([sizeOf(rooms.log), sizeOf(own)]).toEqual([5, 5]);
  expect(checked.leaves).toHaveLength(10);
});

it('what retention detaches is still there for whoever checks everything', async () => {
  const day = new Date(Date.UTC(2016, 4, 20));
  for (const parent of ['merkle_leaves', 'delivery_attempts']) {
    await rooms.pools.api.query('SELECT ensure_month_partition($1, $2)', [parent, day]);
  }
  await rooms.pools.api.query('UPDATE merkle_leaves SET committed_at = $1', [day]);
  const keep = () =>
    keepPartitions({
      pool: rooms.pools.sequencer,
      connectionString: rooms.connectionString,
      clock: systemClock,
      logger: openJournal(),
      retainDays: { event_payloads: 90, delivery_attempts: 2_557, merkle_leaves: 2_557 },
      dropPayloadsDays: 7,
    });
  const left = async (): Promise<number> =>
    (await rooms.pools.api.query('SELECT 1 FROM merkle_leaves')).rows.length;

  await rooms.commit(); // a head of the shared log; the other has none yet
  await keep();
  expect(await left()).toBe(10);
  await signOwn();
  await keep();
  expect(await left()).toBe(0);
  await deliver(2);
  const checked = await checkLog(rooms.connectionString);
  expect(checked.leaves).toHaveLength(14);
  expect(await left()).toBe(4);
});
