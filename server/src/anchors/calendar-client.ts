/** Speaks to OpenTimestamps calendars: two requests, each with one deadline and a bound on the answer, to addresses of the settings alone. Upstream calls this protocol unstable: all of it stands here. @module */
import { hexFromBytes } from '@kapsel/verification';
import { readBoundedBody } from '../base/bounded-body.ts';
import type { Connection, DeliveryClient } from '../delivery/connector.ts';
import { USER_AGENT } from '../delivery/request-headers.ts';

/** What came of a request. Nothing of it is verified. */
export type CalendarAnswer =
  | { readonly kind: 'node'; readonly bytes: Uint8Array }
  /** 404: not in the chain yet. `text` is the calendar's own word for it, made harmless; nothing follows from it. */
  | { readonly kind: 'waiting'; readonly text: string }
  /** Any other status; a redirect is not followed. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'too-large' }
  /** No answer, or not all of it: `error` is a word of ours. */
  | { readonly kind: 'unreachable'; readonly error: string };

/**
 * - Never throws: what goes wrong is an answer.
 * - No redirects, no retries: whoever calls decides when to ask again.
 * - Connections go where the guard lets them, as those of deliveries do.
 * - `origin` must be one of the operator's settings; what a proof names is looked up there first.
 */
export interface CalendarClient {
  /** Posts 32 bytes; the answer is a node that begins at them. */
  stamp(origin: string, digest: Uint8Array): Promise<CalendarAnswer>;
  /** Asks for the path of a commitment. */
  findPath(origin: string, commitment: Uint8Array): Promise<CalendarAnswer>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

export interface CalendarClientOptions {
  /** Dials, judges every address, and speaks TLS. Owned by this client from here on. */
  readonly connections: DeliveryClient;
  /** Over resolving, connecting, TLS, headers and body together. */
  readonly deadlineMs?: number;
}

const MAX_ANSWER_BYTES = 10_000; // what the reference clients read
const DEADLINE_MS = 10_000;
const MAX_WAITING_CHARS = 160;

export function createCalendarClient({
  connections,
  deadlineMs = DEADLINE_MS,
}: CalendarClientOptions): CalendarClient {
  const closing = new AbortController();
  const headers = {
    accept: 'application/vnd.opentimestamps.v1',
    'user-agent': USER_AGENT,
  };

  const ask = async (origin: string, wish: Wish): Promise<CalendarAnswer> => {
    const destination = connections.parseUrl(`${origin}${wish.path}`);
    if (destination.kind === 'refused') return { kind: 'unreachable', error: destination.code };
    const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), closing.signal]);
    const loan = await connections.borrow(destination, signal);
    if (loan.kind === 'failed') {
      const error = loan.error === 'aborted' ? endOf(closing.signal) : loan.error;
      return { kind: 'unreachable', error };
    }
    const { connection } = loan;
    try {
      return await exchange(connection, wish, signal);
    } catch {
      // Its words come from the network, or name an address: a word of ours is enough to act on.
      connection.socket.destroy();
      return { kind: 'unreachable', error: signal.aborted ? endOf(closing.signal) : 'broken' };
    } finally {
      connections.giveBack(connection);
    }
  };

  return {
    stamp: (origin, digest) =>
      ask(origin, {
        method: 'POST',
        path: '/digest',
        body: digest,
        // Odd, and what both stock clients send: the body is the bare digest.
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      }),
    findPath: (origin, commitment) =>
      ask(origin, {
        method: 'GET',
        path: `/timestamp/${hexFromBytes(commitment)}`,
        body: null,
        headers,
      }),
    async close() {
      closing.abort();
      await connections.close();
    },
  };
}

interface Wish {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

function endOf(closing: AbortSignal): string {
  return closing.aborted ? 'shutdown' : 'timeout';
}

async function exchange(
  { client, socket }: Connection,
  { method, path, body, headers }: Wish,
  signal: AbortSignal,
): Promise<CalendarAnswer> {
  const answer = await client.request({ method, path, body, headers, signal });
  // A body that is left unread ends with an error that nobody else hears: unheard it would end the process.
  answer.body.on('error', () => undefined);
  const status = answer.statusCode;
  if (status !== 200 && status !== 404) {
    socket.destroy();
    return { kind: 'refused', status };
  }
  const bytes = await readBoundedBody(answer.body, MAX_ANSWER_BYTES);
  if (bytes === null) {
    socket.destroy();
    return { kind: 'too-large' };
  }
  if (status === 200) return { kind: 'node', bytes };
  return { kind: 'waiting', text: harmless(bytes) };
}

/** From the network: for a log line, and for nothing else. */
function harmless(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, MAX_WAITING_CHARS)).toString('latin1');
  return text.replaceAll(/[^A-Za-z0-9#\-.,; ]/g, '_');
}
