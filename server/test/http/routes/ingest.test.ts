import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let endpoint: Endpoint;

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  tenant = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

interface Stored {
  content_type: string | null;
  headers: Record<string, string>;
  payload_hash: Buffer;
  payload_size: number;
  body: Buffer;
}

async function send(body: Uint8Array | undefined, headers: Record<string, string> = {}) {
  const answer = await api.call('POST', `/ingest/${endpoint.id}`, {
    key: tenant.apiKey,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  expect([answer.status, answer.text]).toEqual([202, expect.any(String)]);
  const { event_id: id, ...rest } = answer.json<{ event_id: string }>();
  expect(rest).toEqual({ duplicate: false });
  const { rows } = await rooms.pools.api.query<Stored>(
    `SELECT e.content_type, e.headers, e.payload_hash, e.payload_size, p.body
       FROM webhook_events e JOIN event_payloads p ON p.event_id = e.id WHERE e.id = $1`,
    [id],
  );
  return rows[0];
}

describe('a webhook', () => {
  it('is kept as the bytes that came, whatever they are', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(await send(body, { 'content-type': 'application/octet-stream' })).toEqual({
      content_type: 'application/octet-stream',
      headers: {},
      payload_hash: createHash('sha256').update(body).digest(),
      payload_size: 256,
      body,
    });
  });

  it.each([
    ['broken JSON', 'application/json', Buffer.from('{"a":')],
    ['JSON with white space and duplicates', 'application/json', Buffer.from(' {"a":1,"a":2}\n')],
    ['text that is not UTF-8', 'text/plain; charset=latin1', Buffer.from([0xe9, 0xff])],
    ['a form', 'application/x-www-form-urlencoded', Buffer.from('a=b&c=%zz')],
    ['a multipart body', 'multipart/form-data; boundary=x', Buffer.from('--x--')],
    ['a content type that is none', 'json', Buffer.from('{}')],
    ['a content type with odd parameters', 'application/json; charset', Buffer.from('{}')],
    ['an empty content type', '', Buffer.from('{}')],
  ])('may be %s', async (_what, contentType, body) => {
    expect(await send(body, { 'content-type': contentType })).toMatchObject({
      content_type: contentType,
      body,
    });
  });

  it('may have no content type, and no body', async () => {
    expect(await send(Buffer.from('x'))).toMatchObject({ content_type: null });
    expect(await send(undefined)).toMatchObject({ content_type: null, payload_size: 0 });
    expect(await send(Buffer.alloc(0), { 'content-type': 'text/plain' })).toMatchObject({
      content_type: 'text/plain',
      payload_size: 0,
      body: Buffer.alloc(0),
    });
  });

  it('is not decompressed; its encoding is kept', async () => {
    const body = Buffer.from('1f8b0800', 'hex');
    expect(await send(body, { 'content-encoding': 'gzip' })).toMatchObject({
      headers: { 'content-encoding': 'gzip' },
      body,
    });
  });

  it('leaves no credential behind', async () => {
    const stored = await send(Buffer.from('x'), {
      cookie: 'session=secret',
      'x-secret': 'secret',
      'proxy-authorization': 'secret',
    });
    expect(stored?.headers).toEqual({});
  });

  it('waits in the queue when it is accepted', async () => {
    await send(Buffer.from('x'));
    const { rows } = await rooms.pools.api.query(
      'SELECT 1 FROM delivery_queue q JOIN webhook_events e ON e.id = q.event_id WHERE e.endpoint_id = $1',
      [endpoint.id],
    );
    const { rows: events } = await rooms.pools.api.query('SELECT 1 FROM webhook_events');
    expect(rows.length).toBe(events.length);
  });
});

describe('refusals', () => {
  async function counted(work: () => Promise<void>): Promise<void> {
    const count = async () =>
      (await rooms.pools.api.query('SELECT count(*) FROM webhook_events')).rows[0];
    const before = await count();
    await work();
    expect(await count()).toEqual(before);
  }

  it('name a query parameter, which would otherwise be lost without a word', async () => {
    await counted(async () => {
      const answer = await api.call('POST', `/ingest/${endpoint.id}?a=1`, { key: tenant.apiKey });
      expect(refusal(answer)).toEqual([400, 'invalid_request', '/a']);
    });
  });

  it('of a body that is announced as too large come before it is read', async () => {
    await counted(async () => {
      const answer = await api.call('POST', `/ingest/${endpoint.id}`, {
        key: tenant.apiKey,
        headers: { 'content-length': '10485761' },
        body: 'only this',
      });
      expect(refusal(answer)).toEqual([413, 'payload_too_large']);
      expect(answer.headers.connection).toBe('close');
    });
  });

  it('of a body that is shorter than announced keep nothing', async () => {
    await counted(async () => {
      const answer = await api.call('POST', `/ingest/${endpoint.id}`, {
        key: tenant.apiKey,
        headers: { 'content-length': '20' },
        body: 'only this',
      });
      expect(refusal(answer)).toEqual([400, 'invalid_request']);
    });
  });

  it('of a database that is away ask for patience', async () => {
    await counted(async () => {
      const broken = openApi(rooms, {
        ingest: {
          admit: async () => endpoint,
          accept: () =>
            Promise.reject(Object.assign(new Error('no database'), { code: 'ECONNREFUSED' })),
          drained: async () => undefined,
        },
      });
      const answer = await broken.call('POST', `/ingest/${endpoint.id}`, { key: tenant.apiKey });
      expect(refusal(answer)).toEqual([503, 'unavailable']);
      expect(answer.headers['retry-after']).toBe('1');
      await broken.close();
    });
  });
});
