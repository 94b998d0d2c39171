import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isUuid } from '../../src/base/ids.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { type Api, openApi, refusal } from '../support/api.ts';
import { openConnection, type RawConnection, requestHead } from '../support/raw-http.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let port: number;
let tenant: TestTenant;
let endpoint: Endpoint;
const opened: RawConnection[] = [];

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  await api.http.listen({ port: 0, host: '127.0.0.1' });
  port = (api.http.server.address() as AddressInfo).port;
  tenant = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});
afterEach(() => {
  for (const { socket } of opened.splice(0)) socket.destroy();
});

async function connection(): Promise<RawConnection> {
  const made = await openConnection(port);
  opened.push(made);
  return made;
}

function withKey(headers: Record<string, string> = {}): Record<string, string> {
  return { authorization: `Bearer ${tenant.apiKey}`, ...headers };
}

const UNKNOWN_ID = '01970000-0000-7000-8000-000000000001';
const LIVE = requestHead('GET', '/health/live');

describe('x-request-id', () => {
  it.each(['a', 'A-z_0.9', 'x'.repeat(64)])('is the caller’s when it is safe: %s', async (id) => {
    const answer = await api.call('GET', '/health/live', { headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toBe(id);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a,b', 'a"b', 'é', '<script>', 'a\tb'])(
    'is a new one otherwise: %j',
    async (id) => {
      const answer = await api.call('GET', '/health/live', { headers: { 'x-request-id': id } });
      expect(isUuid(String(answer.headers['x-request-id']))).toBe(true);
    },
  );

  it('is a new one when the caller sends two', async () => {
    const client = await connection();
    await client.send(
      'GET /health/live HTTP/1.1\r\nhost: t\r\nx-request-id: a\r\nX-Request-Id: b\r\n\r\n',
    );
    expect(isUuid((await client.response()).headers['x-request-id'] ?? '')).toBe(true);
  });

  it('stands on every answer, whoever makes it', async () => {
    const headers = { 'x-request-id': 'mine' };
    const key = tenant.apiKey;
    const answers = await Promise.all([
      api.call('GET', '/health/ready', { headers }),
      api.call('GET', '/nothing', { headers }),
      api.call('GET', '/%zz', { headers }),
      api.call('GET', '/v1/endpoints', { headers }),
      api.call('GET', '/v1/endpoints?x=1', { headers, key }),
      api.call('POST', '/v1/endpoints', { headers, key, body: '{' }),
      api.call('POST', '/v1/endpoints', { headers, key, body: ' '.repeat(70_000) }),
      api.call('GET', '/verify', { headers }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 401, 400, 400, 413, 503]);
    for (const answer of answers) {
      expect(answer.headers).toMatchObject({
        'x-request-id': 'mine',
        'x-content-type-options': 'nosniff',
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      });
    }
  });
});

describe('a refusal', () => {
  it('has one shape, with details only where a request can be mended', async () => {
    const answer = await api.call('GET', '/v1/endpoints?limit=x', { key: tenant.apiKey });
    expect(answer.json()).toEqual({
      error: {
        code: 'invalid_request',
        message: expect.any(String),
        details: [{ path: '/limit', message: expect.any(String) }],
      },
    });
    const plain = await api.call('GET', '/nothing');
    expect(plain.json()).toEqual({ error: { code: 'not_found', message: 'Not found' } });
  });

  it('comes before the body is read, for a key and for an endpoint that are unknown', async () => {
    for (const [status, headers] of [
      [401, {}],
      [404, withKey()],
    ] as const) {
      const client = await connection();
      const announced = { ...headers, 'content-length': '1000' };
      await client.send(requestHead('POST', `/ingest/${UNKNOWN_ID}`, announced));
      expect((await client.response()).status).toBe(status);
    }
  });

  it('does not end the connection when the body comes all the same', async () => {
    const client = await connection();
    const headers = withKey({ 'content-length': '4' });
    await client.send(requestHead('POST', `/ingest/${UNKNOWN_ID}`, headers));
    expect((await client.response()).status).toBe(404);
    await client.send('body');
    await client.send(LIVE);
    expect((await client.response()).status).toBe(200);
  });
});

describe('bytes that are not HTTP', () => {
  it.each([
    ['nonsense', '\u0000\u0001\u0002 what?\r\n\r\n'],
    ['TLS', Buffer.from('16030100f1010000ed0303', 'hex')],
    ['a request line with a space too many', 'GET /health/live HTTP/1.1 x\r\n\r\n'],
    ['a header without a name', 'GET /health/live HTTP/1.1\r\n: x\r\n\r\n'],
    ['no host', 'GET /health/live HTTP/1.1\r\n\r\n'],
    ['two lengths', requestHead('POST', '/', { 'content-length': '1', 'Content-Length': '2' })],
    [
      'a length and an encoding',
      requestHead('POST', '/', { 'content-length': '1', 'transfer-encoding': 'chunked' }),
    ],
    ['a chunk of no size', `${requestHead('POST', `/`, { 'transfer-encoding': 'chunked' })}zz\r\n`],
  ])('are refused, and end the connection: %s', async (_what, bytes) => {
    const client = await connection();
    await client.send(bytes);
    const response = await client.response();
    expect(response.status).toBe(400);
    expect(response.headers.connection).toBe('close');
    await client.closed();
  });

  it('get the one error body, and a request id', async () => {
    const client = await connection();
    await client.send('what?\r\n\r\n');
    const { headers, body } = await client.response();
    expect(headers).toMatchObject({
      connection: 'close',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(isUuid(headers['x-request-id'] ?? '')).toBe(true);
    expect(JSON.parse(body.toString())).toEqual({
      error: { code: 'invalid_request', message: expect.any(String) },
    });
    await client.closed();
  });

  it('do not disturb other connections', async () => {
    const [good, bad] = [await connection(), await connection()];
    await good.send(LIVE.slice(0, 10));
    await bad.send('what?\r\n\r\n');
    await bad.closed();
    await good.send(LIVE.slice(10));
    expect((await good.response()).status).toBe(200);
  });
});

describe('limits', () => {
  it('refuses headers beyond 16 KiB', async () => {
    const client = await connection();
    await client.send(requestHead('GET', '/health/live', { 'x-flood': 'x'.repeat(17 * 1024) }));
    const response = await client.response();
    expect(response.status).toBe(431);
    expect(JSON.parse(response.body.toString()).error.code).toBe('invalid_request');
    await client.closed();
  });

  it('refuses headers that never end', async () => {
    const client = await connection();
    await client.send('GET /health/live HTTP/1.1\r\nhost: t\r\n');
    for (let i = 0; i < 40; i++) await client.send(`x-${i}: ${'x'.repeat(1_000)}\r\n`);
    expect((await client.response()).status).toBe(431);
    await client.closed();
  });

  it('takes headers of almost 16 KiB', async () => {
    const client = await connection();
    await client.send(requestHead('GET', '/health/live', { 'x-long': 'x'.repeat(15 * 1024) }));
    expect((await client.response()).status).toBe(200);
  });

  it('gives headers 10 seconds and whole requests 30', () => {
    expect(api.http.server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000 });
  });
});

describe('connections', () => {
  it('carry requests one after the other, also ahead of their answers', async () => {
    const client = await connection();
    const body = Buffer.from('event');
    const event = requestHead(
      'POST',
      `/ingest/${endpoint.id}`,
      withKey({ 'content-length': `${body.length}` }),
    );
    await client.send(`${LIVE}${event}${body}${LIVE}`);
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await client.response()).status);
    expect(statuses).toEqual([200, 202, 200]);
  });

  it('tell a client to go on when it asks first', async () => {
    const client = await connection();
    const headers = withKey({ 'content-length': '5', expect: '100-continue' });
    await client.send(requestHead('POST', `/ingest/${endpoint.id}`, headers));
    await client.send('event');
    expect((await client.response()).status).toBe(202);
  });
});

describe('closing', () => {
  it('still serves a request that had begun, and ends its connection', async () => {
    const other = openApi(rooms);
    await other.http.listen({ port: 0, host: '127.0.0.1' });
    const { port: otherPort } = other.http.server.address() as AddressInfo;
    const [client, barrier] = [await openConnection(otherPort), await openConnection(otherPort)];
    opened.push(client, barrier);
    await client.send(LIVE);
    await client.response();
    await client.send(LIVE.slice(0, 10));
    // Answered after the server has seen the first bytes of the other connection.
    await barrier.send(LIVE);
    await barrier.response();
    const closing = other.close();
    await vi.waitFor(() => expect(other.http.server.listening).toBe(false));
    await client.send(LIVE.slice(10));
    const last = await client.response();
    expect([last.status, last.headers.connection]).toEqual([200, 'close']);
    await closing;
    await client.closed();
  });
});

it('refuses what it cannot store without an answer of PostgreSQL in it', async () => {
  const answer = await api.call('POST', '/v1/endpoints', {
    key: tenant.apiKey,
    body: { url: 'https://example.com/', description: '\u0000' },
  });
  expect(refusal(answer)).toEqual([400, 'invalid_request', '/description']);
  expect(answer.text).not.toMatch(/postgres|sql|22021/i);
});
