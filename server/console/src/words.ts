/** The page's own words, in one place: what states, reasons and refusals mean to whoever runs the deliveries. @module */
import type { ApiFault } from './api.ts';
import type { ApiKey, DeliveryAttempt, Endpoint, EventSummary, Scope } from './api-shapes.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'calm';

export interface Said {
  readonly word: string;
  readonly tone: Tone;
}

const STATUS: Readonly<Record<EventSummary['status'], Said>> = {
  received: { word: 'Received', tone: 'calm' },
  pending: { word: 'Retrying', tone: 'warn' },
  delivered: { word: 'Delivered', tone: 'good' },
  failed: { word: 'Dead letter', tone: 'bad' },
};

export function sayStatus({ status, held }: Pick<EventSummary, 'status' | 'held'>): Said {
  return held ? { word: 'Held', tone: 'warn' } : STATUS[status];
}

const REASON: Readonly<Record<string, string>> = {
  non_retryable: 'The destination refused it with a status that is not tried again.',
  exhausted: 'All attempts were used up.',
  gone: 'The destination answered 410: it wants no more events.',
  blocked: 'The address may not be delivered to.',
  endpoint_deleted: 'Its endpoint was deleted.',
};

export function sayReason(reason: string): string {
  return REASON[reason] ?? reason;
}

export function sayOutcome({ outcome, response_status: status }: DeliveryAttempt): Said {
  switch (outcome) {
    case 'delivered':
      return { word: `Delivered, ${status}`, tone: 'good' };
    case 'rejected':
      return { word: `Rejected, ${status}`, tone: 'bad' };
    case 'failed':
      return { word: 'No response', tone: 'bad' };
    case 'unknown':
      return { word: 'Unknown: the sender stopped in between', tone: 'warn' };
    case null:
      return { word: 'Under way', tone: 'calm' };
  }
}

const ERROR: Readonly<Record<string, string>> = {
  timeout: 'it took too long',
  connect: 'no connection',
  dns: 'the name was not found',
  tls: 'TLS failed',
  blocked: 'the address may not be delivered to',
};

export function sayError(error: string): string {
  const words = ERROR[error];
  return words === undefined ? error : `${words} (${error})`;
}

const DISABLED: Readonly<Record<string, string>> = {
  gone: 'the destination answered 410',
  failing: 'nothing succeeded for too long',
  requested: 'you paused it',
};

export function sayEndpoint(endpoint: Endpoint): Said {
  if (endpoint.disabled) return { word: 'Paused', tone: 'warn' };
  if (endpoint.circuit === 'open') return { word: 'Circuit open', tone: 'bad' };
  if (endpoint.circuit === 'half_open') return { word: 'Probing', tone: 'warn' };
  if (endpoint.failing_since !== null) return { word: 'Failing', tone: 'bad' };
  return { word: 'Active', tone: 'good' };
}

export function sayDisabled(reason: Endpoint['disabled_reason']): string {
  return reason === null ? '' : (DISABLED[reason] ?? reason);
}

export function sayKey({ revoked_at, expires_at }: ApiKey, nowMs: number): Said {
  if (revoked_at !== null) return { word: 'Revoked', tone: 'calm' };
  const isExpired = expires_at !== null && Date.parse(expires_at) <= nowMs;
  return isExpired ? { word: 'Expired', tone: 'calm' } : { word: 'Good', tone: 'good' };
}

/** What a key may do, by its scopes. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  ingest: 'send events',
  'events:read': 'see events',
  'events:write': 'deliver events again',
  'endpoints:read': 'see endpoints',
  'endpoints:write': 'change endpoints',
  'proofs:read': 'download proofs',
  admin: 'manage API keys',
};

/** Why a screen is empty for this key, and what would change that. */
export function sayMissing(scope: Scope): string {
  return `The API key that you signed in with may not ${SCOPE_WORDS[scope]}: it lacks the scope ${scope}.`;
}

const FAULT: Readonly<Record<string, string>> = {
  not_found: 'There is no such thing, or it is not of your tenant.',
  in_flight: 'A delivery of this event is on its way. Wait for its outcome.',
  payload_expired: 'The body of this event is no longer kept, so it cannot be delivered again.',
  not_yet_committed: 'The leaf of this attempt has no place in the log yet. Try again in a moment.',
  precondition_failed: 'Somebody else has changed this endpoint meanwhile. Load it again first.',
  unavailable: 'The server cannot answer just now. Try again in a moment.',
  internal: 'The server made a mistake. Its log has the details.',
  unreachable: 'The server did not answer.',
};

export function sayFault({ code, message, details, retryAfterS }: ApiFault): string {
  if (code === 'rate_limited') {
    return `Too many requests. Try again in ${retryAfterS ?? 1} s.`;
  }
  const [first] = details;
  if (code === 'invalid_request' && first !== undefined) {
    return `${first.path.slice(1).replaceAll('/', ' ')} ${first.message}`.trim();
  }
  return FAULT[code] ?? message;
}

/** `1 event`, `12 events`, `more than 10,000 events`. */
export function countOf(count: number, isLowerBound: boolean, noun: string): string {
  const number = count.toLocaleString('en');
  return `${isLowerBound ? 'more than ' : ''}${number} ${noun}${count === 1 ? '' : 's'}`;
}

export function sizeOf(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const kib = bytes / 1_024;
  return kib < 1_024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1_024).toFixed(1)} MiB`;
}
