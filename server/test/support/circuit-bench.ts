/** One endpoint, its destination and workers on one database: for tests that watch a circuit open and close by time alone. @module */
import { vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { EventId } from '../../src/base/ids.ts';
import type { CircuitRules } from '../../src/delivery/circuit.ts';
import type { CircuitState } from '../../src/delivery/circuits.ts';
import type { DeliveryClient } from '../../src/delivery/connector.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { insertEventsAcrossTenants } from '../../src/events/store.ts';
import { startSetAside } from '../../src/queue/set-aside.ts';
import { Worker, type WorkerDeps } from '../../src/queue/worker.ts';
import { eventFor, LONG_LEASE_MS } from './deliveries.ts';
import { openJournal } from './journal.ts';
import type { Rooms } from './rooms.ts';
import { circuitsOf, settlingOf } from './settling.ts';

export interface Crew {
  readonly worker: Worker;
  /** Changes that this crew's process has made, in order. */
  readonly changes: CircuitState[];
  stop(): Promise<void>;
}

/** What one process does: a worker with its own memory, and whoever sets aside. */
export function startCrew(
  rooms: Rooms,
  client: DeliveryClient,
  rules: Partial<CircuitRules>,
  change: Partial<WorkerDeps> = {},
): Crew {
  const changes: CircuitState[] = [];
  const logger = openJournal();
  const openTimeoutMs = rules.openTimeoutMs ?? 30_000;
  const { pool } = settlingOf(rooms);
  const setAside = startSetAside({
    pool,
    clock: systemClock,
    logger,
    openTimeoutMs,
    onReleased: () => worker.wake(),
  });
  const worker = new Worker({
    ...settlingOf(rooms, logger),
    circuits: circuitsOf(rooms, rules, {
      random: Math.random,
      onCircuit: (_id, state) => {
        changes.push(state);
        if (state === 'open') setAside.wake();
      },
    }),
    onStopped: () => setAside.wake(),
    clock: systemClock,
    client,
    random: () => 0,
    shares: { slots: 64, perEndpoint: 64, perTenant: 64, perUnproven: 64, unproven: 64 },
    leaseMs: LONG_LEASE_MS,
    deadlineMs: 5_000,
    ...change,
  });
  return {
    worker,
    changes,
    async stop() {
      await Promise.all([worker.stop(), setAside.stop()]);
    },
  };
}

export async function sendEvents(
  rooms: Rooms,
  endpoint: Endpoint,
  count: number,
): Promise<EventId[]> {
  const events = Array.from({ length: count }, () => eventFor(endpoint));
  await insertEventsAcrossTenants(rooms.pools.ingest, events);
  return events.map(({ id }) => id);
}

export interface CircuitRow {
  readonly state: CircuitState;
  readonly epoch: number;
  readonly probes: number;
  /** Until it may be probed, by the database's clock; null unless it is open. */
  readonly probeInMs: number | null;
}

export async function circuitOf(rooms: Rooms, { id }: Endpoint): Promise<CircuitRow | null> {
  const { rows } = await rooms.pools.api.query<CircuitRow>(
    `SELECT state, epoch::int AS epoch, cardinality(probes) AS probes,
            extract(epoch FROM probe_at - clock_timestamp())::float8 * 1000 AS "probeInMs"
       FROM endpoint_circuits WHERE endpoint_id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

export async function untilCircuit(
  rooms: Rooms,
  endpoint: Endpoint,
  state: CircuitState,
): Promise<CircuitRow> {
  return vi.waitFor(
    async () => {
      const row = await circuitOf(rooms, endpoint);
      if (row?.state !== state) throw new Error(`the circuit is ${row?.state ?? 'closed'}`);
      return row;
    },
    { interval: 10, timeout: 10_000 },
  );
}

/** Resolves when all of these events have ended as `status`. */
export async function untilEnded(
  rooms: Rooms,
  ids: readonly EventId[],
  status: 'delivered' | 'failed',
): Promise<void> {
  await vi.waitFor(
    async () => {
      const { rows } = await rooms.pools.api.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM webhook_events WHERE id = ANY($1) AND status = $2',
        [ids, status],
      );
      if (rows[0]?.n !== ids.length) throw new Error(`${rows[0]?.n} of ${ids.length}`);
    },
    { interval: 20, timeout: 15_000 },
  );
}

/** Resolves when none of the endpoint's deliveries is in flight. */
export async function untilQuiet(rooms: Rooms, { id }: Endpoint): Promise<void> {
  await vi.waitFor(
    async () => {
      const { rows } = await rooms.pools.api.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM delivery_queue
          WHERE endpoint_id = $1 AND inflight_attempt_id IS NOT NULL`,
        [id],
      );
      if (rows[0]?.n !== 0) throw new Error(`${rows[0]?.n} in flight`);
    },
    { interval: 10, timeout: 5_000 },
  );
}
