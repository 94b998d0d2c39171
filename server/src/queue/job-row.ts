/** A claimed delivery as its statements answer it. @module */
import type { DeliveryAttemptId, EndpointId, EventId, LogId, TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { EndpointHealth, Job } from './job.ts';

export interface JobRow {
  event_id: EventId;
  endpoint_id: EndpointId;
  tenant_id: TenantId;
  lease_id: string;
  attempt_id: DeliveryAttemptId;
  attempt_number: number;
  uncounted: number;
  /** Null in a row that an older server has claimed. */
  inflight_epoch: string | null;
  is_probe: boolean;
  endpoint_url: string;
  attempted_at: Date;
  max_attempts: number;
  max_delay_s: number;
  retry_statuses: number[];
  max_per_s: number | null;
  health: EndpointHealth;
  traceparent: string | null;
  payload_hash: Buffer;
  payload_size: number;
  log_id: LogId;
  log_origin: string;
}

export function jobFromRow(row: JobRow): Job {
  return {
    eventId: row.event_id,
    endpointId: row.endpoint_id,
    tenantId: row.tenant_id,
    leaseId: integerFromRow(row.lease_id),
    deliveryAttemptId: row.attempt_id,
    attemptNumber: row.attempt_number,
    attemptsUsed: row.attempt_number - row.uncounted,
    endpointUrl: row.endpoint_url,
    attemptedAtMs: row.attempted_at.getTime(),
    policy: {
      maxAttempts: row.max_attempts,
      maxDelayMs: row.max_delay_s * 1_000,
      retryStatuses: row.retry_statuses,
    },
    maxPerS: row.max_per_s,
    health: row.health,
    permit: { epoch: integerFromRow(row.inflight_epoch ?? 0), isProbe: row.is_probe },
    traceparent: row.traceparent,
    payloadHash: row.payload_hash,
    payloadSize: row.payload_size,
    log: { id: row.log_id, origin: row.log_origin },
  };
}
