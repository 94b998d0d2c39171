/** What "events" takes and answers, generated from the API’s document, and never edited: see docs/architecture.md. @module */

export type Event = {
  readonly id: string;
  readonly endpoint_id: string;
  readonly status: 'received' | 'pending' | 'delivered' | 'failed';
  readonly failure_reason:
    | 'non_retryable'
    | 'exhausted'
    | 'gone'
    | 'blocked'
    | 'endpoint_deleted'
    | null;
  readonly held: boolean;
  readonly content_type: string | null;
  readonly payload_hash: string;
  readonly payload_size: number;
  readonly received_at: string;
  readonly next_attempt_at: string | null;
  readonly attempts: readonly DeliveryAttempt[];
  readonly payload_base64?: string | null;
};

export type DeliveryAttempt = {
  readonly delivery_attempt_id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly attempt_number: number;
  readonly endpoint_url: string;
  readonly attempted_at: string;
  readonly completed_at: string | null;
  readonly duration_ms: number | null;
  readonly outcome: 'delivered' | 'rejected' | 'failed' | 'unknown' | null;
  readonly response_status: number | null;
  readonly error: string | null;
  readonly leaf_state: 'none' | 'waiting' | 'committed';
  readonly leaf_hash: string | null;
  readonly leaf_index: number | null;
  readonly proof_url: string;
};

export type EventList = {
  readonly data: readonly EventSummary[];
  readonly page: number;
  readonly limit: number;
  readonly total: number;
  readonly total_is_lower_bound: boolean;
  readonly next_cursor: string | null;
};

export type EventSummary = {
  readonly id: string;
  readonly endpoint_id: string;
  readonly status: 'received' | 'pending' | 'delivered' | 'failed';
  readonly failure_reason:
    | 'non_retryable'
    | 'exhausted'
    | 'gone'
    | 'blocked'
    | 'endpoint_deleted'
    | null;
  readonly held: boolean;
  readonly content_type: string | null;
  readonly payload_hash: string;
  readonly payload_size: number;
  readonly received_at: string;
};

export type QueuedEvent = { readonly event_id: string; readonly held: boolean };

export type ReplayRequest = {
  readonly status: 'failed' | 'delivered';
  readonly endpoint_id?: string;
  readonly since?: string;
  readonly until?: string;
  readonly dry_run?: boolean;
  readonly limit?: number;
};

export type Replay = {
  readonly dry_run: boolean;
  readonly matched: number;
  readonly matched_is_lower_bound: boolean;
  readonly queued: number;
  readonly held: number;
};
