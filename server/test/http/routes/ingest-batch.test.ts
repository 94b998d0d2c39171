/** NDJSON batches: the bytes of each payload as they stand there, and one result a line. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import { putSignature } from '../../../src/endpoints/signature-store.ts';
import { stripeHeaders } from '../../ingest/support/sign.ts';
import {
  type Answer,
  type Api,
  ingestOf,
  openApi,
  refusal,
  TEST_SEALER,
} from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let endpoint: Endpoint;
let tokens: number[] = [];

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms, {
    takeIngestTokens: (_tenant, cost) => {
      tokens.push(cost);
      return cost === 6 ? { kind: 'refused', retryAfterS: 9 } : { kind: 'taken' };
    },
  });
  tenant = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

interface Results {
  readonly results: readonly {
    readonly line: number;
    readonly event_id?: string;
    readonly duplicate?: boolean;
    readonly error?: { readonly code: string };
  }[];
}

function send(
  body: string,
  headers: Record<string, string> = {},
  key = tenant.apiKey,
): Promise<Answer> {
  return api.call('POST', `/ingest/${endpoint.id}/batch`, {
    key,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body: Buffer.from(body),
  });
}

async function stored(ids: readonly (string | undefined)[]): Promise<unknown[]> {
  const { rows } = await rooms.pools.api.query<{ id: string; body: Buffer; type: string | null }>(
    `SELECT e.id, p.body, e.content_type AS type FROM webhook_events e
       JOIN event_payloads p ON p.event_id = e.id WHERE e.id = ANY($1::uuid[])`,
    [ids],
  );
  return ids.map((id) => {
    const row = rows.find((each) => each.id === id);
    return row === undefined ? null : [row.body.toString(), row.type];
  });
}

describe('a batch', () => {
  it('stores each payload as it stands, and answers a result a line', async () => {
    const answer = await send(
      [
        '{"payload":{"a" : 1.0}}',
        '',
        '{"payload_base64":"aGk=","content_type":"text/plain","idempotency_key":"b-1"}',
        '{"payload":',
        '{"payload_base64":"aGk=","idempotency_key":"b-1"}',
        '{"payload":2,"idempotency_key":"b-1"}',
        '{"payload":3,"content_type":"a\\u0000b"}',
      ].join('\n'),
    );
    expect(answer.status).toBe(202);
    const { results } = answer.json<Results>();
    expect(results).toMatchObject([
      { line: 1, duplicate: false },
      { line: 3, duplicate: false },
      { line: 4, error: { code: 'invalid_json' } },
      { line: 5, duplicate: true, event_id: results[1]?.event_id },
      { line: 6, error: { code: 'idempotency_mismatch' } },
      { line: 7, error: { code: 'invalid_request' } },
    ]);
    expect(await stored([results[0]?.event_id, results[1]?.event_id])).toEqual([
      ['{"a" : 1.0}', 'application/json'],
      ['hi', 'text/plain'],
    ]);
  });

  it('of 1,000 lines is whole, and one more is refused', async () => {
    const lines = (count: number) =>
      Array.from({ length: count }, (_, i) => `{"payload":${i}}`).join('\n');
    const { results } = (await send(lines(1_000))).json<Results>();
    expect(new Set(results.map(({ event_id: id }) => id)).size).toBe(1_000);
    expect(await stored([results[0]?.event_id, results[999]?.event_id])).toEqual([
      ['0', 'application/json'],
      ['999', 'application/json'],
    ]);
    expect(refusal(await send(lines(1_001)))).toEqual([400, 'invalid_request', '/']);
  });

  it('names a fault of ours in its line, and says in the log alone what it was', async () => {
    const real = ingestOf(rooms);
    const failing = openApi(rooms, {
      ingest: {
        ...real,
        accept: (target, request) =>
          request.body.toString() === '2'
            ? Promise.reject(new Error('canary'))
            : real.accept(target, request),
      },
    });
    const answer = await failing.call('POST', `/ingest/${endpoint.id}/batch`, {
      key: tenant.apiKey,
      headers: { 'content-type': 'application/x-ndjson' },
      body: Buffer.from('{"payload":1}\n{"payload":2}'),
    });
    expect(answer.json<Results>().results).toMatchObject([
      { line: 1, duplicate: false },
      { line: 2, error: { code: 'internal' } },
    ]);
    expect(answer.text).not.toContain('canary');
    expect(failing.journal.lines).toMatchObject([
      { level: 'error', event: 'line failed', error: { message: 'canary' } },
    ]);
    await failing.close();
  });

  it('costs one token a line', async () => {
    tokens = [];
    await send('{"payload":1}\n{"payload":1}\n{"payload":1}');
    await send('{"payload":1}');
    expect(tokens).toEqual([1, 2, 1]);
    const answer = await send('{"payload":1}\n'.repeat(7));
    expect(refusal(answer)).toEqual([429, 'rate_limited']);
    expect(answer.headers['retry-after']).toBe('9');
  });

  it.each([
    ['nothing', '', '/'],
    ['empty lines', '\n\n', '/'],
    ['one line that is none', 'x', '/1'],
  ])('of %s is refused', async (_what, body, path) => {
    expect(refusal(await send(body))).toEqual([400, 'invalid_request', path]);
  });

  it('names the faults of at most twenty lines', async () => {
    expect(refusal(await send('x\n'.repeat(30)))).toHaveLength(22);
  });

  it('is NDJSON by its content type, and has no key of its own', async () => {
    for (const type of ['application/json', 'application/x-ndjsonx', 'text/plain']) {
      expect(refusal(await send('{"payload":1}', { 'content-type': type }))).toEqual([
        415,
        'unsupported_media_type',
      ]);
    }
    const type = { 'content-type': 'Application/X-NDJSON; charset=utf-8' };
    expect((await send('{"payload":1}', type)).status).toBe(202);
    for (const name of ['idempotency-key', 'x-idempotency-key']) {
      expect(refusal(await send('{"payload":1}', { [name]: 'a' }))).toEqual([
        400,
        'invalid_request',
        '/Idempotency-Key',
      ]);
    }
  });

  it('may be signed as a whole by the scheme of its endpoint', async () => {
    const signed = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    await putSignature(rooms.pools.api, tenant.tenantId, TEST_SEALER, {
      endpointId: signed.id,
      choice: { scheme: 'stripe' },
      secrets: ['a'],
      updatedAtMs: 0,
    });
    const body = Buffer.from('{"payload":1}\n{"payload":2}');
    const nowS = Math.floor(Date.now() / 1_000);
    const call = (headers: Record<string, string>) =>
      api.call('POST', `/ingest/${signed.id}/batch`, {
        headers: { 'content-type': 'application/x-ndjson', ...headers },
        body,
      });
    expect((await call(stripeHeaders('a', body, nowS))).status).toBe(202);
    expect(refusal(await call(stripeHeaders('b', body, nowS)))).toEqual([401, 'invalid_signature']);
    expect(refusal(await call({}))).toEqual([401, 'invalid_signature']);
  });
});
