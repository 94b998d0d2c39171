/** Connections between attempts: used again, never for a second copy of a request, bounded and closed. @module */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { Client } from 'undici';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/delivery/attempt.ts';
import type { DeliveryClient } from '../../src/delivery/connector.ts';
import { openClient, openFor, post } from './support/client.ts';
import { type Answer, sayStatus } from './support/destination.ts';

/** Holds its requests until told to answer. */
function holdRequests() {
  const held: (() => void)[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const answer: Answer = (socket, request) => {
    held.push(() => sayStatus(200)(socket, request));
    for (const { count, resolve } of waiting) if (held.length >= count) resolve();
  };
  return {
    answer,
    /** Resolves when so many have arrived in all. */
    arrived: (count: number) =>
      new Promise<void>((resolve) => {
        if (held.length >= count) resolve();
        waiting.push({ count, resolve });
      }),
    count: () => held.length,
    /** Answers the request that arrived as number `n` (from 0). */
    release: (n: number) => held[n]?.(),
  };
}

function kindOf(outcome: Outcome): string {
  return outcome.kind === 'failed' ? outcome.error : outcome.kind;
}

describe('a connection', () => {
  it('is used again', async () => {
    const destination = await openFor({ answer: sayStatus(200, '', 'ok') });
    const client = openClient();
    for (let n = 0; n < 5; n += 1) {
      expect(await post(client, `${destination.url}/${n}`)).toMatchObject({ kind: 'delivered' });
    }
    expect(destination.requests()).toBe(5);
    expect(destination.connections()).toBe(1);
  });

  it('is not used again after "connection: close"', async () => {
    const destination = await openFor({ answer: sayStatus(200, 'connection: close\r\n') });
    const client = openClient();
    expect(kindOf(await post(client, destination.url))).toBe('delivered');
    expect(kindOf(await post(client, destination.url))).toBe('delivered');
    expect(destination.connections()).toBe(2);
  });

  it('is not used again when its answer was cut', async () => {
    const destination = await openFor({ answer: sayStatus(200, '', 'x'.repeat(100_000)) });
    const client = openClient();
    await post(client, destination.url);
    await post(client, destination.url);
    expect(destination.connections()).toBe(2);
  });

  it('that dies under its second request does not carry it twice', async () => {
    let requests = 0;
    const answer: Answer = (socket, request) => {
      requests += 1;
      if (requests === 1) sayStatus(200)(socket, request);
      else socket.destroy();
    };
    const destination = await openFor({ answer });
    const client = openClient();
    expect(kindOf(await post(client, destination.url))).toBe('delivered');
    expect(kindOf(await post(client, destination.url))).toBe('reset');
    // Whoever would send the request again does so on its own, before the next attempt gets through.
    const next = await openFor({ answer: sayStatus(200) });
    await post(client, next.url);
    expect(destination.requests()).toBe(2);
    expect(destination.connections()).toBe(1);
  });

  it('that is reset under its second request does not carry it twice', async () => {
    let requests = 0;
    const answer: Answer = (socket, request) => {
      requests += 1;
      if (requests === 1) sayStatus(200)(socket, request);
      else socket.resetAndDestroy();
    };
    const destination = await openFor({ answer });
    const client = openClient();
    expect(kindOf(await post(client, destination.url))).toBe('delivered');
    expect(kindOf(await post(client, destination.url))).toBe('reset');
    expect(destination.requests()).toBe(2);
    expect(destination.connections()).toBe(1);
  });

  it('that the destination closed while idle costs no attempt', async () => {
    const sockets: Socket[] = [];
    const destination = await openFor({
      onConnection: (socket) => sockets.push(socket),
      answer: sayStatus(200),
    });
    const client = openClient();
    expect(kindOf(await post(client, destination.url))).toBe('delivered');
    await new Promise<void>((resolve) => sockets[0]?.end(() => resolve()));
    expect(kindOf(await post(client, destination.url))).toBe('delivered');
    expect(destination.requests()).toBe(2);
    expect(destination.connections()).toBe(2);
  });

  it('that talks out of turn while idle answers no request with it', async () => {
    const sockets: Socket[] = [];
    const destination = await openFor({
      onConnection: (socket) => sockets.push(socket),
      answer: sayStatus(500),
    });
    const client = openClient();
    expect(await post(client, destination.url)).toMatchObject({ status: 500 });
    await new Promise<void>((resolve) => {
      sockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', () => resolve());
    });
    expect(await post(client, destination.url)).toMatchObject({ status: 500 });
    expect(destination.connections()).toBe(2);
  });

  it.each([
    ['says nothing', ''],
    ['asks for more', 'keep-alive: timeout=600\r\n'],
  ])('is closed after its idle time when the destination %s', async (_what, header) => {
    const closed: Promise<unknown>[] = [];
    const destination = await openFor({
      onConnection: (socket) => closed.push(once(socket, 'close')),
      answer: sayStatus(200, header),
    });
    const client = openClient({ idleTimeoutMs: 100 });
    const startMs = performance.now();
    expect(kindOf(await post(client, destination.url))).toBe('delivered');
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
    // undici's own default would be 4 s.
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });

  it('cannot be opened a second time', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const client = openClient();
    const url = client.parseUrl(destination.url);
    if (url.kind === 'refused') throw new Error('the test wants a good URL');
    const loan = await client.borrow(url, new AbortController().signal);
    if (loan.kind === 'failed') throw new Error('the test wants a connection');
    const { connection } = loan;
    connection.socket.destroy();
    await once(connection.socket, 'close');
    const answer = connection.client.request({ method: 'POST', path: '/', body: 'x' });
    await expect(answer).rejects.toMatchObject({ code: expect.any(String) });
    client.giveBack(connection);
    expect(destination.connections()).toBe(1);
    expect(destination.requests()).toBe(0);
  });

  it('is not shared between destinations', async () => {
    const one = await openFor({ answer: sayStatus(200) });
    const two = await openFor({ answer: sayStatus(500) });
    const client = openClient();
    expect(kindOf(await post(client, one.url))).toBe('delivered');
    expect(kindOf(await post(client, two.url))).toBe('rejected');
    expect(one.requests()).toBe(1);
    expect(two.requests()).toBe(1);
  });
});

describe('a connection that is gone before the first byte', () => {
  /** Lends a spent connection first, and counts the loans. */
  function lendSpentFirst(client: DeliveryClient, isReused: boolean) {
    const spent = new Client('http://127.0.0.1:9', {
      connect: (_target, done) => queueMicrotask(() => done(new Error('gone'), null)),
    });
    const connection = {
      pool: 'http://127.0.0.1:9',
      client: spent,
      socket: new Socket().destroy(),
      peerAddress: '127.0.0.1',
    };
    let loans = 0;
    const lender: DeliveryClient = {
      parseUrl: (text) => client.parseUrl(text),
      borrow: async (destination, signal) => {
        loans += 1;
        if (loans > 1) return client.borrow(destination, signal);
        return { kind: 'borrowed', connection, isReused };
      },
      giveBack: (lent) => {
        if (lent !== connection) client.giveBack(lent);
      },
      close: () => client.close(),
    };
    return { lender, loans: () => loans };
  }

  it('is replaced when it was an idle one', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const { lender, loans } = lendSpentFirst(openClient(), true);
    expect(await post(lender, destination.url)).toMatchObject({ kind: 'delivered' });
    expect(loans()).toBe(2);
    expect(destination.requests()).toBe(1);
  });

  it('fails the attempt when it was new', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const { lender, loans } = lendSpentFirst(openClient(), false);
    expect(await post(lender, destination.url)).toMatchObject({ kind: 'failed' });
    expect(loans()).toBe(1);
    expect(destination.requests()).toBe(0);
  });
});

describe('the cap of an origin', () => {
  it('makes others wait, in order', async () => {
    const held = holdRequests();
    const destination = await openFor({ answer: held.answer });
    const client = openClient({ maxConnectionsPerOrigin: 2 });
    const posts = Array.from({ length: 4 }, (_, n) => post(client, `${destination.url}/${n}`));
    await held.arrived(2);
    held.release(0);
    await held.arrived(3);
    expect(destination.received().toString()).toContain('/hook/2 ');
    expect(destination.received().toString()).not.toContain('/hook/3 ');
    held.release(1);
    await held.arrived(4);
    held.release(2);
    held.release(3);
    expect((await Promise.all(posts)).map(kindOf)).toEqual(Array(4).fill('delivered'));
    expect(destination.connections()).toBe(2);
  });

  it('lets a waiter go at its deadline, unsent', async () => {
    const held = holdRequests();
    const destination = await openFor({ answer: held.answer });
    const client = openClient({ maxConnectionsPerOrigin: 1 });
    const first = post(client, destination.url);
    await held.arrived(1);
    expect(await post(client, destination.url, { deadlineMs: 100 })).toEqual({
      kind: 'failed',
      error: 'timeout',
      peerAddress: null,
    });
    held.release(0);
    expect(kindOf(await first)).toBe('delivered');
    expect(kindOf(await post(client, destination.url, { deadlineMs: 100 }))).toBe('timeout');
    expect(destination.requests()).toBe(2);
  });

  it('is freed by attempts that fail', async () => {
    const destination = await openFor({ answer: (socket) => socket.destroy() });
    const client = openClient({ maxConnectionsPerOrigin: 1 });
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => post(client, destination.url)),
    );
    expect(outcomes.map(kindOf)).toEqual(Array(5).fill('reset'));
    await destination.close();
    const refused = await Promise.all(
      Array.from({ length: 5 }, () => post(client, destination.url)),
    );
    expect(refused.map(kindOf)).toEqual(Array(5).fill('connect'));
  });

  it('of one origin does not hold up another', async () => {
    const held = holdRequests();
    const slow = await openFor({ answer: held.answer });
    const fast = await openFor({ answer: sayStatus(200) });
    const client = openClient({ maxConnectionsPerOrigin: 1 });
    const waiting = [post(client, slow.url), post(client, slow.url)];
    await held.arrived(1);
    expect(kindOf(await post(client, fast.url))).toBe('delivered');
    held.release(0);
    await held.arrived(2);
    held.release(1);
    expect((await Promise.all(waiting)).map(kindOf)).toEqual(['delivered', 'delivered']);
  });
});

describe('idle connections', () => {
  it('over the bound are closed, longest idle first', async () => {
    const closed: number[] = [];
    const destinations = await Promise.all(
      [0, 1, 2].map((n) =>
        openFor({
          answer: sayStatus(200),
          onConnection: (socket) => socket.on('close', () => closed.push(n)),
        }),
      ),
    );
    const client = openClient({ maxIdleConnections: 2 });
    for (const { url } of destinations) await post(client, url);
    await expect.poll(() => closed).toEqual([0]);
    for (const { url } of [...destinations].reverse()) await post(client, url);
    expect(destinations.map(({ connections }) => connections())).toEqual([2, 1, 1]);
  });
});

describe('close', () => {
  it('waits for what is lent, closes what idles and refuses the rest', async () => {
    const held = holdRequests();
    const busy = await openFor({ answer: held.answer });
    const idle = await openFor({ answer: sayStatus(200) });
    const client = openClient({ maxConnectionsPerOrigin: 1 });
    await post(client, idle.url);
    const running = post(client, busy.url);
    await held.arrived(1);
    const waiting = post(client, busy.url);
    let isClosed = false;
    const closing = client.close().then(() => {
      isClosed = true;
    });
    expect(kindOf(await waiting)).toBe('shutdown');
    expect(kindOf(await post(client, idle.url))).toBe('shutdown');
    expect(isClosed).toBe(false);
    held.release(0);
    expect(kindOf(await running)).toBe('delivered');
    await closing;
    await client.close();
    expect(held.count()).toBe(1);
  });

  it('is done at once when nothing is open', async () => {
    await openClient().close();
  });
});
