import { createHash } from 'node:crypto';
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { claim, makeDelivery, makeEvent, settlement } from '../../support/deliveries.ts';
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

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

it('shows an event that nobody has attempted yet', async () => {
  const body = Buffer.from('hello');
  const id = await makeEvent(rooms.pools.ingest, endpoint, body);
  const answer = await api.call('GET', `/v1/events/${id}`, { key: tenant.apiKey });
  expect([answer.status, answer.json()]).toEqual([
    200,
    {
      id,
      endpoint_id: endpoint.id,
      status: 'received',
      failure_reason: null,
      held: false,
      content_type: 'application/json',
      payload_hash: createHash('sha256').update(body).digest('hex'),
      payload_size: 5,
      received_at: TIME,
      next_attempt_at: TIME,
      attempts: [],
    },
  ]);
});

it('shows an attempt on its way, without an outcome', async () => {
  const [job] = await claim(rooms.pools.worker, 1);
  const answer = await api.call('GET', `/v1/events/${job?.eventId}`, { key: tenant.apiKey });
  expect(answer.json()).toMatchObject({
    status: 'pending',
    next_attempt_at: null,
    attempts: [
      {
        delivery_attempt_id: job?.deliveryAttemptId,
        outcome: null,
        completed_at: null,
        leaf_hash: null,
        leaf_index: null,
      },
    ],
  });
});

it('shows a settled attempt with its leaf and where its proof is', async () => {
  const job = await makeDelivery(rooms, endpoint);
  const { leaf } = settlement(job);
  const show = async () =>
    (await api.call('GET', `/v1/events/${job.eventId}`, { key: tenant.apiKey })).json();
  const attempt = {
    delivery_attempt_id: job.deliveryAttemptId,
    attempt_number: 1,
    endpoint_url: endpoint.url,
    attempted_at: TIME,
    completed_at: TIME,
    outcome: 'delivered',
    response_status: 200,
    error: null,
    leaf_hash: hexFromBytes(leaf.hash),
    leaf_index: null,
    proof_url: `/attestation/download-proof/${job.deliveryAttemptId}`,
  };
  expect(await show()).toMatchObject({ status: 'delivered', attempts: [attempt] });
  const { treeSize } = await rooms.commit();
  const sequenced = { ...attempt, leaf_index: treeSize - 1 };
  expect(await show()).toMatchObject({ status: 'delivered', attempts: [sequenced] });
  const proof = await api.call('GET', attempt.proof_url, { key: tenant.apiKey });
  expect(proof.status).toBe(200);
});

it('answers the body as it came where it is asked for, and says when it is gone', async () => {
  const body = Buffer.from([0x00, 0xff, 0x7b]);
  const id = await makeEvent(rooms.pools.ingest, endpoint, body);
  const show = async (query: string) =>
    (await api.call('GET', `/v1/events/${id}${query}`, { key: tenant.apiKey })).json<{
      payload_base64?: string | null;
    }>().payload_base64;
  expect(await show('?payload=true')).toBe(body.toString('base64'));
  expect(await show('?payload=false')).toBeUndefined();
  expect(await show('')).toBeUndefined();
  await rooms.pools.api.query('DELETE FROM event_payloads WHERE event_id = $1', [id]);
  expect(await show('?payload=true')).toBeNull();
});

it.each([
  ['?payload=maybe', '/payload'],
  ['?body=true', '/body'],
])('refuses %s', async (query, path) => {
  const id = await makeEvent(rooms.pools.ingest, endpoint);
  const answer = await api.call('GET', `/v1/events/${id}${query}`, { key: tenant.apiKey });
  expect(refusal(answer)).toEqual([400, 'invalid_request', path]);
});
