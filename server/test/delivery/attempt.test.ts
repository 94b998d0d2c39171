/** One attempt against destinations that behave, misbehave and attack. @module */
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { noNames, openClient, openFor, post } from './support/client.ts';
import { openDeafPort } from './support/deaf-port.ts';
import { bodyOf, headOf, sayRaw, sayStatus } from './support/destination.ts';

const CAP = 65_536;
const SHORT_MS = 250;
/** Far above SHORT_MS, far below what a test may take: an attempt that ignores its deadline exceeds it. */
const PROMPT_MS = 3_000;

function sha256(bytes: Uint8Array | string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startMs = performance.now();
  const result = await work;
  return { result, tookMs: performance.now() - startMs };
}

/** Writes a piece again and again until the other side is gone. */
function drip(socket: Socket, piece: string | Buffer, everyMs: number): void {
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.on('close', () => clearInterval(timer));
}

describe('what is sent', () => {
  it('sends exactly the bytes of the body, in one POST', async () => {
    const body = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, n) => n)),
      randomBytes(5_000),
    ]);
    const requests: Buffer[] = [];
    const destination = await openFor({
      answer: (socket, request) => {
        requests.push(Buffer.from(request));
        sayStatus(200)(socket, request);
      },
    });
    const outcome = await post(openClient(), `${destination.url}?a=1#fragment`, {
      body,
      headers: { 'content-type': 'application/octet-stream', 'X-Kapsel-Attempt-Number': '1' },
    });
    expect(outcome).toMatchObject({ kind: 'delivered', status: 200, peerAddress: '127.0.0.1' });
    expect(requests).toHaveLength(1);
    const [request = Buffer.alloc(0)] = requests;
    expect(bodyOf(request).equals(body)).toBe(true);
    expect(headOf(request).split('\r\n')).toEqual([
      'POST /hook?a=1 HTTP/1.1',
      `host: 127.0.0.1:${destination.port}`,
      'connection: keep-alive',
      'content-type: application/octet-stream',
      'X-Kapsel-Attempt-Number: 1',
      `content-length: ${body.length}`,
    ]);
  });

  it('sends ten megabytes unchanged', async () => {
    const body = randomBytes(10_485_760);
    const hashes: Uint8Array[] = [];
    const destination = await openFor({
      answer: (socket, request) => {
        hashes.push(sha256(bodyOf(request)));
        sayStatus(202)(socket, request);
      },
    });
    const outcome = await post(openClient(), destination.url, { body });
    expect(outcome).toMatchObject({ kind: 'delivered', status: 202 });
    expect(hashes).toEqual([sha256(body)]);
  });

  it('sends an empty body as one of length 0, without a content type', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    await post(openClient(), destination.url, { body: new Uint8Array(0) });
    const head = headOf(destination.received());
    expect(head).toContain('content-length: 0');
    expect(head).not.toContain('content-type');
  });

  it('sends a view of a larger buffer, and not what lies around it', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const body = new TextEncoder().encode('-inside-').subarray(1, 7);
    await post(openClient(), destination.url, { body });
    expect(bodyOf(destination.received()).toString()).toBe('inside');
  });

  it.each(['a\r\nx-evil: 1', 'a\nx-evil: 1', 'a\u0000b', '\u2603'])(
    'sends nothing when a header value is %j',
    async (value) => {
      const destination = await openFor({ answer: sayStatus(200) });
      const outcome = await post(openClient(), destination.url, { headers: { 'x-header': value } });
      expect(outcome).toMatchObject({ kind: 'failed', error: 'protocol' });
      expect(destination.received()).toHaveLength(0);
    },
  );

  it.each(['x-evil: 1\r\nx-more', 'x evil', 'transfer-encoding', 'upgrade', 'expect'])(
    'sends nothing when a header name is %j',
    async (name) => {
      const destination = await openFor({ answer: sayStatus(200) });
      const outcome = await post(openClient(), destination.url, { headers: { [name]: 'chunked' } });
      expect(outcome).toMatchObject({ kind: 'failed', error: 'protocol' });
      expect(destination.received()).toHaveLength(0);
    },
  );
});

describe('an answer', () => {
  it('is kept as status, hash and size of its body', async () => {
    const destination = await openFor({ answer: sayStatus(200, '', 'thank you') });
    expect(await post(openClient(), destination.url)).toEqual({
      kind: 'delivered',
      status: 200,
      responseHash: sha256('thank you'),
      responseSize: 9,
      truncated: false,
      retryAfter: null,
      peerAddress: '127.0.0.1',
    });
  });

  it.each([
    [200, 'delivered'],
    [201, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [300, 'rejected'],
    [304, 'rejected'],
    [400, 'rejected'],
    [404, 'rejected'],
    [410, 'rejected'],
    [429, 'rejected'],
    [500, 'rejected'],
    [503, 'rejected'],
    [999, 'rejected'],
  ])('of %i is %s', async (status, kind) => {
    const destination = await openFor({ answer: sayStatus(status) });
    expect(await post(openClient(), destination.url)).toMatchObject({
      kind,
      status,
      truncated: false,
    });
  });

  it.each([301, 302, 303, 307, 308])('of %i is not followed', async (status) => {
    const elsewhere = await openFor({ answer: sayStatus(200) });
    const destination = await openFor({
      answer: sayStatus(status, `location: ${elsewhere.url}\r\n`),
    });
    expect(await post(openClient(), destination.url)).toMatchObject({ kind: 'rejected', status });
    expect(destination.requests()).toBe(1);
    expect(elsewhere.connections()).toBe(0);
  });

  it('carries its Retry-After, but not when there are two', async () => {
    const one = await openFor({ answer: sayStatus(503, 'Retry-After: 30\r\n') });
    const two = await openFor({ answer: sayStatus(503, 'retry-after: 1\r\nretry-after: 2\r\n') });
    const client = openClient();
    expect(await post(client, one.url)).toMatchObject({ retryAfter: '30' });
    expect(await post(client, two.url)).toMatchObject({ retryAfter: null });
  });

  it('is the final one, not an interim 103', async () => {
    const destination = await openFor({
      answer: sayRaw(
        'HTTP/1.1 103 Early\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
      ),
    });
    expect(await post(openClient(), destination.url)).toMatchObject({
      kind: 'delivered',
      status: 200,
      responseHash: sha256('ok'),
    });
  });

  it('without a length ends with the connection', async () => {
    const destination = await openFor({
      answer: (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nold but good'),
    });
    expect(await post(openClient(), destination.url)).toMatchObject({
      kind: 'delivered',
      responseHash: sha256('old but good'),
      truncated: false,
    });
  });

  it('is hashed as it came, not inflated', async () => {
    const squeezed = gzipSync(Buffer.alloc(5_000_000));
    const destination = await openFor({
      answer: sayRaw(
        Buffer.concat([
          Buffer.from(
            `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${squeezed.length}\r\n\r\n`,
          ),
          squeezed,
        ]),
      ),
    });
    expect(await post(openClient(), destination.url)).toMatchObject({
      responseHash: sha256(squeezed),
      responseSize: squeezed.length,
      truncated: false,
    });
  });

  it('of exactly 64 KiB is whole, one byte more is cut', async () => {
    const client = openClient();
    const whole = await openFor({ answer: sayStatus(200, '', 'x'.repeat(CAP)) });
    expect(await post(client, whole.url)).toMatchObject({
      responseHash: sha256('x'.repeat(CAP)),
      responseSize: CAP,
      truncated: false,
    });
    const longer = await openFor({ answer: sayStatus(200, '', 'x'.repeat(CAP + 1)) });
    expect(await post(client, longer.url)).toMatchObject({
      kind: 'delivered',
      responseHash: sha256('x'.repeat(CAP)),
      responseSize: CAP,
      truncated: true,
    });
  });

  it('without end is cut at 64 KiB and hung up on', async () => {
    const hungUp: Promise<void>[] = [];
    const destination = await openFor({
      answer: (socket) => {
        hungUp.push(new Promise((resolve) => socket.on('close', () => resolve())));
        socket.write('HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n');
        const pour = () => {
          while (!socket.destroyed && socket.write(`1000\r\n${'y'.repeat(4_096)}\r\n`));
        };
        socket.on('drain', pour);
        pour();
      },
    });
    expect(await post(openClient(), destination.url)).toMatchObject({
      kind: 'rejected',
      status: 500,
      responseHash: sha256('y'.repeat(CAP)),
      responseSize: CAP,
      truncated: true,
    });
    await Promise.all(hungUp);
    expect(hungUp).toHaveLength(1);
  });

  it.each([
    ['cut off by a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['cut off by an end', (socket: Socket) => socket.end()],
  ])('whose body is %s keeps its status', async (_how, cut) => {
    const destination = await openFor({
      answer: (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () =>
          setImmediate(cut, socket),
        );
      },
    });
    expect(await post(openClient(), destination.url)).toMatchObject({
      kind: 'delivered',
      status: 200,
      truncated: true,
    });
  });

  it('whose body drips is cut by the deadline and keeps its status', async () => {
    const destination = await openFor({
      answer: (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
        drip(socket, 'z', 20);
      },
    });
    const { result, tookMs } = await timed(
      post(openClient(), destination.url, { deadlineMs: SHORT_MS }),
    );
    expect(result).toMatchObject({ kind: 'delivered', status: 200, truncated: true });
    if (result.kind === 'failed') throw new Error('unreachable: asserted above');
    expect(result.responseHash).toEqual(sha256('z'.repeat(result.responseSize)));
    expect(tookMs).toBeGreaterThanOrEqual(SHORT_MS - 10);
    expect(tookMs).toBeLessThan(PROMPT_MS);
  });
});

describe('no answer', () => {
  it('in time is a timeout', async () => {
    const destination = await openFor({});
    const { result, tookMs } = await timed(
      post(openClient(), destination.url, { deadlineMs: SHORT_MS }),
    );
    expect(result).toEqual({ kind: 'failed', error: 'timeout', peerAddress: '127.0.0.1' });
    expect(tookMs).toBeLessThan(PROMPT_MS);
  });

  it.each([
    ['a status line', 'H'],
    ['headers', 'x-a: b\r\n'],
    ['interim answers', 'HTTP/1.1 103 Early\r\n\r\n'],
  ])('but dripping %s is a timeout', async (what, piece) => {
    const destination = await openFor({
      answer: (socket) => {
        if (what === 'headers') socket.write('HTTP/1.1 200 OK\r\n');
        if (what === 'a status line') socket.write('HTTP/1.1 200 ');
        drip(socket, piece, 20);
      },
    });
    const { result, tookMs } = await timed(
      post(openClient(), destination.url, { deadlineMs: SHORT_MS }),
    );
    expect(result).toMatchObject({ kind: 'failed', error: 'timeout' });
    expect(tookMs).toBeLessThan(PROMPT_MS);
  });

  it('before a deadline of nothing, less or no number is a timeout', async () => {
    const destination = await openFor({});
    for (const deadlineMs of [0, -5, 0.5, Number.NaN]) {
      expect(await post(openClient(), destination.url, { deadlineMs })).toMatchObject({
        kind: 'failed',
        error: 'timeout',
      });
    }
  });

  it.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [
      'an unprompted 100',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    ],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'two framings',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a NUL in a header', 'HTTP/1.1 200 OK\r\nx-a: \u0000\r\ncontent-length: 0\r\n\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(10_000)}`],
    ['one header without end', `HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(100_000)}`],
  ])('but %s is a protocol error', async (_what, text) => {
    const destination = await openFor({ answer: sayRaw(text) });
    expect(await post(openClient(), destination.url)).toEqual({
      kind: 'failed',
      error: 'protocol',
      peerAddress: '127.0.0.1',
    });
    expect(destination.requests()).toBe(1);
  });

  it.each([
    ['after the request', { answer: (socket: Socket) => socket.resetAndDestroy() }],
    ['after the request, politely', { answer: (socket: Socket) => socket.end() }],
    [
      'within the headers',
      {
        answer: (socket: Socket) => {
          socket.end('HTTP/1.1 200 OK\r\nx-a: ');
        },
      },
    ],
  ])('but hanging up %s is a reset', async (_when, behaviour) => {
    const destination = await openFor(behaviour);
    expect(await post(openClient(), destination.url)).toEqual({
      kind: 'failed',
      error: 'reset',
      peerAddress: '127.0.0.1',
    });
    expect(destination.requests()).toBeLessThanOrEqual(1);
  });

  it('because of a reset on connecting sends nothing twice', async () => {
    const destination = await openFor({ onConnection: (socket) => socket.resetAndDestroy() });
    const outcome = await post(openClient(), destination.url);
    // The system may report the reset while it still connects.
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^(connect|reset)$/),
    });
    expect(destination.connections()).toBe(1);
    expect(destination.requests()).toBe(0);
  });

  it('because the port accepts nobody is a timeout', async () => {
    const port = await openDeafPort();
    const { result, tookMs } = await timed(
      post(openClient(), `http://127.0.0.1:${port}/`, { deadlineMs: SHORT_MS }),
    );
    expect(result).toMatchObject({ kind: 'failed', error: 'timeout' });
    expect(tookMs).toBeLessThan(PROMPT_MS);
  });

  it('because nobody listens is a connect error', async () => {
    const destination = await openFor({});
    await destination.close();
    expect(await post(openClient(), destination.url)).toEqual({
      kind: 'failed',
      error: 'connect',
      peerAddress: null,
    });
  });

  it('because the name has no address is a dns error', async () => {
    expect(await post(openClient(), 'http://nowhere.test/')).toEqual({
      kind: 'failed',
      error: 'dns',
      peerAddress: null,
    });
  });

  it('because the resolver is silent is a timeout', async () => {
    const client = openClient({ resolver: { resolve: () => new Promise(() => undefined) } });
    const { result, tookMs } = await timed(
      post(client, 'http://slow.test/', { deadlineMs: SHORT_MS }),
    );
    expect(result).toEqual({ kind: 'failed', error: 'timeout', peerAddress: null });
    expect(tookMs).toBeLessThan(PROMPT_MS);
  });

  it.each([
    'ftp://example.com/',
    'not a url',
    'http://user:secret@example.com/',
    'http://example.com:25/',
    `http://example.com/${'a'.repeat(2_048)}`,
  ])('because of the URL %s is a bad_url', async (url) => {
    expect(await post(openClient(), url)).toEqual({
      kind: 'failed',
      error: 'bad_url',
      peerAddress: null,
    });
  });

  it('because http is not allowed is a bad_url', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const client = openClient({ allowHttp: false });
    expect(await post(client, destination.url)).toMatchObject({ error: 'bad_url' });
    expect(destination.connections()).toBe(0);
  });
});

describe('shutdown', () => {
  it('before the attempt sends nothing', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const outcome = await post(openClient(), destination.url, {}, AbortSignal.abort());
    expect(outcome).toEqual({ kind: 'failed', error: 'shutdown', peerAddress: null });
    expect(destination.connections()).toBe(0);
  });

  it('while waiting for an answer is told from the deadline', async () => {
    const stop = new AbortController();
    const destination = await openFor({ answer: () => stop.abort() });
    expect(await post(openClient(), destination.url, {}, stop.signal)).toEqual({
      kind: 'failed',
      error: 'shutdown',
      peerAddress: '127.0.0.1',
    });
  });

  it('while waiting for a name is told from the deadline', async () => {
    const stop = new AbortController();
    const resolver = {
      resolve: () => {
        queueMicrotask(() => stop.abort());
        return new Promise<never>(() => undefined);
      },
    };
    const outcome = await post(openClient({ resolver }), 'http://slow.test/', {}, stop.signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: 'shutdown' });
  });

  it('keeps a status that has already come', async () => {
    const stop = new AbortController();
    const destination = await openFor({
      answer: (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', () => {
          setTimeout(() => stop.abort(), 100);
        });
      },
    });
    expect(await post(openClient(), destination.url, {}, stop.signal)).toMatchObject({
      kind: 'delivered',
      status: 200,
      truncated: true,
    });
  });

  it('of the client refuses new attempts', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const client = openClient({ resolver: noNames });
    await client.close();
    expect(await post(client, destination.url)).toMatchObject({ error: 'shutdown' });
    expect(destination.connections()).toBe(0);
  });
});
