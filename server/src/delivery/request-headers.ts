/** The headers of a delivery: ours, and those the provider sent that may go on. Standard Webhooks; RFC 9110 sections 5.5 and 7.6.1. @module */

export interface HeaderFacts {
  readonly eventId: string;
  readonly deliveryAttemptId: string;
  readonly attemptNumber: number;
  readonly endpointId: string;
  /** Of the log that will hold the attempt. */
  readonly logOrigin: string;
  readonly sentAtMs: number;
  /** As received; null when there was none, and then none is sent. */
  readonly contentType: string | null;
  /** The provider's own, sent on so that the receiver can read and check the body as the provider meant it. */
  readonly headers: Readonly<Record<string, string>>;
}

export const USER_AGENT = 'Kapsel/0.1.0'; // the version in package.json; a test compares

/** Framing and routing belong to the connection (RFC 9110 7.6.1), credentials to nobody, the rest to us. */
const OURS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'user-agent',
  'content-digest',
  'authorization',
  'proxy-authorization',
  'cookie',
]);
const OUR_PREFIX = /^(?:webhook-|kapsel-|x-kapsel-|signature)/;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 9110 5.6.2
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/; // RFC 9110 5.5: no line ends, so no second header

/** Without a prototype, so that no name of a header means anything else. */
export function deliveryHeaders(facts: HeaderFacts): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const name of Object.keys(facts.headers)) {
    const value = facts.headers[name] as string;
    if (isForwardable(name, value)) headers[name.toLowerCase()] = value;
  }
  const { contentType } = facts;
  if (contentType !== null && FIELD_VALUE.test(contentType)) headers['content-type'] = contentType;
  headers['user-agent'] = USER_AGENT;
  headers['webhook-id'] = facts.eventId;
  headers['webhook-timestamp'] = String(Math.floor(facts.sentAtMs / 1_000));
  headers['kapsel-attempt'] = facts.deliveryAttemptId;
  headers['X-Kapsel-Event-Id'] = facts.eventId;
  headers['X-Kapsel-Delivery-Attempt-Id'] = facts.deliveryAttemptId;
  headers['X-Kapsel-Attempt-Number'] = String(facts.attemptNumber);
  headers['X-Kapsel-Endpoint-Id'] = facts.endpointId;
  headers['X-Kapsel-Log'] = facts.logOrigin;
  return headers;
}

/** May this header of the provider be sent on? Judged here as well as on arrival: a stored row is not a promise. */
export function isForwardable(name: string, value: string): boolean {
  const lower = name.toLowerCase();
  return TOKEN.test(name) && FIELD_VALUE.test(value) && !OURS.has(lower) && !OUR_PREFIX.test(lower);
}
