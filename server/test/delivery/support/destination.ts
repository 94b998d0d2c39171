/** Destinations on loopback that behave as a test says, and count what reaches them. @module */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Cidr } from '../../../src/endpoints/destination-guard.ts';

export const LOOPBACK: readonly Cidr[] = [
  { address: '127.0.0.0', prefixLength: 8 },
  { address: '::1', prefixLength: 128 },
];

export interface Destination {
  readonly port: number;
  readonly url: string;
  /** Connections accepted so far. */
  readonly connections: () => number;
  /** All bytes received so far, over all connections. */
  readonly received: () => Buffer;
  /** Requests that have arrived whole so far. */
  readonly requests: () => number;
  readonly close: () => Promise<void>;
}

/** Called for each request whose head and announced body are complete. */
export type Answer = (socket: Socket, request: Buffer) => void;

export interface Behaviour {
  readonly onConnection?: (socket: Socket) => void;
  readonly answer?: Answer;
  readonly tls?: TlsOptions;
  readonly host?: string;
}

/** Reads requests as far as `content-length` frames them; the answer is raw bytes, so it can be any nonsense. */
export async function openDestination(behaviour: Behaviour): Promise<Destination> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  let connections = 0;
  let requests = 0;
  const serve = (socket: Socket) => {
    // Joined only when the head or the announced body may be complete.
    let pending: Buffer[] = [];
    let pendingSize = 0;
    let wantedSize = 1;
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      pending.push(chunk);
      pendingSize += chunk.length;
      while (pendingSize >= wantedSize) {
        const bytes = Buffer.concat(pending);
        pending = [bytes];
        const size = requestSize(bytes);
        if (size === null || size > pendingSize) {
          wantedSize = size ?? pendingSize + 1;
          break;
        }
        requests += 1;
        pending = [bytes.subarray(size)];
        pendingSize -= size;
        wantedSize = 1;
        behaviour.answer?.(socket, bytes.subarray(0, size));
      }
    });
    behaviour.onConnection?.(socket);
  };
  const track = (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Clients that hang up are the subject here.
    socket.on('error', () => undefined);
  };
  const { tls } = behaviour;
  const server: Server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  server.on('connection', track);
  server.on('tlsClientError', () => undefined);
  server.listen(0, behaviour.host ?? '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { port } = address;
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/hook`,
    connections: () => connections,
    requests: () => requests,
    received: () => Buffer.concat(chunks),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const HEAD_END = '\r\n\r\n';

/** Of the first request; null while its head is incomplete. */
function requestSize(bytes: Buffer): number | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return null;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(`${headOf(bytes)}\r\n`)?.[1];
  return headEnd + HEAD_END.length + Number(length ?? 0);
}

/** Request line and headers of a request. */
export function headOf(request: Buffer): string {
  return request.subarray(0, request.indexOf(HEAD_END)).toString('latin1');
}

export function bodyOf(request: Buffer): Buffer {
  return request.subarray(request.indexOf(HEAD_END) + HEAD_END.length);
}

/** Answers every request with these bytes and leaves the connection open. */
export function sayRaw(text: string | Buffer): Answer {
  return (socket) => {
    socket.write(text);
  };
}

/** A whole answer with a length, so that the connection can be used again. */
export function sayStatus(status: number, extraHeaders = '', body = ''): Answer {
  return sayRaw(
    `HTTP/1.1 ${status} X\r\n${extraHeaders}content-length: ${body.length}\r\n\r\n${body}`,
  );
}
