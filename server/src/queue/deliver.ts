/** Story: one claimed delivery is sent, and what came of it is made ready to be written down. @module */
import { type AttemptResult, encodeDeliveryLeaf } from '../attestation/leaf.ts';
import type { Clock } from '../base/clock.ts';
import { attempt, type Outcome } from '../delivery/attempt.ts';
import { circuitResult } from '../delivery/circuit.ts';
import type { DeliveryClient } from '../delivery/connector.ts';
import { requestFor } from '../delivery/outgoing-request.ts';
import { NOT_SENT, type Verdict, verdictAfter } from '../delivery/verdict.ts';
import type { FindOutgoing } from '../endpoints/outgoing.ts';
import { type DeliveryTrace, NO_TRACE } from './delivery-trace.ts';
import type { SendableJob, Settlement } from './job.ts';
import { nextStep } from './next-step.ts';

export interface DeliverDeps {
  readonly clock: Clock;
  readonly client: DeliveryClient;
  /** What the endpoint is sent beside the event, and signed with. */
  readonly findOutgoing: FindOutgoing;
  readonly random: () => number;
  readonly deadlineMs: number;
  /** The destination is told of the trace. */
  readonly sendsTrace?: boolean;
}

/** What must be left of a lease beyond the request's own deadline, to write down what came of it. */
const SETTLE_MARGIN_MS = 1_000;
/** Secrets that do not open today may do so when the operator has looked. */
const NOT_READY: Verdict = { kind: 'retry', delayMs: 60_000, counts: false };

/**
 * Sends, unless the lease is too short for it: then the process stood still since the claim, and by the time of an
 * answer somebody else might be sending too. A crash in here leaves an attempt without an outcome: `reap` makes it
 * `unknown`.
 */
export async function deliver(
  { clock, client, findOutgoing, random, deadlineMs, sendsTrace = false }: DeliverDeps,
  job: SendableJob,
  leaseEndsMs: number,
  { traceparent, onPhase }: Pick<DeliveryTrace, 'traceparent' | 'onPhase'> = NO_TRACE,
  signal?: AbortSignal,
): Promise<Settlement> {
  // Nothing is awaited before this: deliveries that begin in one turn are looked up by one statement. Without an
  // answer nothing is sent, least of all unsigned.
  const outgoing = await findOutgoing(job.endpointId).catch(() => undefined);
  if (outgoing === undefined) return notSent(job, clock.nowMs());
  if (outgoing === null) return notSent(job, clock.nowMs(), NOT_READY);
  const trace = sendsTrace ? traceparent : null;
  const request = await requestFor(job, outgoing, clock.nowMs(), trace);
  if (leaseEndsMs - clock.monotonicMs() < deadlineMs + SETTLE_MARGIN_MS) {
    return notSent(job, clock.nowMs());
  }
  const phases = onPhase === undefined ? {} : { onPhase };
  const outcome = await attempt(client, { ...request, ...phases, deadlineMs }, signal);
  const { attemptsUsed, policy } = job;
  const verdict = verdictAfter(outcome, { attemptsUsed, policy }, clock.nowMs(), random);
  const result = resultFromOutcome(outcome, Math.max(clock.nowMs(), job.attemptedAtMs));
  return {
    job,
    result,
    peerAddress: outcome.peerAddress,
    leaf: encodeDeliveryLeaf(job.log.origin, job, result),
    next: nextStep(verdict),
    charge: circuitResult(outcome),
  };
}

/** Nothing left the house; the event keeps its budget and is due again soon, unless the verdict says otherwise. */
export function notSent(job: SendableJob, nowMs: number, verdict: Verdict = NOT_SENT): Settlement {
  const result: AttemptResult = {
    outcome: 'failed',
    completedAtMs: Math.max(nowMs, job.attemptedAtMs),
    responseStatus: null,
    responseHash: null,
    error: 'not_sent',
  };
  return {
    job,
    result,
    peerAddress: null,
    leaf: encodeDeliveryLeaf(job.log.origin, job, result),
    next: nextStep(verdict),
    charge: 'neutral',
  };
}

function resultFromOutcome(outcome: Outcome, completedAtMs: number): AttemptResult {
  if (outcome.kind === 'failed') {
    return {
      outcome: 'failed',
      completedAtMs,
      responseStatus: null,
      responseHash: null,
      error: outcome.error,
    };
  }
  return {
    outcome: outcome.kind,
    completedAtMs,
    responseStatus: outcome.status,
    responseHash: outcome.responseHash,
    error: null,
  };
}
