/** The request of a delivery: the event as it came, with everything that its endpoint wants around it. @module */
import type { Outgoing } from '../endpoints/outgoing.ts';
import type { AttemptRequest } from './attempt.ts';
import { signedDeliveryHeaders } from './custom-headers.ts';
import { signatureHeader } from './sign-request.ts';

/** What a claimed delivery says about itself. */
export interface DeliveryFacts {
  readonly eventId: string;
  readonly deliveryAttemptId: string;
  readonly attemptNumber: number;
  readonly endpointId: string;
  readonly endpointUrl: string;
  /** The log that will hold the attempt. */
  readonly log: { readonly origin: string };
  readonly contentType: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** `nowMs` is the time of this attempt, which the signatures cover. */
export async function requestFor(
  facts: DeliveryFacts,
  outgoing: Outgoing,
  nowMs: number,
  traceParent: string | null = null,
): Promise<Omit<AttemptRequest, 'deadlineMs'>> {
  const { eventId, body } = facts;
  const timestampS = Math.floor(nowMs / 1_000);
  const signature = await signatureHeader({ eventId, timestampS, body }, outgoing.keys, nowMs);
  return {
    url: facts.endpointUrl,
    headers: signedDeliveryHeaders({
      facts: { ...facts, logOrigin: facts.log.origin, sentAtMs: nowMs },
      custom: outgoing.customHeaders,
      signature,
      traceParent,
    }),
    body,
    tls: outgoing.tls,
  };
}
