import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { createOutgoingFinder } from '../../../src/endpoints/outgoing.ts';
import { findEndpoint } from '../../../src/endpoints/store.ts';
import { closeDeletedAcrossTenants } from '../../../src/queue/close-store.ts';
import { settleAcrossTenants } from '../../../src/queue/store.ts';
import { makeCertificate } from '../../delivery/support/certificate.ts';
import { type Answer, type Api, openApi, refusal, TEST_SEALER } from '../../support/api.ts';
import { claim, makeEvent, settlement, unreachable } from '../../support/deliveries.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});
beforeEach(async () => {
  await rooms.pools.worker.query('DELETE FROM delivery_queue');
  tenant = await makeTenant(rooms.pools.api);
});

const URL = 'https://example.com/webhook';

interface EndpointAnswer {
  readonly id: string;
  readonly [member: string]: unknown;
}

async function create(body: object = {}): Promise<EndpointAnswer> {
  const answer = await api.call('POST', '/v1/endpoints', {
    key: tenant.apiKey,
    body: { url: URL, ...body },
  });
  expect([answer.status, answer.headers.etag]).toEqual([201, '"v1"']);
  return answer.json();
}

const put = (id: string, body: object, headers = {}): Promise<Answer> =>
  api.call('PUT', `/v1/endpoints/${id}`, { key: tenant.apiKey, body, headers });
const remove = (id: string, headers = {}): Promise<Answer> =>
  api.call('DELETE', `/v1/endpoints/${id}`, { key: tenant.apiKey, headers });

/** What deliveries are sent with, opened. */
function outgoing(id: string) {
  const { pool, clock } = { pool: rooms.pools.worker, clock: systemClock };
  const find = createOutgoingFinder({ pool, clock, sealer: TEST_SEALER, onUnreadable: () => {} });
  return find(id as never);
}

describe('PUT /v1/endpoints/{endpoint_id}', () => {
  it('replaces all settings: what is left out gets its default', async () => {
    const { id, signing_keys: keys } = await create({
      description: 'old',
      max_attempts: 3,
      retry_statuses: [404],
      kept_headers: ['x-one'],
      min_tls_version: '1.3',
    });
    const answer = await put(id, {
      url: 'https://example.com/new',
      max_delay_s: 60,
      max_per_s: 5,
    });
    expect([answer.status, answer.headers.etag]).toEqual([200, '"v2"']);
    expect(answer.json()).toMatchObject({
      id,
      url: 'https://example.com/new',
      description: '',
      max_attempts: 11,
      max_delay_s: 60,
      max_per_s: 5,
      retry_statuses: [],
      kept_headers: [],
      min_tls_version: '1.2',
      signing_keys: keys,
    });
    const got = await api.call('GET', `/v1/endpoints/${id}`, { key: tenant.apiKey });
    expect([got.json(), got.headers.etag]).toEqual([answer.json(), '"v2"']);
    expect(answer.text).not.toContain('whsec_');
  });

  it('keeps what holds secrets unless it is given or null', async () => {
    const certificate = makeCertificate(['client.test']);
    const { id } = await create({
      signature: { scheme: 'github', secrets: ['hush'] },
      custom_headers: { 'x-token': 's3cret' },
      client_certificate: { certificate: certificate.cert, private_key: certificate.key },
    });
    const kept = await put(id, { url: `${URL}/2` });
    expect(kept.json()).toMatchObject({
      signature: { scheme: 'github', secret_count: 1 },
      custom_header_names: ['x-token'],
      client_certificate: { sha256: expect.any(String) },
    });
    expect((await outgoing(id))?.customHeaders).toEqual({ 'x-token': 's3cret' });
    const changed = await put(id, {
      url: URL,
      custom_headers: { 'x-other': '1' },
      signature: null,
    });
    expect(changed.json()).toMatchObject({ signature: null, custom_header_names: ['x-other'] });
    expect(changed.json()).toMatchObject({ client_certificate: { sha256: expect.any(String) } });
    expect((await outgoing(id))?.customHeaders).toEqual({ 'x-other': '1' });
    const none = await put(id, { url: URL, custom_headers: null, client_certificate: null });
    expect(none.json()).toMatchObject({ custom_header_names: [], client_certificate: null });
    expect((await outgoing(id))?.customHeaders).toEqual({});
  });

  it('sends no kept secret to another host than it was given for', async () => {
    const { id } = await create({ custom_headers: { authorization: 'Bearer s3cret' } });
    for (const url of [
      'https://evil.example/',
      'https://example.com:8443/',
      'https://a.example.com/',
    ]) {
      expect(refusal(await put(id, { url })), url).toEqual([400, 'invalid_request', '/url']);
    }
    const untouched = await findEndpoint(rooms.pools.api, tenant.tenantId, id as never);
    expect(untouched).toMatchObject({ url: URL, version: 1 });
    expect((await put(id, { url: 'https://evil.example/', custom_headers: null })).status).toBe(
      200,
    );
    expect((await outgoing(id))?.customHeaders).toEqual({});
    const given = { 'x-a': 'b' };
    expect((await put(id, { url: URL, custom_headers: given })).status).toBe(200);
  });

  it('takes credentials of the URL only where the other headers are said too', async () => {
    const { id } = await create({ custom_headers: { 'x-a': '1' } });
    const url = 'https://user:pass@example.com/webhook';
    expect(refusal(await put(id, { url }))).toEqual([400, 'invalid_request', '/custom_headers']);
    const answer = await put(id, { url, custom_headers: { 'x-b': '2' } });
    expect(answer.json()).toMatchObject({
      url: URL,
      custom_header_names: ['authorization', 'x-b'],
    });
  });

  it('changes only the version that is meant', async () => {
    const { id } = await create();
    const change = (tag: string) => put(id, { url: URL }, { 'if-match': tag });
    for (const tag of ['"v2"', 'v1', 'W/"v1"', '', '"v11"']) {
      expect(refusal(await change(tag)), tag).toEqual([412, 'precondition_failed']);
    }
    expect((await change('"x", "v1"')).headers.etag).toBe('"v2"');
    expect((await change('*')).headers.etag).toBe('"v3"');
    const racers = await Promise.all([1, 2, 3].map(() => change('"v3"')));
    expect(racers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect(refusal(await remove(id, { 'if-match': '"v3"' }))).toEqual([412, 'precondition_failed']);
    expect((await remove(id, { 'if-match': '"v4"' })).status).toBe(204);
  });

  it.each([
    ['no URL', {}, '/url'],
    ['a private network', { url: 'https://10.0.0.1/' }, '/url'],
    [
      'signing secrets, which a rotation replaces',
      { url: URL, signing_secrets: {} },
      '/signing_secrets',
    ],
    ['what is not settable', { url: URL, id: 'x' }, '/id'],
  ])('refuses %s', async (_what, body, path) => {
    const { id } = await create();
    expect(refusal(await put(id, body))).toEqual([400, 'invalid_request', path]);
  });
});

describe('DELETE /v1/endpoints/{endpoint_id}', () => {
  const close = () => inTransaction(rooms.pools.worker, (db) => closeDeletedAcrossTenants(db, 2));
  const eventsOf = async (id: string) =>
    (await api.call('GET', `/v1/events?endpoint_id=${id}`, { key: tenant.apiKey })).json<{
      data: { status: string; failure_reason: string | null; held: boolean }[];
    }>().data;

  it('ends what waits, in steps, and leaves what is under way its outcome and its leaf', async () => {
    const { id } = await create();
    const endpoint = await findEndpoint(rooms.pools.api, tenant.tenantId, id as never);
    if (endpoint === null) throw new Error('it was just made');
    for (let i = 0; i < 4; i++) await makeEvent(rooms.pools.ingest, endpoint);
    const [away] = await claim(rooms.pools.worker, 1);
    if (away === undefined) throw new Error('one was due');
    expect([(await remove(id)).status, (await remove(id)).status]).toEqual([204, 404]);
    const gone = await api.call('GET', `/v1/endpoints/${id}`, { key: tenant.apiKey });
    expect(refusal(gone)).toEqual([404, 'not_found']);
    expect(await claim(rooms.pools.worker, 10)).toEqual([]);
    // A server that had not heard of it yet: its event is held at once.
    await makeEvent(rooms.pools.ingest, endpoint);
    const counts = [await close(), await close(), await close()];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
    const retry = { kind: 'retry', delayMs: 0, counts: true } as const;
    const settled = await inTransaction(rooms.pools.worker, (db) =>
      settleAcrossTenants(db, [settlement(away, unreachable(away), retry)]),
    );
    expect(settled.size).toBe(1);
    expect(await close()).toBe(1);
    const events = await eventsOf(id);
    expect(events).toHaveLength(5);
    for (const event of events) {
      expect(event).toMatchObject({
        status: 'failed',
        failure_reason: 'endpoint_deleted',
        held: false,
      });
    }
    const { rows } = await rooms.pools.api.query(
      'SELECT 1 FROM pending_leaves WHERE delivery_attempt_id = $1',
      [away.deliveryAttemptId],
    );
    expect(rows).toHaveLength(1);
  });

  it('is done with after a minute without anything left, and not before', async () => {
    const { id } = await create();
    await remove(id);
    const isClosing = async () =>
      (
        await rooms.pools.api.query<{ closing: boolean }>(
          'SELECT closing FROM endpoints WHERE id = $1',
          [id],
        )
      ).rows[0]?.closing;
    await close();
    expect(await isClosing()).toBe(true);
    await rooms.pools.api.query(
      "UPDATE endpoints SET deleted_at = now() - interval '61 seconds' WHERE id = $1",
      [id],
    );
    await close();
    expect(await isClosing()).toBe(false);
  });

  it('forgets the secrets, and keeps the proofs', async () => {
    const { id } = await create({
      signature: { scheme: 'github', secrets: ['hush'] },
      custom_headers: { 'x-token': 's3cret' },
    });
    const endpoint = await findEndpoint(rooms.pools.api, tenant.tenantId, id as never);
    if (endpoint === null) throw new Error('it was just made');
    await makeEvent(rooms.pools.ingest, endpoint);
    const [job] = await claim(rooms.pools.worker, 1);
    if (job === undefined) throw new Error('one was due');
    await inTransaction(rooms.pools.worker, (db) => settleAcrossTenants(db, [settlement(job)]));
    await remove(id);
    for (const table of ['signatures', 'credentials', 'signing_secrets']) {
      const { rows } = await rooms.pools.api.query(
        `SELECT 1 FROM endpoint_${table} WHERE endpoint_id = $1`,
        [id],
      );
      expect(rows, table).toEqual([]);
    }
    await rooms.commit();
    const path = `/attestation/download-proof/${job.deliveryAttemptId}`;
    expect((await api.call('GET', path, { key: tenant.apiKey })).status).toBe(200);
    expect(await eventsOf(id)).toMatchObject([{ status: 'delivered', failure_reason: null }]);
    const ingest = await api.call('POST', `/ingest/${id}`, { key: tenant.apiKey });
    expect(refusal(ingest)).toEqual([404, 'not_found']);
  });
});
