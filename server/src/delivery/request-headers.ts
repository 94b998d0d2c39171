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

const USER_AGENT = 'Kapsel/0.1.0'; // the version in package.json; a test compares

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
const OUR_PREFIXES: readonly string[] = ['webhook-', 'kapsel-', 'x-kapsel-', 'signature'];

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 9110 5.6.2
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/; // RFC 9110 5.5: no line ends, so no second header

export function deliveryHeaders(facts: HeaderFacts): Record<string, string> {
  const forwarded = Object.entries(facts.headers)
    .filter(([name, value]) => isForwardable(name, value))
    .map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const { contentType } = facts;
  return Object.fromEntries([
    ...forwarded,
    ...(contentType !== null && FIELD_VALUE.test(contentType)
      ? [['content-type', contentType]]
      : []),
    ['user-agent', USER_AGENT],
    ['webhook-id', facts.eventId],
    ['webhook-timestamp', String(Math.floor(facts.sentAtMs / 1_000))],
    ['kapsel-attempt', facts.deliveryAttemptId],
    ['X-Kapsel-Event-Id', facts.eventId],
    ['X-Kapsel-Delivery-Attempt-Id', facts.deliveryAttemptId],
    ['X-Kapsel-Attempt-Number', String(facts.attemptNumber)],
    ['X-Kapsel-Endpoint-Id', facts.endpointId],
    ['X-Kapsel-Log', facts.logOrigin],
  ]);
}

/** May this header of the provider be sent on? Judged here as well as on arrival: a stored row is not a promise. */
export function isForwardable(name: string, value: string): boolean {
  const lower = name.toLowerCase();
  return (
    TOKEN.test(name) &&
    FIELD_VALUE.test(value) &&
    !OURS.has(lower) &&
    !OUR_PREFIXES.some((prefix) => lower.startsWith(prefix))
  );
}
