/** One connection to a destination: resolve once, judge every address, dial exactly those, look again at who answered, then TLS. RFC 9110 section 4.3, RFC 8446. @module */
import { isIP, connect as openTcp, type Socket } from 'node:net';
import { connect as openTls, type SecureContext, type TLSSocket } from 'node:tls';
import {
  type Cidr,
  type DestinationUrl,
  isAllowedAddress,
} from '../endpoints/destination-guard.ts';
import { during, type OnPhase } from './phases.ts';
import type { AddressResolver } from './resolver.ts';

export interface DialOptions {
  readonly egressAllow: readonly Cidr[];
  readonly resolver: AddressResolver;
  /** For one address; a name with several addresses is bounded by the caller's signal. */
  readonly connectTimeoutMs: number;
  /** Holds the oldest TLS version and the trusted authorities. */
  readonly secureContext: SecureContext;
  readonly onPhase?: OnPhase | undefined;
  /** Opens a TCP connection to an address literal. */
  readonly openSocket?: (address: string, port: number) => Socket;
}

export type DialError = 'aborted' | 'dns' | 'blocked_address' | 'connect' | 'tls';

export type Dialled =
  | { readonly kind: 'connected'; readonly socket: Socket; readonly peerAddress: string }
  | { readonly kind: 'failed'; readonly error: DialError; readonly peerAddress: string | null };

const MAX_ADDRESSES_DIALLED = 8;

/** Never throws. When `signal` aborts, nothing stays open and the error is `aborted`. */
export async function dial(
  destination: DestinationUrl,
  options: DialOptions,
  signal: AbortSignal,
): Promise<Dialled> {
  const { onPhase } = options;
  const { hostname } = destination;
  // A literal is its own address and no resolver hears of it.
  const found =
    isIP(hostname) !== 0
      ? [hostname]
      : await during(onPhase, 'dns', findAddresses(hostname, options.resolver, signal));
  if (signal.aborted) return failed('aborted');
  if (found === null) return failed('dns');
  const isAllowed = (address: string) => isAllowedAddress(address, options.egressAllow);
  // One bad address refuses the name: a mixed answer is how a name is steered inwards.
  if (!found.every(isAllowed)) return failed('blocked_address');

  const socket = await during(
    onPhase,
    'connect',
    dialFirst(found, destination.port, options, signal),
  );
  if (signal.aborted) {
    socket?.destroy();
    return failed('aborted');
  }
  if (socket === null) return failed('connect');
  const peerAddress = socket.remoteAddress ?? '';
  // Before the first byte leaves: whatever lies between us and the address, this is who answered.
  if (!isAllowed(peerAddress)) {
    socket.destroy();
    return failed('blocked_address');
  }
  if (!destination.isTls) return { kind: 'connected', socket, peerAddress };

  const secured = await during(
    onPhase,
    'tls',
    startTls(socket, hostname, options.secureContext, signal),
  );
  if (secured !== null) return { kind: 'connected', socket: secured, peerAddress };
  return failed(signal.aborted ? 'aborted' : 'tls', peerAddress);
}

function failed(error: DialError, peerAddress: string | null = null): Dialled {
  return { kind: 'failed', error, peerAddress };
}

/** Null when there is no address. */
async function findAddresses(
  hostname: string,
  resolver: AddressResolver,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  const answer = resolver.resolve(hostname).then(
    (addresses) => (addresses.length === 0 ? null : addresses),
    // Why a name has no address is not told to tenants; the short code says all.
    () => null,
  );
  return Promise.race([answer, whenAborted(signal)]);
}

/** Resolves with null; the listener goes with the signal, which lives as long as one attempt. */
function whenAborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

async function dialFirst(
  addresses: readonly string[],
  port: number,
  options: DialOptions,
  signal: AbortSignal,
): Promise<Socket | null> {
  for (const address of addresses.slice(0, MAX_ADDRESSES_DIALLED)) {
    if (signal.aborted) return null;
    const socket = await dialAddress(address, port, options, signal);
    if (socket !== null) return socket;
  }
  return null;
}

function dialAddress(
  address: string,
  port: number,
  { connectTimeoutMs, openSocket = openAddress }: DialOptions,
  signal: AbortSignal,
): Promise<Socket | null> {
  const socket = openSocket(address, port);
  const limit = AbortSignal.timeout(connectTimeoutMs);
  return settleSocket(socket, 'connect', [signal, limit]);
}

/** The host is a literal, so Node resolves nothing. */
function openAddress(address: string, port: number): Socket {
  return openTcp({ host: address, port, noDelay: true, autoSelectFamily: false });
}

async function startTls(
  socket: Socket,
  hostname: string,
  secureContext: SecureContext,
  signal: AbortSignal,
): Promise<TLSSocket | null> {
  const secured = openTls({
    socket,
    // The certificate must name this host; SNI carries names only (RFC 6066 section 3), without the last dot.
    host: hostname,
    ...(isIP(hostname) === 0 ? { servername: hostname.replace(/\.$/, '') } : {}),
    secureContext,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
  });
  const ready = await settleSocket(secured, 'secureConnect', [signal]);
  if (ready === null) socket.destroy();
  return ready;
}

/** Waits until the socket is ready; null, with the socket destroyed, when it fails or a signal aborts first. */
function settleSocket<S extends Socket>(
  socket: S,
  ready: 'connect' | 'secureConnect',
  signals: readonly AbortSignal[],
): Promise<S | null> {
  return new Promise((resolve) => {
    const settle = (outcome: S | null) => {
      socket.off(ready, succeed);
      socket.off('close', fail);
      for (const signal of signals) signal.removeEventListener('abort', fail);
      if (outcome === null) socket.destroy();
      resolve(outcome);
    };
    const succeed = () => settle(socket);
    const fail = () => settle(null);
    // Kept for the life of the socket: an error while it idles is followed by 'close', which is handled.
    socket.on('error', ignoreError);
    socket.once(ready, succeed);
    // Every error is followed by 'close'.
    socket.once('close', fail);
    for (const signal of signals) signal.addEventListener('abort', fail, { once: true });
    if (signals.some(({ aborted }) => aborted)) fail();
  });
}

function ignoreError(): void {}
