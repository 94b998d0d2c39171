/** The order in which a webhook is judged: the first reason to refuse it is the one it hears. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { newId } from '../../src/base/ids.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { putSignature } from '../../src/endpoints/signature-store.ts';
import { githubHeaders } from '../ingest/support/sign.ts';
import { type Api, ingestOf, openApi, refusal, TEST_SEALER } from '../support/api.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let keyed: Endpoint;
let signed: Endpoint;
let counted: unknown[] = [];
let fails = { rate: false, room: false };

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms, {
    onIngested: (tenantId, status, count) => counted.push([tenantId, status, count]),
    takeIngestTokens: () => (fails.rate ? { kind: 'refused', retryAfterS: 1 } : { kind: 'taken' }),
    ingest: {
      ...ingestOf(rooms),
      assertRoom: () => {
        if (fails.room) throw new Failure('overloaded', 'full');
      },
    },
  });
  tenant = await makeTenant(rooms.pools.api);
  keyed = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  signed = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  await putSignature(rooms.pools.api, tenant.tenantId, TEST_SEALER, {
    endpointId: signed.id,
    choice: { scheme: 'github' },
    secrets: ['a'],
    updatedAtMs: 0,
  });
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

const TOO_LONG = { 'content-length': '10485761' };

async function code(id: string, headers: Record<string, string>, key?: string): Promise<unknown> {
  const options = { headers, body: 'x', ...(key === undefined ? {} : { key }) };
  const answer = await api.call('POST', `/ingest/${id}`, options);
  return answer.status < 300 ? answer.status : refusal(answer)[1];
}

it('endpoint, rate, declared length, room, sender, key', async () => {
  fails = { rate: true, room: true };
  expect(await code(newId<'endpoint'>(0), TOO_LONG, tenant.apiKey)).toBe('not_found');
  expect(await code(keyed.id, TOO_LONG)).toBe('rate_limited');
  fails = { rate: false, room: true };
  expect(await code(keyed.id, TOO_LONG)).toBe('payload_too_large');
  expect(await code(keyed.id, {})).toBe('overloaded');
  fails = { rate: false, room: false };
  expect(await code(keyed.id, { 'idempotency-key': '' })).toBe('unauthorized');
  expect(await code(keyed.id, { 'idempotency-key': '' }, tenant.apiKey)).toBe('invalid_request');
  const bad = { 'idempotency-key': '', 'x-hub-signature-256': 'sha256=00' };
  expect(await code(signed.id, bad)).toBe('invalid_signature');
  const good = githubHeaders('a', Buffer.from('x'));
  expect(await code(signed.id, { ...good, 'idempotency-key': '' })).toBe('invalid_request');
  expect(await code(signed.id, good)).toBe(202);
});

it('a signature at an endpoint without a scheme is no way in', async () => {
  expect(await code(keyed.id, githubHeaders('a', Buffer.from('x')))).toBe('unauthorized');
});

it('more lines than the burst allows is a mistake, not a matter of waiting', async () => {
  const never = openApi(rooms, { takeIngestTokens: () => ({ kind: 'impossible' }) });
  const answer = await never.call('POST', `/ingest/${keyed.id}`, { key: tenant.apiKey });
  expect(refusal(answer)).toEqual([400, 'invalid_request']);
  await never.close();
});

it('counts how each event ended, by the tenant of its endpoint', async () => {
  const good = githubHeaders('a', Buffer.from('x'));
  const statusOf = async (id: string, headers: Record<string, string>, key?: string) => {
    counted = [];
    await code(id, headers, key);
    return counted;
  };
  const of = (status: string) => [[tenant.tenantId, status, 1]];
  expect(await statusOf(signed.id, { ...good, 'idempotency-key': 'c' })).toEqual(of('accepted'));
  expect(await statusOf(signed.id, { ...good, 'idempotency-key': 'c' })).toEqual(of('duplicate'));
  expect(await statusOf(signed.id, {})).toEqual(of('invalid_signature'));
  expect(await statusOf(signed.id, { ...good, ...TOO_LONG })).toEqual(of('too_large'));
  expect(await statusOf(signed.id, { ...good, 'idempotency-key': '' })).toEqual(of('error'));
  expect(await statusOf(keyed.id, {})).toEqual(of('error'));
  expect(await statusOf(newId<'endpoint'>(0), good, tenant.apiKey)).toEqual([]);
  fails = { rate: true, room: false };
  expect(await statusOf(signed.id, good)).toEqual(of('rate_limited'));
  fails = { rate: false, room: false };
  counted = [];
  await api.call('POST', `/ingest/${keyed.id}/batch`, {
    key: tenant.apiKey,
    headers: { 'content-type': 'application/x-ndjson' },
    body: Buffer.from('{"payload":1}\n{"payload":2}\nx'),
  });
  expect(counted).toEqual([
    [tenant.tenantId, 'accepted', 2],
    [tenant.tenantId, 'error', 1],
  ]);
});
