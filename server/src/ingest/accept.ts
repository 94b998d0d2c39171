/** Accepts one webhook: the caller hears "accepted" only after key, event, body and queue row are committed. @module */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { Batcher } from '../base/batcher.ts';
import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import { type EventId, newId } from '../base/ids.ts';
import type { Sealer } from '../base/seal.ts';
import { isMissingParent, isRowFault } from '../db/errors.ts';
import type { NewEvent } from '../events/event.ts';
import { NO_TRACING, type Traceparent, type Tracing } from '../telemetry/tracing.ts';
import { createCallerFinder, type FindCaller } from '../tenants/caller-cache.ts';
import { commitEvents, type Stored } from './commit.ts';
import type { RequestKey } from './request-key.ts';
import { createTargetFinder, type Target } from './target.ts';

const MAX_BATCH_ROWS = 256;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_WAITING = 4_096;
const WRITERS = 2;

export interface Ingest {
  /** Before the body is read: the endpoint, or null for an id that names none. */
  findTarget(endpointId: string): Promise<Target | null>;
  /** Before the body is read: refuses when so many wait that one more would wait in vain. */
  assertRoom(): void;
  /** Who shows an API key. */
  readonly findCaller: FindCaller;
  /** After the body is read and its sender known: answers once the event is committed. */
  accept(target: Target, request: IngestRequest): Promise<Accepted>;
  /** Resolves when every accepted row is written. */
  drained(): Promise<void>;
}

export interface IngestRequest {
  readonly contentType: string | null;
  /** Headers to keep and to send on, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly key: RequestKey | null;
  readonly traceparent?: Traceparent;
}

export interface Accepted {
  readonly eventId: EventId;
  readonly duplicate: boolean;
}

/** How a request, or a line of a batch, ended for its tenant. */
export type IngestStatus =
  | 'accepted'
  | 'duplicate'
  | 'invalid_signature'
  | 'too_large'
  | 'rate_limited'
  | 'error';

export interface IngestDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly random: () => number;
  /** Told after each commit, so that a worker in this process need not wait for its next poll. */
  readonly onCommitted: () => void;
  readonly tracing?: Tracing;
  /** Told of each commit: its events, and the time that it took. */
  readonly onGroupCommit?: (rows: number, seconds: number) => void;
}

export function createIngest(deps: IngestDeps): Ingest {
  const { clock, tracing = NO_TRACING } = deps;
  const overloaded = () => new Failure('overloaded', 'Too many events are waiting to be stored');
  const batcher = new Batcher<NewEvent, Stored>({
    flush: async (events) => {
      const startMs = clock.monotonicMs();
      const stored = await commitEvents(deps, events);
      deps.onGroupCommit?.(events.length, (clock.monotonicMs() - startMs) / 1_000);
      deps.onCommitted();
      return stored;
    },
    sizeOf: ({ body }) => body.length,
    maxBatchRows: MAX_BATCH_ROWS,
    maxBatchBytes: MAX_BATCH_BYTES,
    writers: WRITERS,
    maxWaiting: MAX_WAITING,
    overloaded,
    isRowFault,
  });
  return {
    findTarget: createTargetFinder(deps),
    assertRoom: () => {
      if (batcher.isFull) throw overloaded();
    },
    findCaller: createCallerFinder(deps.pool, clock),
    accept: async ({ endpointId, tenantId }, { key, ...request }) => {
      const nowMs = clock.nowMs();
      const span = tracing.begin('commit', request.traceparent ?? null);
      const submitted = batcher.submit({
        id: newId<'event'>(nowMs),
        tenantId,
        endpointId,
        ...request,
        payloadHash: createHash('sha256').update(request.body).digest(),
        receivedAtMs: nowMs,
        idempotencyKey: key === null ? null : key.text,
      });
      try {
        const stored = await submitted;
        span.end({ event_id: stored.eventId });
        return acceptedFrom(stored, key);
      } catch (error) {
        span.end({ reason: 'failed' });
        return refuseRow(error);
      }
    },
    drained: () => batcher.drained(),
  };
}

function acceptedFrom({ eventId, kind }: Stored, key: RequestKey | null): Accepted {
  if (kind === 'duplicate_of_other_body' && key?.from === 'sender') {
    throw new Failure('idempotency_mismatch', 'The key was used before, with another body');
  }
  return { eventId, duplicate: kind !== 'stored' };
}

/** What a single row did to itself; all else is not the caller's fault. */
function refuseRow(cause: unknown): never {
  if (isMissingParent(cause)) throw new Failure('not_found', 'Not found', { cause });
  if (!isRowFault(cause)) throw cause;
  throw new Failure('unprocessable', 'The event cannot be stored as it is', { cause });
}
