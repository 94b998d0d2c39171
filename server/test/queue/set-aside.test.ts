/** Endpoints that are disabled: by their destination, by long failure, by request; what becomes of their events, and how they come back. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { inTransaction } from '../../src/db/transaction.ts';
import { createDeliveryClient, type DeliveryClient } from '../../src/delivery/connector.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { disableEndpoint, enableEndpoint } from '../../src/endpoints/state-store.ts';
import { findEndpoint } from '../../src/endpoints/store.ts';
import { findEvent, insertEventsAcrossTenants } from '../../src/events/store.ts';
import { setAside } from '../../src/queue/set-aside.ts';
import { switchOn } from '../../src/queue/switch-endpoint.ts';
import { type Crew, sendEvents, startCrew, untilEnded } from '../support/circuit-bench.ts';
import { claim, eventFor } from '../support/deliveries.ts';
import { type Journal, openJournal } from '../support/journal.ts';
import { answerWith, openReceiver } from '../support/receiver.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { untilBlocked } from '../support/sessions.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let tenant: TestTenant;
let client: DeliveryClient;
let journal: Journal;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  rooms = await openRooms();
  tenant = await makeTenant(rooms.pools.api);
  client = createDeliveryClient({ allowHttp: true, egressAllow: parseCidrList('127.0.0.1') });
});
afterAll(async () => {
  await client.close();
  await rooms.close();
});
beforeEach(async () => {
  journal = openJournal();
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function endpointAt(
  statuses: readonly number[],
  change: Partial<Endpoint> = {},
): Promise<Endpoint> {
  const receiver = await openReceiver(answerWith(...statuses));
  closing.push(() => receiver.close());
  const { url } = receiver;
  return makeEndpoint(rooms.pools.api, tenant.tenantId, { url, ...change });
}

function start(perEndpoint = 64): Crew {
  const shares = { slots: 64, perEndpoint, perTenant: 64, perUnproven: perEndpoint, unproven: 64 };
  const crew = startCrew(rooms, client, {}, { shares, logger: journal });
  closing.push(() => crew.stop());
  return crew;
}

async function stateOf({ id }: Endpoint) {
  const endpoint = await findEndpoint(rooms.pools.api, tenant.tenantId, id);
  return endpoint?.state;
}

async function counts({ id }: Endpoint): Promise<{ held: number; queued: number }> {
  const { rows } = await rooms.pools.api.query<{ held: number; queued: number }>(
    `SELECT (SELECT count(*)::int FROM webhook_events WHERE endpoint_id = $1 AND held) AS held,
            (SELECT count(*)::int FROM delivery_queue WHERE endpoint_id = $1) AS queued`,
    [id],
  );
  return rows[0] ?? { held: -1, queued: -1 };
}

function settleAside(): Promise<boolean> {
  return setAside({
    pool: rooms.pools.worker,
    clock: { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => undefined },
    logger: journal,
    openTimeoutMs: 30_000,
    onReleased: () => undefined,
  });
}

describe('a destination that answers 410', () => {
  it('is disabled as gone, with a line that says so; what waits is held, and so is what comes', async () => {
    const endpoint = await endpointAt([410]);
    const ids = await sendEvents(rooms, endpoint, 5);
    start(1);
    await vi.waitFor(async () => expect(await counts(endpoint)).toEqual({ held: 4, queued: 0 }), {
      timeout: 5_000,
    });
    expect(await stateOf(endpoint)).toMatchObject({ disabledReason: 'gone' });
    expect(journal.lines).toContainEqual({
      level: 'warn',
      event: 'endpoint disabled',
      endpoint_id: endpoint.id,
      tenant_id: tenant.tenantId,
      reason: 'gone',
    });
    const events = await Promise.all(
      ids.map((id) => findEvent(rooms.pools.api, tenant.tenantId, id)),
    );
    expect(events.filter((event) => event?.failureReason === 'gone')).toHaveLength(1);
    expect(events.filter((event) => event?.isHeld)).toHaveLength(4);
    await sendEvents(rooms, endpoint, 1);
    expect(await counts(endpoint)).toEqual({ held: 5, queued: 0 });
  });
});

it('a status that the endpoint lists is tried again', async () => {
  const delivery = { maxDelayS: 512, retryStatuses: [404], disableAfterH: 120, maxPerS: null };
  const endpoint = await endpointAt([404, 200], { delivery });
  const ids = await sendEvents(rooms, endpoint, 1);
  start();
  await untilEnded(rooms, ids, 'delivered');
});

describe('unbroken failure', () => {
  it('is remembered from the first one to the next success', async () => {
    const endpoint = await endpointAt([500, 200]);
    const ids = await sendEvents(rooms, endpoint, 1);
    const crew = start();
    await vi.waitFor(async () =>
      expect(await stateOf(endpoint)).toMatchObject({ failingSinceMs: expect.any(Number) }),
    );
    await untilEnded(rooms, ids, 'delivered');
    expect(await stateOf(endpoint)).toMatchObject({ failingSinceMs: null, disabledAtMs: null });
    await crew.stop();
  });

  it.each([
    { hours: 121, afterH: 120, isDisabled: true },
    { hours: 119, afterH: 120, isDisabled: false },
    { hours: 8_000, afterH: 0, isDisabled: false },
  ])(
    'of $hours h disables where it may last $afterH h: $isDisabled',
    async ({ hours, afterH, isDisabled }) => {
      const delivery = { maxDelayS: 512, retryStatuses: [], disableAfterH: afterH, maxPerS: null };
      const endpoint = await endpointAt([500], { delivery, maxAttempts: 1 });
      await rooms.pools.api.query(
        'UPDATE endpoints SET failing_since = now() - make_interval(hours => $2) WHERE id = $1',
        [endpoint.id, hours],
      );
      const ids = await sendEvents(rooms, endpoint, 1);
      start();
      await untilEnded(rooms, ids, 'failed');
      const reason = isDisabled ? 'failing' : null;
      expect(await stateOf(endpoint)).toMatchObject({ disabledReason: reason });
    },
  );
});

describe('a disabled endpoint', () => {
  async function disabled(count: number): Promise<Endpoint> {
    const endpoint = await endpointAt([200]);
    await sendEvents(rooms, endpoint, count);
    await disableEndpoint(rooms.pools.api, tenant.tenantId, endpoint.id);
    return endpoint;
  }

  it('is not claimed for, even before its rows are taken out of the queue', async () => {
    const endpoint = await disabled(3);
    expect(await claim(rooms.pools.worker, 10)).toEqual([]);
    await settleAside();
    expect(await counts(endpoint)).toEqual({ held: 3, queued: 0 });
  });

  it('lets go of all, none, or what came since a time', async () => {
    for (const [release, left] of [
      ['all', 0],
      ['none', 5],
      [{ sinceMs: Date.now() - 1_800_000 }, 2],
    ] as const) {
      const endpoint = await disabled(3);
      const old = [1, 2].map(() =>
        eventFor(endpoint, undefined, { receivedAtMs: Date.now() - 3_600_000 }),
      );
      await insertEventsAcrossTenants(rooms.pools.ingest, old);
      expect(await switchOn(rooms.pools.api, tenant.tenantId, endpoint.id, release)).toBe(true);
      while (await settleAside());
      expect(await counts(endpoint)).toEqual({ held: left, queued: 5 - left });
      await rooms.pools.worker.query('DELETE FROM delivery_queue');
    }
  });

  it('delivers what it held when it is enabled; numbers go on, the budget is new', async () => {
    const endpoint = await endpointAt([500, 200], { maxAttempts: 2 });
    const ids = await sendEvents(rooms, endpoint, 1);
    const crew = start();
    await vi.waitFor(async () =>
      expect(await stateOf(endpoint)).toMatchObject({ failingSinceMs: expect.any(Number) }),
    );
    await disableEndpoint(rooms.pools.api, tenant.tenantId, endpoint.id);
    await vi.waitFor(async () => expect(await counts(endpoint)).toEqual({ held: 1, queued: 0 }), {
      timeout: 5_000,
    });
    await switchOn(rooms.pools.api, tenant.tenantId, endpoint.id, 'all');
    await untilEnded(rooms, ids, 'delivered');
    const { rows } = await rooms.pools.api.query(
      'SELECT attempt_number, lease_id::int FROM delivery_attempts WHERE event_id = $1 ORDER BY 1',
      [ids[0]],
    );
    expect(rows).toEqual([
      { attempt_number: 1, lease_id: 1 },
      { attempt_number: 2, lease_id: 3 },
    ]);
    await crew.stop();
  });

  it('is released chunk by chunk, by several servers, without losing or doubling any', async () => {
    const endpoint = await disabled(0);
    await sendEvents(rooms, endpoint, 2_500);
    await switchOn(rooms.pools.api, tenant.tenantId, endpoint.id, 'all');
    const release = async () => {
      while (await settleAside());
    };
    await Promise.all([release(), release()]);
    await release();
    expect(await counts(endpoint)).toEqual({ held: 0, queued: 2_500 });
  });

  it('that is enabled while events are being stored strands none of them', async () => {
    const endpoint = await disabled(0);
    const event = eventFor(endpoint);
    let enabling: Promise<boolean> = Promise.resolve(false);
    await inTransaction(rooms.pools.ingest, async (db) => {
      await insertEventsAcrossTenants(db, [event]);
      enabling = enableEndpoint(rooms.pools.sequencer, tenant.tenantId, endpoint.id, 'all');
      await untilBlocked(db, 'kapsel-sequencer');
    });
    expect(await enabling).toBe(true);
    while (await settleAside());
    expect(await counts(endpoint)).toEqual({ held: 0, queued: 1 });
  });
});
