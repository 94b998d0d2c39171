/** Story: a batch of events becomes durable, each once, also when the answer to a commit is lost. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import type { EndpointId, EventId } from '../base/ids.ts';
import { isContention, isDatabaseAway } from '../db/errors.ts';
import type { NewEvent } from '../events/event.ts';
import { findKeysAcrossTenants, type KnownKey } from '../events/idempotency-store.ts';
import { insertEventsAcrossTenants } from '../events/store.ts';

export interface Stored {
  /** Of this event, or of the one that its key has made before. */
  readonly eventId: EventId;
  readonly kind: 'stored' | 'duplicate' | 'duplicate_of_other_body';
}

export interface CommitDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly random: () => number;
}

// A caller waits all this time: after it, it is told to come back.
const GIVE_UP_MS = 5_000;
const MAX_CONTENTIONS = 5;
const LEAST_PAUSE_MS = 20;
const MOST_PAUSE_MS = 500;

/** A key that was known to the insert and gone when it was looked for: its seven days had just ended. */
class KeyVanished extends Error {}

/**
 * Answers one result for each event, in their order. Throws for all of them: the error of a row that cannot be
 * stored, or `unavailable`.
 *
 * A connection that breaks leaves open whether the statement was committed. It is sent again with the same ids, and
 * what is there already counts as stored now.
 */
export async function commitEvents(
  deps: CommitDeps,
  events: readonly NewEvent[],
): Promise<Stored[]> {
  const { clock, random } = deps;
  const sorted = [...events].sort(byKey);
  const untilMs = clock.monotonicMs() + GIVE_UP_MS;
  let contentions = 0;
  for (let tries = 1; ; tries++) {
    try {
      const stored = await storeOnce(deps.pool, sorted);
      return events.map(({ id }) => stored.get(id) as Stored);
    } catch (error) {
      if (isContention(error) || error instanceof KeyVanished) {
        contentions += 1;
        if (contentions > MAX_CONTENTIONS) throw unavailable(error);
      } else if (!isDatabaseAway(error)) {
        throw error;
      }
      const mostMs = Math.min(MOST_PAUSE_MS, LEAST_PAUSE_MS * 2 ** tries);
      const pauseMs = mostMs / 2 + (random() * mostMs) / 2;
      if (clock.monotonicMs() + pauseMs >= untilMs) throw unavailable(error);
      await clock.sleep(pauseMs);
    }
  }
}

function unavailable(cause: unknown): Failure {
  return new Failure('unavailable', 'The event could not be stored in time', { cause });
}

async function storeOnce(
  pool: Pool,
  events: readonly NewEvent[],
): Promise<ReadonlyMap<EventId, Stored>> {
  const inserted = await insertEventsAcrossTenants(pool, events);
  const before = events.filter(({ id }) => !inserted.has(id));
  const known = new Map(
    (await findKeys(pool, before)).map((key) => [placeOf(key.endpointId, key.key), key]),
  );
  return new Map(
    events.map((event) => [
      event.id,
      inserted.has(event.id) ? { eventId: event.id, kind: 'stored' } : storedBefore(event, known),
    ]),
  );
}

function findKeys(pool: Pool, events: readonly NewEvent[]): Promise<KnownKey[]> {
  const places = events.flatMap(({ endpointId, idempotencyKey: key }) =>
    key === undefined || key === null ? [] : [{ endpointId, key }],
  );
  return places.length === 0 ? Promise.resolve([]) : findKeysAcrossTenants(pool, places);
}

function storedBefore(event: NewEvent, known: ReadonlyMap<string, KnownKey>): Stored {
  const { id, endpointId, idempotencyKey } = event;
  // Without a key only its own id can have been there: an earlier try of ours whose answer was lost.
  if (idempotencyKey === undefined || idempotencyKey === null)
    return { eventId: id, kind: 'stored' };
  const key = known.get(placeOf(endpointId, idempotencyKey));
  if (key === undefined) throw new KeyVanished('an idempotency key ended while it was used');
  if (key.eventId === id) return { eventId: id, kind: 'stored' };
  const isSame = Buffer.from(event.payloadHash).equals(key.bodySha256);
  return { eventId: key.eventId, kind: isSame ? 'duplicate' : 'duplicate_of_other_body' };
}

function placeOf(endpointId: EndpointId, key: string): string {
  return `${endpointId}/${key}`;
}

/** By endpoint, then by key: batches that share keys then take their locks in one order. */
function byKey(a: NewEvent, b: NewEvent): number {
  if (a.endpointId !== b.endpointId) return a.endpointId < b.endpointId ? -1 : 1;
  const [left, right] = [a.idempotencyKey ?? '', b.idempotencyKey ?? ''];
  return left === right ? 0 : left < right ? -1 : 1;
}
