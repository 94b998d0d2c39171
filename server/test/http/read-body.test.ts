/** Bodies on real sockets: who is told to go on, how much memory they may take, and that it is given back. */
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ByteBudget } from '../../src/base/byte-budget.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { type Api, openApi } from '../support/api.ts';
import {
  chunk,
  LAST_CHUNK,
  openConnection,
  type RawConnection,
  requestHead,
} from '../support/raw-http.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

const BUDGET = 100_000;

let rooms: Rooms;
let api: Api;
let port: number;
let tenant: TestTenant;
let endpoint: Endpoint;
let isLimited = false;
const memory = new ByteBudget(BUDGET);
const opened: RawConnection[] = [];

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms, {
    bodyMemory: memory,
    takeIngestTokens: () => (isLimited ? { kind: 'refused', retryAfterS: 3 } : { kind: 'taken' }),
  });
  await api.http.listen({ port: 0, host: '127.0.0.1' });
  port = (api.http.server.address() as AddressInfo).port;
  tenant = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});
afterEach(async () => {
  isLimited = false;
  for (const { socket } of opened.splice(0)) socket.destroy();
  await vi.waitFor(() => expect(memory.usedBytes).toBe(0));
});

async function connection(): Promise<RawConnection> {
  const made = await openConnection(port);
  opened.push(made);
  return made;
}

function head(headers: Record<string, string>, key = tenant.apiKey): string {
  return requestHead('POST', `/ingest/${endpoint.id}`, {
    authorization: `Bearer ${key}`,
    ...headers,
  });
}

/** Everything the server says until it closes, as text. */
async function untilClosed(client: RawConnection): Promise<string> {
  return (await client.closed()).toString('latin1');
}

describe('a sender that asks first', () => {
  const expects = { expect: '100-continue' };

  it('is told to go on, once, when the body is wanted', async () => {
    const client = await connection();
    await client.send(head({ ...expects, 'content-length': '5', connection: 'close' }));
    await vi.waitFor(() => expect(client.socket.bytesRead).toBeGreaterThan(0));
    await client.send('event');
    const said = await untilClosed(client);
    expect(said).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 /);
    expect(said.match(/100 Continue/g)).toHaveLength(1);
  });

  it('may also send chunks', async () => {
    const client = await connection();
    await client.send(head({ ...expects, 'transfer-encoding': 'chunked', connection: 'close' }));
    await client.send(chunk(Buffer.from('event')));
    await client.send(LAST_CHUNK);
    expect(await untilClosed(client)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 /);
  });

  it.each([
    ['a body that is too large', { 'content-length': '10485761' }, 413, false],
    ['a body that finds no memory', { 'content-length': '100001' }, 503, false],
    ['too many events', { 'content-length': '5' }, 429, true],
    ['a key that is none', { 'content-length': '5', authorization: 'Bearer x' }, 401, false],
  ])('hears of %s instead, and is not told to go on', async (_what, headers, status, limited) => {
    isLimited = limited;
    const client = await connection();
    await client.send(head({ ...expects, ...headers }));
    const said = await untilClosed(client);
    expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(said).not.toContain('100 Continue');
    expect(said.toLowerCase()).toContain('\r\nconnection: close\r\n');
  });

  it('for something else is refused', async () => {
    const client = await connection();
    await client.send(head({ expect: 'the-moon', 'content-length': '5' }));
    expect((await client.response()).status).toBe(417);
  });
});

describe('the memory of bodies', () => {
  it('is taken as the body comes, and given back with the answer', async () => {
    const declared = await connection();
    await declared.send(head({ 'content-length': '90000' }));
    const client = await connection();
    await client.send(head({ 'content-length': '70000' }));
    await client.send(Buffer.alloc(60_000));
    // What is only declared keeps nobody out.
    await vi.waitFor(() => expect(memory.usedBytes).toBe(60_000));
    const second = await connection();
    await second.send(head({ 'content-length': '60000' }));
    const refused = await second.response();
    expect([refused.status, JSON.parse(refused.body.toString()).error.code]).toEqual([
      503,
      'overloaded',
    ]);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.headers.connection).toBe('close');
    await client.send(Buffer.alloc(10_000));
    expect((await client.response()).status).toBe(202);
    await vi.waitFor(() => expect(memory.usedBytes).toBe(0));
    await declared.send(Buffer.alloc(90_000));
    expect((await declared.response()).status).toBe(202);
  });

  it('grows with a body of unknown length, and is given back when it runs out', async () => {
    const client = await connection();
    await client.send(head({ 'transfer-encoding': 'chunked' }));
    await client.send(chunk(Buffer.alloc(70_000)));
    await vi.waitFor(() => expect(memory.usedBytes).toBe(70_000));
    await client.send(chunk(Buffer.alloc(40_000)));
    const refused = await client.response();
    expect([refused.status, refused.headers.connection]).toEqual([503, 'close']);
    await vi.waitFor(() => expect(memory.usedBytes).toBe(0));
  });

  it('is given back when the sender leaves in the middle', async () => {
    for (const framing of [{ 'content-length': '50000' }, { 'transfer-encoding': 'chunked' }]) {
      const client = await connection();
      await client.send(head(framing as Record<string, string>));
      await client.send(chunk(Buffer.alloc(1_000)));
      await vi.waitFor(() => expect(memory.usedBytes).toBeGreaterThan(0));
      client.socket.destroy();
      await vi.waitFor(() => expect(memory.usedBytes).toBe(0));
    }
  });

  it('is given back when the request is refused after its body was read', async () => {
    const client = await connection();
    await client.send(head({ 'content-length': '3', 'idempotency-key': 'a b' }));
    await client.send('abc');
    expect((await client.response()).status).toBe(400);
    await vi.waitFor(() => expect(memory.usedBytes).toBe(0));
  });
});

it('a tenant over its rate is refused before its body is read, and the connection ends', async () => {
  isLimited = true;
  const client = await connection();
  await client.send(head({ 'content-length': '1000000' }));
  const refused = await client.response();
  expect([refused.status, refused.headers['retry-after'], refused.headers.connection]).toEqual([
    429,
    '3',
    'close',
  ]);
  // Bytes that were on their way do not turn the answer into a broken connection.
  await client.send(Buffer.alloc(1_000_000));
  expect(await untilClosed(client)).toBe('');
});
