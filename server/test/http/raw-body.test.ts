import { createHash, randomFillSync } from 'node:crypto';
import { request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { MAX_BODY_BYTES } from '../../src/http/raw-body.ts';
import { type Api, openApi } from '../support/api.ts';
import {
  chunk,
  LAST_CHUNK,
  openConnection,
  type RawConnection,
  type RawResponse,
  requestHead,
} from '../support/raw-http.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

const MEBIBYTE = 1024 * 1024;

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

function head(headers: Record<string, string>): string {
  return requestHead('POST', `/ingest/${endpoint.id}`, {
    authorization: `Bearer ${tenant.apiKey}`,
    ...headers,
  });
}

function codeOf(response: RawResponse): [number, string] {
  return [response.status, JSON.parse(response.body.toString()).error.code];
}

/** Rows in every table that a webhook touches. */
async function rowCounts(): Promise<Record<string, string>> {
  const { rows } = await rooms.pools.api.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM webhook_events) AS events,
            (SELECT count(*) FROM event_payloads) AS payloads,
            (SELECT count(*) FROM delivery_queue) AS queued,
            (SELECT count(*) FROM delivery_attempts) AS attempts,
            (SELECT count(*) FROM pending_leaves) AS leaves`,
  );
  return rows[0] ?? {};
}

async function keptHash(response: RawResponse): Promise<string | undefined> {
  expect(response.status).toBe(202);
  const { event_id: id } = JSON.parse(response.body.toString());
  const { rows } = await rooms.pools.api.query<{ hash: string }>(
    "SELECT encode(sha256(body), 'hex') AS hash FROM event_payloads WHERE event_id = $1",
    [id],
  );
  return rows[0]?.hash;
}

async function sendChunked(to: RawConnection, body: Buffer): Promise<void> {
  await to.send(head({ 'transfer-encoding': 'chunked' }));
  for (let at = 0; at < body.length; at += MEBIBYTE) {
    await to.send(chunk(body.subarray(at, at + MEBIBYTE)));
  }
}

describe('a body of 10,485,760 bytes', () => {
  const body = randomFillSync(Buffer.alloc(MAX_BODY_BYTES));
  const hash = createHash('sha256').update(body).digest('hex');

  it('is accepted when its length is declared', async () => {
    expect(MAX_BODY_BYTES).toBe(10_485_760);
    const client = await connection();
    await client.send(head({ 'content-length': `${body.length}` }));
    await client.send(body);
    expect(await keptHash(await client.response())).toBe(hash);
  });

  it('is accepted in chunks', async () => {
    const client = await connection();
    await sendChunked(client, body);
    await client.send(LAST_CHUNK);
    expect(await keptHash(await client.response())).toBe(hash);
  });
});

describe('a body of 10,485,761 bytes', () => {
  it('is refused by its declared length, before any of it is sent', async () => {
    const before = await rowCounts();
    const client = await connection();
    await client.send(head({ 'content-length': '10485761' }));
    const response = await client.response();
    expect(codeOf(response)).toEqual([413, 'payload_too_large']);
    expect(response.headers.connection).toBe('close');
    expect(await client.closed()).toEqual(Buffer.alloc(0));
    expect(await rowCounts()).toEqual(before);
  });

  it('is refused in chunks, at the byte that is one too many', async () => {
    const before = await rowCounts();
    const client = await connection();
    // No last chunk: the body would go on for ever.
    await sendChunked(client, Buffer.alloc(MAX_BODY_BYTES + 1));
    const response = await client.response();
    expect(codeOf(response)).toEqual([413, 'payload_too_large']);
    expect(response.headers.connection).toBe('close');
    expect(await client.closed()).toEqual(Buffer.alloc(0));
    expect(await rowCounts()).toEqual(before);
  });

  it('is not refused a byte too early: the chunked one before it still waits', async () => {
    const client = await connection();
    await sendChunked(client, Buffer.alloc(MAX_BODY_BYTES));
    let answered = false;
    const response = client.response().then((found) => {
      answered = true;
      return found;
    });
    await client.send('1\r\n');
    expect(answered).toBe(false);
    await client.send('x');
    expect(codeOf(await response)).toEqual([413, 'payload_too_large']);
  });
});

describe('what follows a refused body on the same connection', () => {
  it('is never read as a request', async () => {
    const before = await rowCounts();
    const client = await connection();
    const smuggled = head({ 'content-length': '1' });
    await client.send(head({ 'content-length': '10485761' }));
    await client.send(`${smuggled}x`);
    expect((await client.response()).status).toBe(413);
    expect(await client.closed()).toEqual(Buffer.alloc(0));
    expect(await rowCounts()).toEqual(before);
  });

  it('is not answered and not kept, even if it is a whole request', async () => {
    const before = await rowCounts();
    const client = await connection();
    const next = `${head({ 'content-length': '1' })}x`;
    await client.send(head({ 'content-length': '10485761' }));
    const rest = client.send(Buffer.concat([Buffer.alloc(10_485_761), Buffer.from(next)]));
    expect((await client.response()).status).toBe(413);
    expect(await client.closed()).toEqual(Buffer.alloc(0));
    await rest;
    expect(await rowCounts()).toEqual(before);
  });
});

describe('a client that sends all of a body that is too large', () => {
  const TOO_LARGE = 3 * MAX_BODY_BYTES;

  it.each([
    ['with its length', { 'content-length': `${TOO_LARGE}` }],
    ['in chunks', {}],
  ])('%s reads the refusal, not a broken connection', async (_how, headers) => {
    const before = await rowCounts();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = sendRequest(
        `http://127.0.0.1:${port}/ingest/${endpoint.id}`,
        { method: 'POST', headers: { authorization: `Bearer ${tenant.apiKey}`, ...headers } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on('error', reject);
      const parts = Array.from({ length: TOO_LARGE / MEBIBYTE }, () => Buffer.alloc(MEBIBYTE));
      Readable.from(parts).pipe(request);
    });
    expect(status).toBe(413);
    expect(await rowCounts()).toEqual(before);
  });
});

describe('a client that hangs up in the middle of its body', () => {
  it.each([
    ['with its length', { 'content-length': '100' }, 'ten bytes.'],
    ['in chunks', { 'transfer-encoding': 'chunked' }, 'a\r\nten bytes.\r\n'],
  ])('%s leaves nothing behind, and is no fault of ours', async (_how, headers, part) => {
    const before = await rowCounts();
    const seen = vi.fn();
    api.http.server.once('connection', (socket) => socket.once('close', seen));
    const client = await connection();
    await client.send(head(headers));
    await client.send(part);
    client.socket.destroy();
    await vi.waitFor(() => expect(seen).toHaveBeenCalled(), { timeout: 5_000 });
    // One more round through the server, so that everything about the first has been done.
    expect((await api.call('GET', '/health/live')).status).toBe(200);
    expect(await rowCounts()).toEqual(before);
    expect(api.journal.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('bodies on a real connection', () => {
  it('are kept byte for byte: all 256 values', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const client = await connection();
    await client.send(head({ 'content-length': '256' }));
    await client.send(body);
    const hash = createHash('sha256').update(body).digest('hex');
    expect(await keptHash(await client.response())).toBe(hash);
  });

  it.each([
    ['no length and no encoding', {}, ''],
    ['length 0', { 'content-length': '0' }, ''],
    ['no chunk', { 'transfer-encoding': 'chunked' }, LAST_CHUNK],
    [
      'no chunk, with a content type',
      { 'transfer-encoding': 'chunked', 'content-type': 'x' },
      LAST_CHUNK,
    ],
  ])('may be empty: %s', async (_how, headers, rest) => {
    const client = await connection();
    await client.send(head(headers) + rest);
    const empty = createHash('sha256').digest('hex');
    expect(await keptHash(await client.response())).toBe(empty);
  });

  it('may follow one another on one connection', async () => {
    const client = await connection();
    for (const text of ['one', 'two', 'three']) {
      await client.send(head({ 'content-length': `${text.length}` }) + text);
      const hash = createHash('sha256').update(text).digest('hex');
      expect(await keptHash(await client.response())).toBe(hash);
    }
  });
});
