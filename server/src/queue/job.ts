/** Job: a claimed delivery, and the settlement that ends its lease. @module */
import type { AttemptFacts, AttemptResult, Leaf } from '../attestation/leaf.ts';
import type { TenantId } from '../base/ids.ts';
import type { CircuitResult } from '../delivery/circuit.ts';
import type { RetryPolicy } from '../delivery/verdict.ts';
import type { EventStatus, FailureReason } from '../events/event.ts';
import type { Log } from '../logs/log.ts';

/** Since when an endpoint takes nothing: `overdue` when that is longer than it may be. */
export type EndpointHealth = 'good' | 'failing' | 'overdue';

/** A delivery that one worker holds until its lease ends. */
export interface Job extends AttemptFacts {
  readonly tenantId: TenantId;
  /** Fencing counter: a settlement with an older one changes nothing. */
  readonly leaseId: number;
  /** With this one; fewer than its number after a replay, or when one was not sent. */
  readonly attemptsUsed: number;
  readonly policy: RetryPolicy;
  /** So many deliveries a second its endpoint takes of one server; null is no limit. */
  readonly maxPerS: number | null;
  readonly health: EndpointHealth;
  /** What the endpoint's circuit permitted. */
  readonly permit: { readonly epoch: number; readonly isProbe: boolean };
  /** Of the request that brought the event, or null. */
  readonly traceparent: string | null;
  /** Where the leaf goes, and whose name it carries. */
  readonly log: Pick<Log, 'id' | 'origin'>;
}

/** A job with what has to be sent. */
export interface SendableJob extends Job {
  /** How long it had been due when it was claimed. */
  readonly lagMs: number;
  readonly contentType: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What happens to the event after an attempt. */
export type NextStep =
  | {
      readonly kind: 'finish';
      readonly status: Extract<EventStatus, 'delivered' | 'failed'>;
      readonly reason: FailureReason | null;
    }
  | {
      readonly kind: 'retry';
      readonly delayMs: number;
      /** False: the budget is as it was before the attempt. */
      readonly counts: boolean;
    };

/** Everything that is written when an attempt is over, in one transaction. */
export interface Settlement {
  readonly job: Job;
  readonly result: AttemptResult;
  readonly peerAddress: string | null;
  readonly leaf: Leaf;
  readonly next: NextStep;
  /** What it says of the destination. */
  readonly charge: CircuitResult;
  /** Of the attempt's own span, for its leaf; absent while nobody traces. */
  readonly traceparent?: string | null;
}
