/** Accepts one webhook: the caller hears "accepted" only after event, body and queue row are committed. @module */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { Batcher } from '../base/batcher.ts';
import type { Clock } from '../base/clock.ts';
import { Failure, notFound } from '../base/failure.ts';
import { type EndpointId, type EventId, isUuid, newId } from '../base/ids.ts';
import { isRowFault } from '../db/errors.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { findEndpoint } from '../endpoints/store.ts';
import type { NewEvent } from '../events/event.ts';
import { insertEventsAcrossTenants } from '../events/store.ts';
import type { Caller } from '../tenants/store.ts';

const MAX_BATCH_ROWS = 256;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_WAITING = 4_096;
const WRITERS = 2;

export interface Ingest {
  /** Before the body is read: is this the caller's endpoint? Otherwise the 404 of an unknown id. */
  admit(caller: Caller, endpointId: string): Promise<Endpoint>;
  /** After the body is read: answers with the event's id once it is committed. */
  accept(endpoint: Endpoint, request: IngestRequest): Promise<EventId>;
  /** Resolves when every accepted row is written. */
  drained(): Promise<void>;
}

export interface IngestRequest {
  readonly contentType: string | null;
  /** Headers to keep and to send on, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export function createIngest(deps: {
  pool: Pool;
  clock: Clock;
  /** Told after each commit, so that a worker in this process need not wait for its next poll. */
  onCommitted: () => void;
}): Ingest {
  const batcher = new Batcher<NewEvent, EventId>({
    flush: async (events) => {
      await insertEventsAcrossTenants(deps.pool, events);
      deps.onCommitted();
      return events.map(({ id }) => id);
    },
    sizeOf: ({ body }) => body.length,
    maxBatchRows: MAX_BATCH_ROWS,
    maxBatchBytes: MAX_BATCH_BYTES,
    writers: WRITERS,
    maxWaiting: MAX_WAITING,
    overloaded: () => new Failure('overloaded', 'Too many events are waiting to be stored'),
    isRowFault,
  });
  return {
    admit: async (caller, endpointId) => {
      if (!isUuid(endpointId)) throw notFound();
      const endpoint = await findEndpoint(deps.pool, caller.tenantId, endpointId as EndpointId);
      if (endpoint === null) throw notFound();
      return endpoint;
    },
    accept: (endpoint, request) => {
      const nowMs = deps.clock.nowMs();
      return batcher.submit({
        id: newId<'event'>(nowMs),
        tenantId: endpoint.tenantId,
        endpointId: endpoint.id,
        ...request,
        payloadHash: createHash('sha256').update(request.body).digest(),
        receivedAtMs: nowMs,
      });
    },
    drained: () => batcher.drained(),
  };
}
