import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/base/failure.ts';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import { putSignature } from '../../../src/endpoints/signature-store.ts';
import { stripeHeaders } from '../../ingest/support/sign.ts';
import { type Api, ingestOf, openApi, refusal, TEST_SEALER } from '../../support/api.ts';
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
      headers: { 'user-agent': 'lightMyRequest' },
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
      headers: { 'content-encoding': 'gzip', 'user-agent': 'lightMyRequest' },
      body,
    });
  });

  it('leaves no credential behind', async () => {
    const stored = await send(Buffer.from('x'), {
      cookie: 'session=secret',
      'x-secret': 'secret',
      'proxy-authorization': 'secret',
    });
    expect(stored?.headers).toEqual({ 'user-agent': 'lightMyRequest' });
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
          ...ingestOf(rooms),
          accept: () =>
            Promise.reject(Object.assign(new Error('no database'), { code: 'ECONNREFUSED' })),
        },
      });
      const answer = await broken.call('POST', `/ingest/${endpoint.id}`, { key: tenant.apiKey });
      expect(refusal(answer)).toEqual([503, 'unavailable']);
      expect(answer.headers['retry-after']).toBe('1');
      await broken.close();
    });
  });
});

describe('an endpoint with a signature scheme', () => {
  let signed: Endpoint;
  beforeAll(async () => {
    signed = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    await putSignature(rooms.pools.api, tenant.tenantId, TEST_SEALER, {
      endpointId: signed.id,
      choice: { scheme: 'stripe' },
      secrets: ['whsec_old', 'whsec_new'],
      updatedAtMs: 0,
    });
  });
  const nowS = () => Math.floor(Date.now() / 1_000);
  const call = (body: string, headers: Record<string, string>, key?: string) =>
    api.call('POST', `/ingest/${signed.id}`, {
      headers,
      body: Buffer.from(body),
      ...(key === undefined ? {} : { key }),
    });

  it('takes what its provider signed, by any of its secrets, and keeps the signature', async () => {
    const body = '{"id":"evt_signed"}';
    const headers = stripeHeaders('whsec_new', Buffer.from(body), nowS());
    const first = await call(body, headers);
    expect(first.status).toBe(202);
    const { event_id: id } = first.json<{ event_id: string }>();
    const { rows } = await rooms.pools.api.query<Stored>(
      'SELECT headers FROM webhook_events WHERE id = $1',
      [id],
    );
    expect(rows[0]?.headers).toEqual({
      'stripe-signature': headers['Stripe-Signature'],
      'user-agent': 'lightMyRequest',
    });
    // The provider sends it again, written anew and signed by the older secret.
    const again = '{ "id": "evt_signed" }';
    const retry = await call(again, stripeHeaders('whsec_old', Buffer.from(again), nowS()));
    expect([retry.status, retry.json()]).toEqual([200, { event_id: id, duplicate: true }]);
  });

  it('refuses everything else, whatever its key', async () => {
    const body = Buffer.from('{"id":"evt_2"}');
    const refused = async (headers: Record<string, string>, key?: string) =>
      refusal(await call(body.toString(), headers, key));
    expect(await refused({})).toEqual([401, 'invalid_signature']);
    const forged = stripeHeaders('whsec_other', body, nowS());
    expect(await refused(forged)).toEqual([401, 'invalid_signature']);
    expect(await refused(forged, tenant.apiKey)).toEqual([401, 'invalid_signature']);
    const old = stripeHeaders('whsec_new', body, nowS() - 1_000);
    expect(await refused(old)).toEqual([401, 'timestamp_out_of_tolerance']);
    expect(await refused({ authorization: 'Basic abc' })).toEqual([401, 'invalid_signature']);
    const stranger = await makeTenant(rooms.pools.api);
    expect(await refused({}, stranger.apiKey)).toEqual([404, 'not_found']);
  });

  it('takes the tenant’s API key where there is no signature', async () => {
    expect((await call('{}', {}, tenant.apiKey)).status).toBe(202);
  });

  it('accepts nothing once its scheme cannot be read', async () => {
    const broken = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    await rooms.pools.api.query(
      `INSERT INTO endpoint_signatures VALUES ($1, $2, '{"scheme":"none"}', '{"\\x00"}', now())`,
      [broken.id, tenant.tenantId],
    );
    const answer = await api.call('POST', `/ingest/${broken.id}`, { key: tenant.apiKey });
    expect(refusal(answer)).toEqual([500, 'internal']);
  });
});

describe('an idempotency key', () => {
  const post = (body: string, headers: Record<string, string>) =>
    api.call('POST', `/ingest/${endpoint.id}`, {
      key: tenant.apiKey,
      headers,
      body: Buffer.from(body),
    });

  it.each(['idempotency-key', 'x-idempotency-key'])('in %s makes one event', async (name) => {
    const first = await post('a', { [name]: `${name}-1` });
    const second = await post('a', { [name]: `${name}-1` });
    expect([first.status, second.status]).toEqual([202, 200]);
    const { event_id: id } = first.json<{ event_id: string }>();
    expect(second.json()).toEqual({ event_id: id, duplicate: true });
    expect(refusal(await post('b', { [name]: `${name}-1` }))).toEqual([
      409,
      'idempotency_mismatch',
    ]);
  });

  it('makes one event of 1,000 equal requests at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, () => post('x', { 'idempotency-key': 'a-thousand' })),
    );
    const ids = answers.map((answer) => answer.json<{ event_id: string }>().event_id);
    expect(new Set(ids).size).toBe(1);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(999);
  });

  it('that cannot be kept is refused', async () => {
    expect(refusal(await post('x', { 'idempotency-key': 'a b' }))).toEqual([
      400,
      'invalid_request',
      '/Idempotency-Key',
    ]);
  });
});

describe('before the body is read', () => {
  it('a tenant over its rate hears when to come back', async () => {
    const limited = openApi(rooms, {
      takeIngestTokens: () => ({ kind: 'refused', retryAfterS: 7 }),
    });
    const answer = await limited.call('POST', `/ingest/${endpoint.id}`, { key: tenant.apiKey });
    expect(refusal(answer)).toEqual([429, 'rate_limited']);
    expect(answer.headers['retry-after']).toBe('7');
    await limited.close();
  });

  it('a full waiting room is 503', async () => {
    const full = openApi(rooms, {
      ingest: {
        ...ingestOf(rooms),
        assertRoom: () => {
          throw new Failure('overloaded', 'full');
        },
      },
    });
    const answer = await full.call('POST', `/ingest/${endpoint.id}`, { key: tenant.apiKey });
    expect(refusal(answer)).toEqual([503, 'overloaded']);
    expect(answer.headers['retry-after']).toBe('1');
    await full.close();
  });
});
