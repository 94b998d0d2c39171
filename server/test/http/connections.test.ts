import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { boundClosing, lingerAfterRefusal } from '../../src/http/connections.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openConnection, type RawConnection, requestHead } from '../support/raw-http.ts';

const DEADLINE_MS = 7_000;

const opened: { app: FastifyInstance; connections: RawConnection[] }[] = [];

afterEach(async () => {
  for (const { app, connections } of opened.splice(0)) {
    for (const { socket } of connections) socket.destroy();
    await app.close();
  }
});

interface Bench {
  readonly app: FastifyInstance;
  readonly clock: ManualClock;
  /** What handlers have done. */
  readonly served: string[];
  /** Ends the request that waits in the handler. */
  readonly release: () => void;
  readonly connect: () => Promise<RawConnection>;
  /** The server's end of the connection that was opened last. */
  readonly serverEnd: () => Socket;
}

async function open(): Promise<Bench> {
  const clock = new ManualClock();
  const app = fastify({ forceCloseConnections: 'idle', return503OnClosing: false });
  const connections: RawConnection[] = [];
  opened.push({ app, connections });
  boundClosing(app, clock, DEADLINE_MS);
  lingerAfterRefusal(app, clock, DEADLINE_MS);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const ends: Socket[] = [];
  app.server.on('connection', (socket: Socket) => ends.push(socket));
  const served: string[] = [];
  app.get('/now', async () => {
    served.push('now');
    return 'now';
  });
  app.get('/later', async () => {
    await released;
    return 'later';
  });
  app.post('/refused', {
    onRequest: async (_request, reply) => {
      await reply.code(413).header('connection', 'close').send('too large');
    },
    handler: async () => served.push('refused'),
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    clock,
    served,
    release,
    async connect() {
      const known = ends.length;
      const connection = await openConnection(port);
      connections.push(connection);
      await vi.waitFor(() => expect(ends.length).toBe(known + 1));
      return connection;
    },
    serverEnd: () => ends.at(-1) as Socket,
  };
}

describe('closing', () => {
  it('does not wait for a connection that never sent a request', async () => {
    const { app, connect } = await open();
    const silent = await connect();
    const halfway = await connect();
    await halfway.send('GET /now HTTP/1.1\r\nhost:');
    await app.close();
    await silent.closed();
    await halfway.closed();
  });

  it('does not wait for a connection between two requests', async () => {
    const { app, connect } = await open();
    const client = await connect();
    await client.send(requestHead('GET', '/now'));
    expect((await client.response()).body.toString()).toBe('now');
    await app.close();
    await client.closed();
  });

  it('lets a request in flight end, and its connection with it', async () => {
    const { app, clock, connect, release } = await open();
    const client = await connect();
    const arrived = once(app.server, 'request');
    await client.send(requestHead('GET', '/later'));
    await arrived;
    const closing = app.close();
    await clock.untilAsked(1);
    release();
    const { headers, body } = await client.response();
    expect([headers.connection, body.toString()]).toEqual(['close', 'later']);
    await closing;
    await client.closed();
    expect(clock.sleeping).toBe(0);
  });

  it('cuts off a request that does not end within the deadline', async () => {
    const { app, clock, connect } = await open();
    const client = await connect();
    const arrived = once(app.server, 'request');
    await client.send(requestHead('GET', '/later'));
    await arrived;
    const closing = app.close();
    await clock.untilAsked(1);
    clock.advance(DEADLINE_MS - 1);
    expect(client.socket.destroyed).toBe(false);
    clock.advance(1);
    await closing;
    expect((await client.closed()).length).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const { app, clock } = await open();
    await app.close();
    expect(clock.asked).toEqual([DEADLINE_MS]);
    expect(clock.sleeping).toBe(0);
  });
});

describe('a connection after a refusal', () => {
  const UNSENT = requestHead('POST', '/refused', { 'content-length': '1000' });

  it('takes what still comes without answering it, until the client closes', async () => {
    const { clock, connect, serverEnd } = await open();
    const client = await connect();
    client.socket.allowHalfOpen = true;
    await client.send(UNSENT);
    expect((await client.response()).status).toBe(413);
    await once(client.socket, 'end');
    // The server's side is closed, its ears are open: no reset comes back.
    await client.send(Buffer.alloc(500));
    expect(serverEnd().destroyed).toBe(false);
    client.socket.end();
    await client.closed();
    await vi.waitFor(() => expect(serverEnd().destroyed).toBe(true));
    expect(clock.sleeping).toBe(0);
  });

  it('serves no further request', async () => {
    const { connect, served, serverEnd } = await open();
    const client = await connect();
    client.socket.allowHalfOpen = true;
    await client.send(UNSENT);
    await client.response();
    const rest = Buffer.concat([Buffer.alloc(1_000), Buffer.from(requestHead('GET', '/now'))]);
    await client.send(rest);
    await vi.waitFor(() => expect(serverEnd().destroyed).toBe(true));
    expect(served).toEqual([]);
  });

  it('is closed after the deadline when the client does not', async () => {
    const { clock, connect, serverEnd } = await open();
    const client = await connect();
    client.socket.allowHalfOpen = true;
    await client.send(UNSENT);
    await client.response();
    await clock.untilAsked(1);
    clock.advance(DEADLINE_MS - 1);
    expect(serverEnd().destroyed).toBe(false);
    clock.advance(1);
    await vi.waitFor(() => expect(serverEnd().destroyed).toBe(true));
  });
});
