/** One delivery attempt: one POST at most, one deadline over all of it, and what came of it as a value. RFC 9110 section 9.3.3, RFC 9112. @module */
import { createHash } from 'node:crypto';
import type { DestinationUrl } from '../endpoints/destination-guard.ts';
import type { TlsSettings } from '../endpoints/tls-settings.ts';
import type { Connection, DeliveryClient } from './connector.ts';
import type { OnPhase } from './phases.ts';

export interface AttemptRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is. Not changed by anyone until the attempt has ended. */
  readonly body: Uint8Array;
  /** For `https:` destinations that ask for more than the ordinary. */
  readonly tls?: TlsSettings;
  /** Over resolving, connecting, TLS, sending and reading the answer. */
  readonly deadlineMs: number;
  readonly onPhase?: OnPhase;
}

interface Answer {
  readonly status: number;
  /** SHA-256 of the `responseSize` bytes of body that were read. */
  readonly responseHash: Uint8Array;
  readonly responseSize: number;
  /** The body had, or may have had, more bytes: the cap, the deadline or the connection ended it. */
  readonly truncated: boolean;
  /** As received; not yet checked. */
  readonly retryAfter: string | null;
}

/** The destination answered with a status. */
export interface Answered extends Answer {
  readonly kind: 'delivered' | 'rejected';
  readonly peerAddress: string;
}

export type AttemptError =
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'protocol'
  | 'blocked_address'
  | 'bad_url'
  | 'shutdown';

/** No status arrived. Whether the destination acted on the request is then not known to us. */
export interface Failed {
  readonly kind: 'failed';
  readonly error: AttemptError;
  readonly peerAddress: string | null;
}

export type Outcome = Answered | Failed;

const MAX_RESPONSE_BYTES = 65_536;
const MAX_DEADLINE_MS = 30_000;

/** Never throws. `signal` is the shutdown: its failures are told apart from those of the deadline. */
export async function attempt(
  client: DeliveryClient,
  request: AttemptRequest,
  signal?: AbortSignal,
): Promise<Outcome> {
  const destination = client.parseUrl(request.url);
  if (destination.kind === 'refused') return failed(destination.code, null);
  if (signal?.aborted) return failed('shutdown', null);

  // Listeners instead of AbortSignal.any, so that the long-lived signal keeps nothing of this attempt.
  const ending = new AbortController();
  const deadline = AbortSignal.timeout(deadlineFrom(request.deadlineMs));
  const endByDeadline = () => ending.abort('timeout');
  const endByShutdown = () => ending.abort('shutdown');
  deadline.addEventListener('abort', endByDeadline, { once: true });
  signal?.addEventListener('abort', endByShutdown, { once: true });
  try {
    return await deliverOnce(client, destination, request, ending.signal);
  } finally {
    deadline.removeEventListener('abort', endByDeadline);
    signal?.removeEventListener('abort', endByShutdown);
  }
}

/** What is left of a lease may be a fraction, or nothing. */
function deadlineFrom(deadlineMs: number): number {
  return Math.max(0, Math.min(Math.ceil(deadlineMs), MAX_DEADLINE_MS)) || 0;
}

async function deliverOnce(
  client: DeliveryClient,
  destination: DestinationUrl,
  request: AttemptRequest,
  ending: AbortSignal,
): Promise<Outcome> {
  for (;;) {
    const loan = await client.borrow(destination, ending, request.tls, request.onPhase);
    if (loan.kind === 'failed') {
      const error = loan.error === 'aborted' ? reasonOf(ending) : loan.error;
      return failed(error, loan.peerAddress);
    }
    const { connection, isReused } = loan;
    const exchange = await send(connection, destination, request, ending);
    if (exchange.kind !== 'answered' || exchange.answer.truncated) connection.socket.destroy();
    client.giveBack(connection);
    // The destination closed an idle connection under us: not one byte went out, so another may carry it.
    if (exchange.kind === 'unsent' && isReused && !ending.aborted) continue;
    return outcomeOf(exchange, connection.peerAddress, ending);
  }
}

/** How far a request came on a connection. Only after `unsent` may it be given to another one. */
type Exchange =
  | { readonly kind: 'unsent' | 'broken'; readonly error: 'tls' | 'reset' | 'protocol' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'answered'; readonly answer: Answer };

/** Never rejects. Resolves at the latest when `ending` aborts. */
function send(
  connection: Connection,
  destination: DestinationUrl,
  request: AttemptRequest,
  ending: AbortSignal,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const digest = createHash('sha256');
    let responseSize = 0;
    let head: { readonly status: number; readonly retryAfter: string | null } | null = null;
    let isStarted = false;
    let isSettled = false;
    let waiting: (() => void) | undefined;
    const endWaiting = () => {
      waiting?.();
      waiting = undefined;
    };

    const settle = (withoutStatus: Exchange, truncated: boolean) => {
      if (isSettled) return;
      isSettled = true;
      endWaiting();
      ending.removeEventListener('abort', end);
      // A status that has arrived stands, whatever happens to the body after it.
      if (head === null) resolve(withoutStatus);
      else {
        const responseHash = new Uint8Array(digest.digest());
        const answer = { ...head, responseHash, responseSize, truncated };
        resolve({ kind: 'answered', answer });
      }
    };
    const end = () => settle({ kind: 'ended' }, true);
    ending.addEventListener('abort', end, { once: true });
    if (ending.aborted) return end();

    connection.client.dispatch(
      {
        method: 'POST',
        path: destination.path,
        headers: request.headers,
        body: request.body,
        idempotent: false,
      },
      {
        // Called right before the first byte is written.
        onRequestStart: () => {
          isStarted = true;
          waiting = request.onPhase?.('ttfb');
        },
        onResponseStart: (_controller, status, headers) => {
          if (status < 200) return; // interim answers: RFC 9110 15.2
          endWaiting();
          const retryAfter = headers['retry-after'];
          head = { status, retryAfter: typeof retryAfter === 'string' ? retryAfter : null };
        },
        onResponseData: (_controller, chunk) => {
          if (isSettled) return;
          const room = MAX_RESPONSE_BYTES - responseSize;
          const kept = chunk.subarray(0, room);
          digest.update(kept);
          responseSize += kept.length;
          if (chunk.length > room) end();
        },
        onResponseEnd: () => settle({ kind: 'broken', error: 'protocol' }, false),
        onResponseError: (_controller, error) => {
          const kind = isStarted ? 'broken' : 'unsent';
          settle({ kind, error: errorOf(error, connection) }, true);
        },
      },
    );
  });
}

function outcomeOf(exchange: Exchange, peerAddress: string, ending: AbortSignal): Outcome {
  switch (exchange.kind) {
    case 'answered': {
      const { answer } = exchange;
      const isDelivered = answer.status >= 200 && answer.status <= 299;
      return { kind: isDelivered ? 'delivered' : 'rejected', ...answer, peerAddress };
    }
    case 'ended':
      return failed(reasonOf(ending), peerAddress);
    case 'unsent':
    case 'broken':
      return failed(exchange.error, peerAddress);
  }
}

const PARSER_ERROR = 'HPE_'; // llhttp: what came is not HTTP/1.1
const TLS_ERRORS = ['ERR_SSL_', 'ERR_TLS_', 'EPROTO']; // e.g. a client certificate was wanted
const CONNECTION_ERRORS = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'EHOSTUNREACH'];
const SOCKET_ERROR = 'UND_ERR_SOCKET'; // undici: the connection ended, or it ended the connection

function errorOf(error: Error, { socket }: Connection): 'tls' | 'reset' | 'protocol' {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (TLS_ERRORS.some((prefix) => code.startsWith(prefix))) return 'tls';
  if (code.startsWith(PARSER_ERROR)) return 'protocol';
  if (CONNECTION_ERRORS.includes(code)) return 'reset';
  // Ended by the other side; otherwise undici hung up on an answer out of turn.
  if (code === SOCKET_ERROR && socket.readableEnded) return 'reset';
  return 'protocol';
}

function reasonOf(ending: AbortSignal): 'timeout' | 'shutdown' {
  return ending.reason === 'shutdown' ? 'shutdown' : 'timeout';
}

function failed(error: AttemptError, peerAddress: string | null): Failed {
  return { kind: 'failed', error, peerAddress };
}
