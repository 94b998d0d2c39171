/** The spans of one delivery: its claim, the request, and writing down what came of it. @module */
import type { AttemptResult } from '../attestation/leaf.ts';
import type { OnPhase } from '../delivery/phases.ts';
import type { Span, Traceparent, Tracing } from '../telemetry/tracing.ts';
import type { SendableJob } from './job.ts';

export interface DeliveryTrace {
  /** Of the request: for the destination, and for the leaf. Null while nobody traces. */
  readonly traceparent: Traceparent;
  /** Parts of the request become spans below it; undefined while nobody traces. */
  readonly onPhase: OnPhase | undefined;
  sent(result: AttemptResult): void;
  settled(isKept: boolean): void;
}

export const NO_TRACE: DeliveryTrace = {
  traceparent: null,
  onPhase: undefined,
  sent: () => undefined,
  settled: () => undefined,
};

/** Call when the claim has been committed, and before anything is sent. */
export function traceDelivery(tracing: Tracing, job: SendableJob, nowMs: number): DeliveryTrace {
  if (!tracing.isOn) return NO_TRACE;
  const fields = {
    tenant_id: job.tenantId,
    endpoint_id: job.endpointId,
    event_id: job.eventId,
    delivery_attempt_id: job.deliveryAttemptId,
  };
  const { traceparent: parent, attemptedAtMs: startMs } = job;
  const endMs = Math.max(nowMs, startMs);
  const claimed = tracing.record('claim', { parent, startMs, endMs }, fields);
  // An event that came while nobody traced begins a trace here.
  const sending = tracing.begin('deliver', parent ?? claimed, fields);
  let settling: Span | null = null;
  return {
    traceparent: sending.traceparent,
    onPhase(name) {
      const span = tracing.begin(name, sending.traceparent, fields);
      return () => span.end();
    },
    sent({ outcome, responseStatus, error }) {
      sending.end({
        outcome,
        ...(responseStatus === null ? {} : { status: responseStatus }),
        ...(error === null ? {} : { reason: error }),
      });
      settling = tracing.begin('settle', sending.traceparent, fields);
    },
    settled: (isKept) => settling?.end(isKept ? {} : { reason: 'stale' }),
  };
}
