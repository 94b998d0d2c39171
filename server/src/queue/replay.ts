/** Story: an event is delivered once more because its tenant says so: a new attempt, and the whole budget again. @module */
import { Failure, notFound } from '../base/failure.ts';
import type { EventId, TenantId } from '../base/ids.ts';
import { inTransaction, type TransactionSource } from '../db/transaction.ts';
import { hurryQueued, lockEvent, lockQueued, queueAgain, reopenEvent } from './replay-store.ts';

/** `held`: its endpoint is disabled, and lets it go when it is enabled. */
export type Replayed = 'queued' | 'held';

/** Throws a Failure for an event that is not there, is being sent just now, or has lost its body to retention. */
export function replayEvent(
  source: TransactionSource,
  tenantId: TenantId,
  eventId: EventId,
): Promise<Replayed> {
  return inTransaction(source, async (db) => {
    const queued = await lockQueued(db, tenantId, eventId);
    const event = await lockEvent(db, tenantId, eventId);
    if (event === null) throw notFound();
    if (queued?.isInFlight) {
      throw new Failure('in_flight', 'A delivery of this event is on its way');
    }
    if (!event.hasPayload) {
      throw new Failure('payload_expired', 'The body of this event is no longer kept');
    }
    if (queued !== null) {
      // Of a disabled endpoint it is held within a second, as all others.
      await hurryQueued(db, tenantId, eventId);
      return event.isEndpointDisabled ? 'held' : 'queued';
    }
    await reopenEvent(db, tenantId, eventId, event.isEndpointDisabled);
    if (event.isEndpointDisabled) return 'held';
    await queueAgain(db, tenantId, eventId);
    return 'queued';
  });
}
