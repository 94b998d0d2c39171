/** Headers that a tenant adds to the deliveries of an endpoint: what they may be, and where they stand among ours. @module */
import { deliveryHeaders, type HeaderFacts, isForwardable } from './request-headers.ts';

export interface CustomHeaderFault {
  readonly name: string;
  readonly message: string;
}

const MAX_COUNT = 20;
const MAX_BYTES = 8 * 1024;

// A tenant may send credentials of its own to its own destination; a provider's are never sent on.
const ALLOWED_CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
]);

const TRACE_PARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/; // W3C Trace Context 3.2

/** What is wrong with the headers a tenant asks for; empty when they may be used. Values are never repeated. */
export function faultsOfCustomHeaders(
  headers: Readonly<Record<string, string>>,
): CustomHeaderFault[] {
  const entries = Object.entries(headers);
  if (entries.length > MAX_COUNT) return [{ name: '', message: `must be at most ${MAX_COUNT}` }];
  const size = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > MAX_BYTES) return [{ name: '', message: `must be at most ${MAX_BYTES} bytes` }];
  const seen = new Set<string>();
  return entries.flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    const isTwice = seen.has(lower);
    seen.add(lower);
    if (isTwice) return [{ name, message: 'is there twice' }];
    return isAllowed(name, value) ? [] : [{ name, message: 'cannot be set, or is no header' }];
  });
}

function isAllowed(name: string, value: string): boolean {
  // Under another name its value is judged alike, and its own name is known to be one.
  if (ALLOWED_CREDENTIALS.has(name.toLowerCase())) return isForwardable('x', value);
  return isForwardable(name, value);
}

export interface SignedDelivery {
  readonly facts: HeaderFacts;
  readonly custom: Readonly<Record<string, string>>;
  /** From `signatureHeader`. */
  readonly signature: string | null;
  readonly traceParent: string | null;
}

/** All headers of a delivery. The provider's come first, then the tenant's, then ours, which nobody replaces. */
export function signedDeliveryHeaders({
  facts,
  custom,
  signature,
  traceParent,
}: SignedDelivery): Record<string, string> {
  const headers = deliveryHeaders(facts);
  for (const name of Object.keys(custom)) {
    const value = custom[name] as string;
    // None of ours can have such a name, so what is replaced is the provider's.
    if (isAllowed(name, value)) headers[name.toLowerCase()] = value;
  }
  if (signature !== null) headers['webhook-signature'] = signature;
  if (traceParent !== null && TRACE_PARENT.test(traceParent)) headers.traceparent = traceParent;
  return headers;
}
