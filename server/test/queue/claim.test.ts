/** Who gets the slots: nobody waits for an endpoint that is slow, or for a tenant that sends more. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { EndpointId } from '../../src/base/ids.ts';
import { createDeliveryClient, type DeliveryClient } from '../../src/delivery/connector.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { insertEventsAcrossTenants } from '../../src/events/store.ts';
import { Claims, type Taken } from '../../src/queue/claim.ts';
import { type ShareRules, Shares } from '../../src/queue/shares.ts';
import { sendEvents, startCrew, untilEnded } from '../support/circuit-bench.ts';
import { eventFor, LONG_LEASE_MS } from '../support/deliveries.ts';
import { openReceiver } from '../support/receiver.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let tenant: TestTenant;
let client: DeliveryClient;

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
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
});

function makeOne(owner: TestTenant = tenant): Promise<Endpoint> {
  return makeEndpoint(rooms.pools.api, owner.tenantId);
}

/** Claims without sending: what is taken stays taken. */
function claimsOf(
  rules: Partial<ShareRules>,
  monotonicMs = () => systemClock.monotonicMs(),
): {
  readonly claims: Claims;
  readonly round: () => Promise<Taken[]>;
  readonly shares: Shares;
} {
  const perUnproven = rules.perEndpoint ?? 100;
  const shares = new Shares(
    { slots: 100, perEndpoint: 100, perTenant: 100, perUnproven, unproven: 100, ...rules },
    monotonicMs,
  );
  const claims = new Claims({
    pool: rooms.pools.worker,
    clock: systemClock,
    shares,
    leaseMs: LONG_LEASE_MS,
  });
  return {
    claims,
    shares,
    async round() {
      const taken: Taken[] = [];
      await claims.round((each) => {
        const { endpointId, tenantId } = each.job;
        shares.take({
          endpointId,
          tenantId,
          lane: each.lane,
          isFailing: each.job.health !== 'good',
          maxPerS: each.job.maxPerS,
        });
        taken.push(each);
      });
      return taken;
    },
  };
}

/** So many deliveries of it have succeeded. */
function prove(shares: Shares, endpointId: EndpointId, successes: number): void {
  const held = {
    endpointId,
    tenantId: tenant.tenantId,
    lane: 'first',
    isFailing: false,
    maxPerS: null,
  } as const;
  for (let i = 0; i < successes; i++) {
    shares.take(held);
    shares.give(held, 'success');
  }
}

function countBy(taken: readonly Taken[], of: (each: Taken) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of taken) counts[of(each)] = (counts[of(each)] ?? 0) + 1;
  return counts;
}

/** Makes events look tried: due again, with one attempt behind them. */
async function makeRetries(endpoint: Endpoint, count: number): Promise<void> {
  const ids = await sendEvents(rooms, endpoint, count);
  await rooms.pools.worker.query(
    'UPDATE delivery_queue SET attempts = 1, lease_id = 2 WHERE event_id = ANY($1)',
    [ids],
  );
}

describe('a round of claims', () => {
  it('gives an endpoint no more than its share, in one claim and over several', async () => {
    const [busy, quiet] = [await makeOne(), await makeOne()];
    await sendEvents(rooms, busy, 20);
    await sendEvents(rooms, quiet, 2);
    const { round } = claimsOf({ perEndpoint: 3 });
    const taken = [...(await round()), ...(await round()), ...(await round())];
    expect(countBy(taken, ({ job }) => job.endpointId)).toEqual({ [busy.id]: 3, [quiet.id]: 2 });
  });

  it('gives an endpoint as many a second as it takes, those behind it all they may', async () => {
    const [paced, other] = [await makeOne(), await makeOne()];
    await rooms.pools.api.query('UPDATE endpoints SET max_per_s = 4 WHERE id = $1', [paced.id]);
    await sendEvents(rooms, paced, 1_100); // more than one claim looks at
    await sendEvents(rooms, other, 3);
    let nowMs = 50_000;
    const { round, shares } = claimsOf({}, () => nowMs);
    const begun: number[] = [];
    let others = 0;
    for (let i = 0; i < 12; i++) {
      const taken = await round();
      const { [paced.id]: count = 0, [other.id]: more = 0 } = countBy(
        taken,
        ({ job }) => job.endpointId,
      );
      begun.push(count);
      others += more;
      for (const { job, lane } of taken) {
        const { endpointId, tenantId, maxPerS } = job;
        shares.give({ endpointId, tenantId, lane, isFailing: false, maxPerS }, 'success');
      }
      nowMs += 125;
    }
    expect(begun).toEqual([4, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    expect(others).toBe(3);
  });

  it('gives a tenant no more than its share, whatever it has of endpoints', async () => {
    const other = await makeTenant(rooms.pools.api);
    for (let i = 0; i < 4; i++) await sendEvents(rooms, await makeOne(), 5);
    await sendEvents(rooms, await makeOne(other), 5);
    const { round } = claimsOf({ slots: 16, perTenant: 12 });
    const taken = [...(await round()), ...(await round())];
    expect(countBy(taken, ({ job }) => job.tenantId)).toEqual({
      [tenant.tenantId]: 12,
      [other.tenantId]: 4,
    });
  });

  it('gives an endpoint that fails no more than one that nothing is known of', async () => {
    const [failing, quiet] = [await makeOne(), await makeOne()];
    await rooms.pools.api.query('UPDATE endpoints SET failing_since = now() WHERE id = $1', [
      failing.id,
    ]);
    await sendEvents(rooms, failing, 20);
    await sendEvents(rooms, quiet, 20);
    const { round, shares } = claimsOf({ perEndpoint: 16, perUnproven: 2 });
    for (const { id } of [failing, quiet]) prove(shares, id, 3);
    const taken = [...(await round()), ...(await round()), ...(await round())];
    expect(countBy(taken, ({ job }) => job.endpointId)).toEqual({
      [failing.id]: 2,
      [quiet.id]: 16,
    });
  });

  it('finds others behind a backlog that is longer than one claim looks at', async () => {
    const [busy, quiet] = [await makeOne(), await makeOne()];
    const backlog = Array.from({ length: 1_500 }, () => eventFor(busy));
    await insertEventsAcrossTenants(rooms.pools.ingest, backlog);
    await sendEvents(rooms, quiet, 2);
    const { round } = claimsOf({ perEndpoint: 3 });
    const taken = [...(await round()), ...(await round())];
    expect(countBy(taken, ({ job }) => job.endpointId)).toEqual({ [busy.id]: 3, [quiet.id]: 2 });
  });

  it('goes round all endpoints, however many of them wait', async () => {
    const busy = await makeOne();
    const backlog = Array.from({ length: 1_100 }, () => eventFor(busy));
    await insertEventsAcrossTenants(rooms.pools.ingest, backlog);
    const others = await Promise.all(Array.from({ length: 12 }, () => makeOne()));
    for (const each of others) await sendEvents(rooms, each, 2);
    const { round } = claimsOf({ slots: 40, perEndpoint: 2 });
    const taken: Taken[] = [];
    for (let i = 0; i < 6; i++) taken.push(...(await round()));
    const counts = countBy(taken, ({ job }) => job.endpointId);
    expect(Object.keys(counts)).toHaveLength(13);
    expect(Object.values(counts).every((count) => count === 2)).toBe(true);
  });

  it('takes retries in one claim of four where first attempts fill it, and keeps slots for these', async () => {
    const endpoint = await makeOne();
    await makeRetries(endpoint, 100);
    await sendEvents(rooms, endpoint, 400);
    const { round, shares } = claimsOf({});
    const lanes: Record<string, number>[] = [];
    for (let i = 0; i < 8; i++) {
      const taken = await round();
      lanes.push(countBy(taken, ({ lane }) => lane));
      // Those that are over make room again.
      for (const { job, lane } of taken) {
        const { endpointId, tenantId } = job;
        shares.give({ endpointId, tenantId, lane, isFailing: false, maxPerS: null }, 'success');
      }
    }
    expect(lanes.filter(({ again = 0 }) => again > 0)).toHaveLength(2);
    expect(lanes.every(({ again = 0 }) => again <= 75)).toBe(true);
    expect(lanes[3]).toEqual({ again: 75, first: 25 });
  });

  it('gives the unproven a part of the slots, by one claim and over several, and the rest to a proven one behind them', async () => {
    const hanging = await Promise.all(Array.from({ length: 50 }, () => makeOne()));
    for (const each of hanging) await sendEvents(rooms, each, 30);
    const good = await makeOne();
    await sendEvents(rooms, good, 20);
    const { round, shares } = claimsOf({ slots: 32, perEndpoint: 8, perUnproven: 2, unproven: 16 });
    prove(shares, good.id, 3);
    const taken: Taken[] = [];
    for (let i = 0; i < 12; i++) taken.push(...(await round()));
    const { [good.id]: ofGood, ...others } = countBy(taken, ({ job }) => job.endpointId);
    expect(ofGood).toBe(8);
    expect(Object.values(others).every((count) => count <= 2)).toBe(true);
    expect(Object.values(others).reduce((sum, count) => sum + count, 0)).toBe(16);
  });

  it('brings no more than so many bytes into memory at once, and comes back for the rest', async () => {
    const endpoint = await makeOne();
    const body = Buffer.alloc(10 * 1024 * 1024);
    for (let i = 0; i < 8; i++) {
      await insertEventsAcrossTenants(rooms.pools.ingest, [eventFor(endpoint, body)]);
    }
    const { claims, round } = claimsOf({});
    const sizes: number[] = [];
    expect(await claims.round(({ job }) => sizes.push(job.body.length))).toBe(true);
    expect(sizes).toHaveLength(6);
    expect(await round()).toHaveLength(2);
  });

  it('takes retries whenever there is nothing else', async () => {
    await makeRetries(await makeOne(), 5);
    const { round } = claimsOf({});
    expect(countBy(await round(), ({ lane }) => lane)).toEqual({ again: 5 });
  });
});

it('an endpoint that hangs with all its slots taken does not keep a healthy one waiting', async () => {
  const hanging = await openReceiver(() => undefined);
  const healthy = await openReceiver();
  const slow = await makeEndpoint(rooms.pools.api, tenant.tenantId, { url: hanging.url });
  const good = await makeEndpoint(rooms.pools.api, tenant.tenantId, { url: healthy.url });
  const shares = { slots: 12, perEndpoint: 4, perTenant: 12, perUnproven: 4, unproven: 8 };
  const crew = startCrew(rooms, client, {}, { shares, deadlineMs: 25_000 });
  try {
    await sendEvents(rooms, slow, 50);
    await hanging.arrived(4);
    await sendEvents(rooms, good, 100);
    crew.worker.wake();
    await healthy.arrived(100);
    // None of the four has ended, and none of the others has taken a slot from the healthy one.
    expect(hanging.requests).toHaveLength(4);
  } finally {
    await hanging.close();
    await healthy.close();
    await crew.stop();
  }
});

it('fifty endpoints that hang leave slots to one that answers', async () => {
  const hanging = await openReceiver(() => undefined);
  const healthy = await openReceiver();
  const good = await makeEndpoint(rooms.pools.api, tenant.tenantId, { url: healthy.url });
  const shares = { slots: 16, perEndpoint: 8, perTenant: 16, perUnproven: 1, unproven: 8 };
  const crew = startCrew(rooms, client, {}, { shares, deadlineMs: 25_000 });
  try {
    const [first] = await sendEvents(rooms, good, 1);
    crew.worker.wake();
    await untilEnded(rooms, first === undefined ? [] : [first], 'delivered');
    for (let i = 0; i < 50; i++) {
      const { url } = hanging;
      await sendEvents(rooms, await makeEndpoint(rooms.pools.api, tenant.tenantId, { url }), 4);
    }
    crew.worker.wake();
    await hanging.arrived(8);
    const ids = await sendEvents(rooms, good, 200);
    crew.worker.wake();
    await untilEnded(rooms, ids, 'delivered');
    // All of these still hang, and no others have been let beside them.
    expect(hanging.requests).toHaveLength(8);
  } finally {
    await hanging.close();
    await healthy.close();
    await crew.stop();
  }
});

it('a thousand slow deliveries are in flight at once', async () => {
  const COUNT = 1_000;
  const waiting: (() => void)[] = [];
  const slow = await openReceiver((response) => waiting.push(() => response.end()));
  const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId, { url: slow.url });
  const shares = {
    slots: COUNT,
    perEndpoint: COUNT,
    perTenant: COUNT,
    perUnproven: COUNT,
    unproven: COUNT,
  };
  const wide = createDeliveryClient({
    allowHttp: true,
    egressAllow: parseCidrList('127.0.0.1'),
    maxConnectionsPerOrigin: COUNT,
  });
  const crew = startCrew(rooms, wide, {}, { shares, deadlineMs: 15_000 });
  try {
    await sendEvents(rooms, endpoint, COUNT);
    crew.worker.wake();
    await slow.arrived(COUNT);
    for (const answer of waiting) answer();
    await vi.waitFor(
      async () => {
        const { rows } = await rooms.pools.api.query<{ n: number }>(
          "SELECT count(*)::int AS n FROM webhook_events WHERE endpoint_id = $1 AND status = 'delivered'",
          [endpoint.id],
        );
        expect(rows[0]?.n).toBe(COUNT);
      },
      { interval: 50, timeout: 15_000 },
    );
  } finally {
    await slow.close();
    await crew.stop();
    await wide.close();
  }
});
