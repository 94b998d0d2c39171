/** An HTTP server on loopback that knows the right answer and can be told to give another one: the base of the fakes that stand for other people's servers. @module */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** What happens in place of the right answer. */
export type Misdeed =
  | HttpAnswer
  /** Nothing, ever. */
  | 'hang'
  /** The connection ends without a word. */
  | 'reset'
  /** The head promises the whole body, half of it comes, and the connection ends. */
  | 'truncate'
  /** A body that never ends, one byte at a time. */
  | 'drip'
  /** A body without a length that grows until the other side hangs up. */
  | 'endless';

/** Null: the right answer stands. */
export type Fault = (request: HttpRequest, right: HttpAnswer) => Misdeed | null;

export interface FaultyServer {
  readonly origin: string;
  /** Every request, in the order in which they came. */
  readonly requests: readonly HttpRequest[];
  /** The test may set it; `honest` undoes it. */
  fault: Fault;
  close(): Promise<void>;
}

export const honest: Fault = () => null;

const DRIP_MS = 100;

export async function openFaultyServer(
  answer: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
): Promise<FaultyServer> {
  const requests: HttpRequest[] = [];
  const sockets = new Set<Socket>();
  const state: { fault: Fault } = { fault: honest };
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', async () => {
      const request: HttpRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(parts),
      };
      requests.push(request);
      const right = await answer(request);
      send(response, state.fault(request, right) ?? right, right);
    });
    // Clients that hang up are the subject of some tests.
    incoming.on('error', () => undefined);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    origin: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}

function send(response: ServerResponse, misdeed: Misdeed, right: HttpAnswer): void {
  if (misdeed === 'hang') return;
  if (misdeed === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (misdeed === 'truncate') {
    const body = Buffer.from(right.body ?? '');
    response.writeHead(right.status, { ...right.headers, 'content-length': body.length });
    response.write(body.subarray(0, body.length >> 1), () => response.socket?.destroy());
    return;
  }
  if (misdeed === 'drip') {
    response.writeHead(right.status, right.headers);
    const timer = setInterval(() => response.write('\0'), DRIP_MS);
    response.on('close', () => clearInterval(timer));
    return;
  }
  if (misdeed === 'endless') {
    response.writeHead(right.status, right.headers);
    const piece = Buffer.alloc(16_384);
    const grow = (): void => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', grow);
    };
    grow();
    return;
  }
  const body = Buffer.from(misdeed.body ?? '');
  response.writeHead(misdeed.status, { ...misdeed.headers, 'content-length': body.length });
  response.end(body);
}
