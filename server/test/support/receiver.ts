/** A destination on loopback that keeps what it gets and answers as a test says. @module */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  /** Requests that arrived whole, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** Resolves when this many requests have arrived. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Called for each request, counted from 0; it may answer later, or never. */
export type Answer = (response: ServerResponse, index: number) => void;

export function answerWith(...statuses: readonly number[]): Answer {
  return (response, index) => {
    response.statusCode = statuses[Math.min(index, statuses.length - 1)] ?? 200;
    response.end('received');
  };
}

export async function openReceiver(answer: Answer = answerWith(200)): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
      });
      answer(response, requests.length - 1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    arrived: (count) =>
      vi.waitFor(
        () => {
          if (requests.length < count) throw new Error(`got ${requests.length}, want ${count}`);
        },
        { interval: 10, timeout: 10_000 },
      ),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An address on loopback where nobody listens. */
export async function closedPort(): Promise<string> {
  const receiver = await openReceiver();
  await receiver.close();
  return receiver.url;
}
