/** The circuit of an endpoint, as its destination sees it: real sockets, real time, no state that is set from outside. */
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CircuitRules, DEFAULT_RULES } from '../../src/delivery/circuit.ts';
import { createDeliveryClient, type DeliveryClient } from '../../src/delivery/connector.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { reapExpired } from '../../src/queue/reap.ts';
import type { WorkerDeps } from '../../src/queue/worker.ts';
import {
  type Crew,
  circuitOf,
  sendEvents,
  startCrew,
  untilCircuit,
  untilEnded,
  untilQuiet,
} from '../support/circuit-bench.ts';
import { claim } from '../support/deliveries.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { settlingOf } from '../support/settling.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

const OPEN_MS = 500;
/** For the test that has much to do while the circuit is open, so that a busy machine still gets it done. */
const LONG_OPEN_MS = 2_000;
const RULES: Partial<CircuitRules> = { openTimeoutMs: OPEN_MS };
const FAILURES = DEFAULT_RULES.failuresInRow;

let rooms: Rooms;
let tenant: TestTenant;
let client: DeliveryClient;
let receiver: Receiver;
let endpoint: Endpoint;
/** When each request arrived, Unix ms. */
let arrivals: number[];
/** Told what to do with each request; changed by the tests. */
let answer: (response: ServerResponse) => void;
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
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
  arrivals = [];
  answer = withStatus(500);
  receiver = await openReceiver((response) => {
    arrivals.push(Date.now());
    answer(response);
  });
  closing.push(() => receiver.close());
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId, {
    url: receiver.url,
    maxAttempts: 20,
  });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function withStatus(status: number): (response: ServerResponse) => void {
  return (response) => {
    response.statusCode = status;
    response.end();
  };
}

function start(change: Partial<WorkerDeps> = {}, rules = RULES): Crew {
  const crew = startCrew(rooms, client, rules, change);
  closing.push(() => crew.stop());
  return crew;
}

/** One worker, and as many more as a test wants beside it: each stands for a process. */
const SHAPES = [
  { name: 'one process', processes: 1, events: 8 },
  { name: '64 concurrent deliveries', processes: 1, events: 64 },
  { name: 'two processes', processes: 2, events: 24 },
];

describe.each(SHAPES)('with $name', ({ processes, events }) => {
  const startAll = (change: Partial<WorkerDeps> = {}, rules = RULES): Crew[] =>
    Array.from({ length: processes }, () => start(change, rules));

  it('circuit_transitions_open_to_half_open_after_timeout', async () => {
    await sendEvents(rooms, endpoint, events);
    startAll({}, { openTimeoutMs: LONG_OPEN_MS });
    const open = await untilCircuit(rooms, endpoint, 'open');
    expect(open.probeInMs).toBeLessThanOrEqual(LONG_OPEN_MS * 1.1 + 1);
    const openedAtMs = Date.now() - (LONG_OPEN_MS - (open.probeInMs ?? 0));
    await untilQuiet(rooms, endpoint);
    // New events wait as well: nothing leaves while the circuit is open.
    await sendEvents(rooms, endpoint, events);
    const sent: ServerResponse[] = [];
    const before = arrivals.length;
    answer = (response) => sent.push(response);
    const halfOpen = await untilCircuit(rooms, endpoint, 'half_open');
    expect(halfOpen.epoch).toBe(open.epoch + 1);
    await vi.waitFor(() => expect(arrivals.length).toBeGreaterThan(before));
    const probedAtMs = arrivals[before] ?? 0;
    expect(probedAtMs - openedAtMs).toBeGreaterThanOrEqual(LONG_OPEN_MS - 20);
    for (const response of sent) response.end();
  });

  it('half_open_probe_request_limits', async () => {
    await sendEvents(rooms, endpoint, events);
    startAll();
    await untilCircuit(rooms, endpoint, 'open');
    await untilQuiet(rooms, endpoint);
    await sendEvents(rooms, endpoint, events);
    const waiting: ServerResponse[] = [];
    answer = (response) => waiting.push(response);
    await untilCircuit(rooms, endpoint, 'half_open');
    await vi.waitFor(() => expect(waiting).toHaveLength(2), { timeout: 5_000 });
    // As long again as it took to get here, with all the others due: nobody else leaves.
    const until = Date.now() + 3 * OPEN_MS;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(until), {
      interval: 20,
      timeout: 5_000,
    });
    expect(waiting).toHaveLength(2);
    expect(await circuitOf(rooms, endpoint)).toMatchObject({ state: 'half_open', probes: 2 });
    for (const response of waiting) response.end();
  });

  it('half_open_success_closes_circuit', async () => {
    const ids = await sendEvents(rooms, endpoint, events);
    const crews = startAll();
    const open = await untilCircuit(rooms, endpoint, 'open');
    answer = withStatus(204);
    const closed = await untilCircuit(rooms, endpoint, 'closed');
    expect(closed.epoch).toBe(open.epoch + 2);
    await untilEnded(rooms, ids, 'delivered');
    const changes = crews.flatMap((crew) => crew.changes);
    expect(changes.sort()).toEqual(['closed', 'half_open', 'open']);
  });

  it('half_open_failure_reopens_circuit', async () => {
    await sendEvents(rooms, endpoint, events);
    startAll();
    const first = await untilCircuit(rooms, endpoint, 'open');
    const second = await vi.waitFor(
      async () => {
        const row = await circuitOf(rooms, endpoint);
        if (row?.state !== 'open' || row.epoch === first.epoch) throw new Error('still open');
        return row;
      },
      { interval: 5, timeout: 10_000 },
    );
    // Half-open in between, and a whole timeout again.
    expect(second.epoch).toBe(first.epoch + 2);
    expect(second.probeInMs).toBeGreaterThan(OPEN_MS / 2);
    expect(second.probeInMs).toBeLessThanOrEqual(OPEN_MS * 1.1 + 1);
  });
});

describe('a circuit', () => {
  it('that is open costs no attempt: what waits keeps its number and goes when it may', async () => {
    await sendEvents(rooms, endpoint, FAILURES);
    start({}, { openTimeoutMs: 3_000 });
    await untilCircuit(rooms, endpoint, 'open');
    const ids = await sendEvents(rooms, endpoint, 50);
    await vi.waitFor(
      async () => {
        const { rows } = await rooms.pools.api.query<{ due: number; tried: number }>(
          `SELECT count(*) FILTER (WHERE run_at <= now())::int AS due, sum(attempts)::int AS tried
             FROM delivery_queue WHERE event_id = ANY($1)`,
          [ids],
        );
        expect(rows[0]).toEqual({ due: 0, tried: 0 });
      },
      { interval: 20, timeout: 2_500 },
    );
    expect(arrivals).toHaveLength(FAILURES);
  });

  it('opened by one process keeps another from sending at once', async () => {
    const other = await openReceiver();
    closing.push(() => other.close());
    await sendEvents(rooms, endpoint, FAILURES);
    const opener = start();
    await untilCircuit(rooms, endpoint, 'open');
    await opener.stop();
    const before = arrivals.length;
    // A process that has seen none of the failures, and an endpoint that tells when it has claimed.
    const beside = await makeEndpoint(rooms.pools.api, tenant.tenantId, { url: other.url });
    await sendEvents(rooms, endpoint, 3);
    await sendEvents(rooms, beside, 3);
    start({}, { openTimeoutMs: OPEN_MS });
    await other.arrived(3);
    expect(arrivals.length - before).toBeLessThanOrEqual(2);
  });

  it('that is half-open when its prober dies gets the place back with the lease', async () => {
    await sendEvents(rooms, endpoint, FAILURES + 3);
    start({ leaseMs: 1_500, deadlineMs: 400 });
    await untilCircuit(rooms, endpoint, 'open');
    // Probes that nobody settles: what a crash after the claim leaves behind.
    answer = () => undefined;
    const stuck = await untilCircuit(rooms, endpoint, 'half_open');
    expect(stuck.probes).toBeGreaterThan(0);
    await untilCircuit(rooms, endpoint, 'open');
    answer = withStatus(200);
    await untilCircuit(rooms, endpoint, 'closed');
  });

  it('counts what nobody saw the end of', async () => {
    await sendEvents(rooms, endpoint, FAILURES);
    expect(await claim(rooms.pools.worker, FAILURES, 20)).toHaveLength(FAILURES);
    await vi.waitFor(
      async () => expect(await reapExpired(settlingOf(rooms), () => 0)).toBe(FAILURES),
      { interval: 20 },
    );
    expect(await circuitOf(rooms, endpoint)).toMatchObject({ state: 'open', epoch: 1 });
  });

  it('is not charged for addresses that are blocked', async () => {
    const strict = createDeliveryClient({ allowHttp: true, egressAllow: [] });
    closing.push(() => strict.close());
    const ids = await sendEvents(rooms, endpoint, 2 * FAILURES);
    start({ client: strict });
    await untilEnded(rooms, ids, 'failed');
    expect(await circuitOf(rooms, endpoint)).toBeNull();
  });
});
