/** Job: a claimed delivery, and the settlement that ends its lease. @module */
import type { AttemptFacts, AttemptResult, Leaf } from '../attestation/leaf.ts';
import type { TenantId } from '../base/ids.ts';
import type { EventStatus, FailureReason } from '../events/event.ts';
import type { Log } from '../logs/log.ts';

/** A delivery that one worker holds until its lease ends. */
export interface Job extends AttemptFacts {
  readonly tenantId: TenantId;
  /** Fencing counter: a settlement with an older one changes nothing. */
  readonly leaseId: number;
  readonly maxAttempts: number;
  /** Where the leaf goes, and whose name it carries. */
  readonly log: Pick<Log, 'id' | 'origin'>;
}

/** A job with what has to be sent. */
export interface SendableJob extends Job {
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
  | { readonly kind: 'retry'; readonly delayMs: number };

/** Everything that is written when an attempt is over, in one transaction. */
export interface Settlement {
  readonly job: Job;
  readonly result: AttemptResult;
  readonly peerAddress: string | null;
  readonly leaf: Leaf;
  readonly next: NextStep;
}
