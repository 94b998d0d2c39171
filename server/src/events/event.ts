/** Event: one accepted webhook and where its delivery stands. @module */
import type { DeliveryAttemptId, EndpointId, EventId, TenantId } from '../base/ids.ts';

/** received: no attempt yet; pending: attempted, more to come; delivered and failed are final. */
export type EventStatus = 'received' | 'pending' | 'delivered' | 'failed';
export type FailureReason = 'non_retryable' | 'exhausted' | 'gone' | 'blocked' | 'endpoint_deleted';

/** What is kept of a request that was accepted. The body is exactly the bytes that came in. */
export interface NewEvent {
  readonly id: EventId;
  readonly tenantId: TenantId;
  readonly endpointId: EndpointId;
  readonly contentType: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly payloadHash: Uint8Array;
  readonly receivedAtMs: number;
  /** Absent or null: the event stands alone, however often its bytes come. */
  readonly idempotencyKey?: string | null;
  /** Of the request that brought it; absent or null while nobody traces. */
  readonly traceparent?: string | null;
}

export interface Event {
  readonly id: EventId;
  readonly endpointId: EndpointId;
  readonly status: EventStatus;
  readonly failureReason: FailureReason | null;
  /** Waits at an endpoint that was disabled, until it is released. */
  readonly isHeld: boolean;
  readonly contentType: string | null;
  readonly payloadHash: Uint8Array;
  readonly payloadSize: number;
  readonly receivedAtMs: number;
}

/** One attempt as its tenant sees it; `leafIndex` is null while the leaf waits to be sequenced. */
export interface EventAttempt {
  readonly id: DeliveryAttemptId;
  readonly eventId: EventId;
  readonly endpointId: EndpointId;
  readonly attemptNumber: number;
  readonly endpointUrl: string;
  readonly attemptedAtMs: number;
  readonly completedAtMs: number | null;
  readonly outcome: 'delivered' | 'rejected' | 'failed' | 'unknown' | null;
  readonly responseStatus: number | null;
  readonly error: string | null;
  readonly leafHash: Uint8Array | null;
  readonly leafIndex: number | null;
}
