/** Events and attempts in the database, made through the stores, with no HTTP anywhere. @module */
import { createHash } from 'node:crypto';
import { type AttemptResult, encodeDeliveryLeaf } from '../../src/attestation/leaf.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type DeliveryAttemptId, type EventId, newId } from '../../src/base/ids.ts';
import { type Db, inTransaction } from '../../src/db/transaction.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { insertEventsAcrossTenants } from '../../src/events/store.ts';
import { claimAcrossTenants } from '../../src/queue/claim-store.ts';
import type { Job, NextStep, SendableJob, Settlement } from '../../src/queue/job.ts';
import type { Lane, Room } from '../../src/queue/shares.ts';
import { settleAcrossTenants } from '../../src/queue/store.ts';
import type { Rooms } from './rooms.ts';

export const LONG_LEASE_MS = 60_000;

export function eventFor(
  endpoint: Endpoint,
  body: Buffer = Buffer.from('{}'),
  change: Partial<NewEvent> = {},
): NewEvent {
  const nowMs = systemClock.nowMs();
  return {
    id: newId<'event'>(nowMs),
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    contentType: 'application/json',
    headers: {},
    body,
    payloadHash: createHash('sha256').update(body).digest(),
    receivedAtMs: nowMs,
    ...change,
  };
}

export async function makeEvent(db: Db, endpoint: Endpoint, body?: Buffer): Promise<EventId> {
  const event = eventFor(endpoint, body);
  await insertEventsAcrossTenants(db, [event]);
  return event.id;
}

export function attemptIds(count: number): DeliveryAttemptId[] {
  return Array.from({ length: count }, () => newId<'delivery_attempt'>(systemClock.nowMs()));
}

/** Nobody is kept from anything. */
export const ALL_ROOM: Room = {
  perUnproven: 10_000,
  unproven: 10_000,
  perTenant: 10_000,
  endpoints: new Map(),
  tenants: new Map(),
};

/** Claims up to `count` due events: first attempts, then others. */
export async function claim(
  db: Db,
  count: number,
  leaseMs = LONG_LEASE_MS,
): Promise<SendableJob[]> {
  const take = async (lane: Lane, most: number): Promise<SendableJob[]> => {
    if (most === 0) return [];
    const nowMs = systemClock.nowMs();
    const wanted = { attemptIds: attemptIds(most), leaseMs, nowMs, room: ALL_ROOM };
    return (await claimAcrossTenants(db, lane, wanted)).jobs;
  };
  const first = await take('first', count);
  return [...first, ...(await take('again', count - first.length))];
}

/** A 200 that took 120 ms. */
export function delivered(job: Job): AttemptResult {
  return {
    outcome: 'delivered',
    completedAtMs: job.attemptedAtMs + 120,
    responseStatus: 200,
    responseHash: createHash('sha256').update('ok').digest(),
    error: null,
  };
}

/** A destination that was not there. */
export function unreachable(job: Job): AttemptResult {
  return {
    outcome: 'failed',
    completedAtMs: job.attemptedAtMs + 120,
    responseStatus: null,
    responseHash: null,
    error: 'connect',
  };
}

export const FINISH: NextStep = { kind: 'finish', status: 'delivered', reason: null };

export function settlement(
  job: Job,
  result: AttemptResult = delivered(job),
  next: NextStep = FINISH,
): Settlement {
  return {
    job,
    result,
    peerAddress: '192.0.2.1',
    leaf: encodeDeliveryLeaf(job.log.origin, job, result),
    next,
    charge: result.outcome === 'delivered' ? 'success' : 'failure',
  };
}

/** An event whose first attempt was delivered; its leaf waits to be numbered. No other event may be due. */
export async function makeDelivery(
  rooms: Rooms,
  endpoint: Endpoint,
  body?: Buffer,
): Promise<SendableJob> {
  await makeEvent(rooms.pools.ingest, endpoint, body);
  return inTransaction(rooms.pools.worker, async (db) => {
    const [job] = await claim(db, 1);
    if (job === undefined) throw new Error('the event was not due');
    await settleAcrossTenants(db, [settlement(job)]);
    return job;
  });
}
