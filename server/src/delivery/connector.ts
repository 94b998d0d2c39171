/** The delivery client: undici over connections that we dialled, each carrying one request at a time, pooled per origin. RFC 9112 section 9.3. @module */
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Client } from 'undici';
import {
  type Cidr,
  type DestinationRules,
  type DestinationUrl,
  parseDestinationUrl,
  type RefusedDestination,
} from '../endpoints/destination-guard.ts';
import { DEFAULT_TLS, type TlsSettings } from '../endpoints/tls-settings.ts';
import { type DialError, type DialOptions, dial } from './dial.ts';
import type { OnPhase } from './phases.ts';
import { type AddressResolver, createResolver } from './resolver.ts';
import { createTlsContexts, type TlsContexts, type TlsDefaults } from './tls-contexts.ts';

/** Without `allowHttp` every `http:` destination is a `bad_url`. */
export interface DeliveryClientOptions extends DestinationRules, TlsDefaults {
  readonly egressAllow: readonly Cidr[];
  readonly resolver?: AddressResolver;
  readonly connectTimeoutMs?: number;
  readonly maxConnectionsPerOrigin?: number;
  /** Over all origins; at the bound the connection that has idled longest is closed. */
  readonly maxIdleConnections?: number;
  readonly idleTimeoutMs?: number;
}

/** One dialled connection. While it is lent, its borrower alone uses it. */
export interface Connection {
  /** Requests to the same origin with the same TLS settings may use it. */
  readonly pool: string;
  readonly client: Client;
  readonly socket: Socket;
  readonly peerAddress: string;
}

export type Borrowed =
  | { readonly kind: 'borrowed'; readonly connection: Connection; readonly isReused: boolean }
  | {
      readonly kind: 'failed';
      readonly error: DialError | 'shutdown';
      readonly peerAddress: string | null;
    };

export interface DeliveryClient {
  /** The guard's rules with this client's settings. */
  parseUrl(text: string): DestinationUrl | RefusedDestination;
  /**
   * An idle connection, or a new one, or a place in the queue for one, first come first served. Never
   * throws. Waiters are as many as the caller has attempts in flight.
   */
  borrow(
    destination: DestinationUrl,
    signal: AbortSignal,
    tls?: TlsSettings,
    onPhase?: OnPhase,
  ): Promise<Borrowed>;
  /** Ends a loan. A connection that is still whole idles for the next; to prevent that, destroy its socket. */
  giveBack(connection: Connection): void;
  /** Refuses new loans, closes what idles, waits for what is lent. */
  close(): Promise<void>;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_CONNECTIONS_PER_ORIGIN = 64;
const DEFAULT_IDLE_CONNECTIONS = 256;
const DEFAULT_IDLE_TIMEOUT_MS = 10_000;
const MAX_RESPONSE_HEADER_BYTES = 16_384;
const USED_UP = { code: 'ECONNRESET' } as const; // what undici reports when it asks for a second socket

export function createDeliveryClient(options: DeliveryClientOptions): DeliveryClient {
  return new OriginPools(options);
}

/** What one origin has, for each TLS settings that it is spoken to with: `lent` counts loans and dials under way, and never exceeds the cap. */
interface OriginPool {
  lent: number;
  /** The one that came back last is lent first, so that the rest can idle out. */
  readonly idle: Connection[];
  /** Each is handed the place of a loan that ended, or a refusal at shutdown. */
  readonly waiting: Set<(hasPlace: boolean) => void>;
}

class OriginPools implements DeliveryClient {
  readonly #options: DeliveryClientOptions;
  readonly #dialOptions: Omit<DialOptions, 'secureContext'>;
  readonly #maxLent: number;
  readonly #maxIdle: number;
  readonly #pools = new Map<string, OriginPool>();
  /** Idle connections of all origins, longest idle first. */
  readonly #idle = new Set<Connection>();
  readonly #open = new Set<Connection>();
  readonly #contextOf: TlsContexts;
  #lent = 0;
  /** Set while closing; called when nothing is lent or open any more. */
  #onClosed: (() => void) | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: DeliveryClientOptions) {
    this.#options = options;
    this.#maxLent = options.maxConnectionsPerOrigin ?? DEFAULT_CONNECTIONS_PER_ORIGIN;
    this.#maxIdle = options.maxIdleConnections ?? DEFAULT_IDLE_CONNECTIONS;
    this.#contextOf = createTlsContexts(options);
    this.#dialOptions = {
      egressAllow: options.egressAllow,
      resolver: options.resolver ?? createResolver(),
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    };
  }

  parseUrl(text: string): DestinationUrl | RefusedDestination {
    return parseDestinationUrl(text, this.#options);
  }

  async borrow(
    destination: DestinationUrl,
    signal: AbortSignal,
    tls: TlsSettings = DEFAULT_TLS,
    onPhase?: OnPhase,
  ): Promise<Borrowed> {
    const { origin, isTls } = destination;
    // A connection on which we have shown who we are is for nobody else.
    const pool = isTls ? `${origin} ${tls.id}` : origin;
    const hasPlace = await this.#takePlace(pool, signal);
    if (!hasPlace) return failed(signal.aborted ? 'aborted' : 'shutdown');
    for (let idle = this.#takeIdle(pool); idle !== null; idle = this.#takeIdle(pool)) {
      await whenSocketsAreRead();
      if (!idle.socket.destroyed) return { kind: 'borrowed', connection: idle, isReused: true };
    }
    const secureContext = this.#contextOf(tls);
    const dialled =
      secureContext === null
        ? failed('tls')
        : await dial(destination, { ...this.#dialOptions, secureContext, onPhase }, signal);
    if (dialled.kind === 'failed') {
      this.#freePlace(pool);
      return dialled;
    }
    const { socket, peerAddress } = dialled;
    const connection = { pool, client: this.#clientOver(socket, origin), socket, peerAddress };
    this.#open.add(connection);
    socket.once('close', () => this.#forget(connection));
    return { kind: 'borrowed', connection, isReused: false };
  }

  giveBack(connection: Connection): void {
    const { pool, socket } = connection;
    if (this.#closing !== null) socket.destroy();
    if (!socket.destroyed) {
      this.#poolOf(pool).idle.push(connection);
      this.#idle.add(connection);
      const [longestIdle] = this.#idle;
      if (this.#idle.size > this.#maxIdle && longestIdle !== undefined) {
        this.#idle.delete(longestIdle);
        longestIdle.socket.destroy();
      }
    }
    this.#freePlace(pool);
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#onClosed = resolve;
      for (const { waiting } of this.#pools.values()) {
        for (const answer of waiting) answer(false);
      }
      for (const { socket } of this.#idle) socket.destroy();
      this.#finishClosing();
    });
    return this.#closing;
  }

  /** Resolves with false when the signal aborts or the client closes before a place is free. */
  #takePlace(name: string, signal: AbortSignal): Promise<boolean> | boolean {
    if (signal.aborted || this.#closing !== null) return false;
    const pool = this.#poolOf(name);
    if (pool.lent < this.#maxLent) {
      pool.lent += 1;
      this.#lent += 1;
      return true;
    }
    return new Promise((resolve) => {
      const answer = (hasPlace: boolean) => {
        pool.waiting.delete(answer);
        signal.removeEventListener('abort', giveUp);
        resolve(hasPlace);
      };
      const giveUp = () => answer(false);
      pool.waiting.add(answer);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Hands the place to whoever waits longest. */
  #freePlace(name: string): void {
    const pool = this.#poolOf(name);
    const [next] = pool.waiting;
    if (next !== undefined && this.#closing === null) {
      next(true);
      return;
    }
    pool.lent -= 1;
    this.#lent -= 1;
    this.#dropIfUnused(name, pool);
    this.#finishClosing();
  }

  #takeIdle(name: string): Connection | null {
    const { idle } = this.#poolOf(name);
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      this.#idle.delete(connection);
      if (!connection.socket.destroyed) return connection;
    }
    return null;
  }

  #forget(connection: Connection): void {
    const { pool: name } = connection;
    this.#open.delete(connection);
    this.#idle.delete(connection);
    const pool = this.#pools.get(name);
    const position = pool?.idle.indexOf(connection) ?? -1;
    if (position !== -1) pool?.idle.splice(position, 1);
    if (pool !== undefined) this.#dropIfUnused(name, pool);
    this.#finishClosing();
  }

  #poolOf(name: string): OriginPool {
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    const pool: OriginPool = { lent: 0, idle: [], waiting: new Set() };
    this.#pools.set(name, pool);
    return pool;
  }

  /** An origin that was only ever dialled once must not stay in memory. */
  #dropIfUnused(name: string, { lent, idle }: OriginPool): void {
    if (lent === 0 && idle.length === 0) this.#pools.delete(name);
  }

  #finishClosing(): void {
    if (this.#lent === 0 && this.#open.size === 0) this.#onClosed?.();
  }

  /** undici speaks HTTP over this socket and can get no other: when it is gone, so is the client. */
  #clientOver(socket: Socket, origin: string): Client {
    const idleTimeoutMs = this.#options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS;
    let unused: Socket | null = socket;
    return new Client(origin, {
      connect: function handOver(_target, done) {
        const handed = unused;
        unused = null;
        // Not at once: undici takes no notice of a socket that comes before its connect function returns.
        queueMicrotask(() => {
          if (handed === null) done(Object.assign(new Error('used up'), USED_UP), null);
          else done(null, handed);
        });
      },
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      // The attempt has one deadline over everything; these restart with each chunk.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleTimeoutMs,
      // A destination may ask for less, not for more.
      keepAliveMaxTimeout: idleTimeoutMs,
    });
  }
}

/**
 * Between two immediates the event loop looks at all sockets. An end or a stray answer that waits on an
 * idle connection is then seen, and undici has destroyed it; otherwise the stray answer would be taken
 * for the answer to the next request, and every later one on that connection shifted by one.
 */
async function whenSocketsAreRead(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

function failed(error: 'aborted' | 'shutdown' | 'tls'): Extract<Borrowed, { kind: 'failed' }> {
  return { kind: 'failed', error, peerAddress: null };
}
