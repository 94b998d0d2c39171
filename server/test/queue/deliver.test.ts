/** From the API to the destination: what an endpoint was made with is what its deliveries carry, and nothing goes without it. @module */
import type { TLSSocket } from 'node:tls';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { EventId } from '../../src/base/ids.ts';
import { createSealer } from '../../src/base/seal.ts';
import { createDeliveryClient, type DeliveryClient } from '../../src/delivery/connector.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import { createOutgoingFinder, type FindOutgoing } from '../../src/endpoints/outgoing.ts';
import { deliver } from '../../src/queue/deliver.ts';
import type { Settlement } from '../../src/queue/job.ts';
import { makeCertificate } from '../delivery/support/certificate.ts';
import { openClient, openFor } from '../delivery/support/client.ts';
import { sayStatus } from '../delivery/support/destination.ts';
import { type Api, openApi, TEST_SEALER } from '../support/api.ts';
import { claim } from '../support/deliveries.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let receiver: Receiver;
let client: DeliveryClient;
beforeAll(async () => {
  rooms = await openRooms();
  const destinationRules = { allowHttp: true, egressAllow: parseCidrList('127.0.0.1') };
  api = openApi(rooms, { destinationRules });
  tenant = await makeTenant(rooms.pools.api);
  receiver = await openReceiver();
  client = createDeliveryClient(destinationRules);
});
afterAll(async () => {
  await client.close();
  await receiver.close();
  await api.close();
  await rooms.close();
});

interface Made {
  readonly id: string;
  readonly url: string;
  readonly signing_secret: string;
}

async function make(change: Record<string, unknown> = {}): Promise<Made> {
  const body = { url: receiver.url, ...change };
  const answer = await api.call('POST', '/v1/endpoints', { key: tenant.apiKey, body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.json<Made>();
}

async function ingest(
  { id }: Made,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<EventId> {
  const options = { key: tenant.apiKey, body, headers };
  const answer = await api.call('POST', `/ingest/${id}`, options);
  expect(answer.status).toBe(202);
  return answer.json<{ event_id: EventId }>().event_id;
}

const find = (sealer = TEST_SEALER): FindOutgoing =>
  createOutgoingFinder({
    pool: rooms.pools.worker,
    sealer,
    clock: systemClock,
    onUnreadable: () => undefined,
  });

/** Claims the one event that is due, and sends it. */
async function send(findOutgoing: FindOutgoing, by: DeliveryClient = client): Promise<Settlement> {
  const [job] = await claim(rooms.pools.worker, 1);
  if (job === undefined) throw new Error('nothing was due');
  const deps = {
    clock: systemClock,
    client: by,
    findOutgoing,
    random: () => 0,
    deadlineMs: 5_000,
  };
  return deliver(deps, job, systemClock.monotonicMs() + 60_000);
}

describe('a delivery', () => {
  it('carries the signature, the headers and the credentials of its endpoint', async () => {
    const made = await make({
      url: receiver.url.replace('http://', 'http://user:canary@'),
      custom_headers: { 'X-Own': 'mine' },
      kept_headers: ['X-Event-Kind'],
    });
    expect(made.url).toBe(receiver.url);
    const body = Buffer.from('{"naïve":1}');
    const eventId = await ingest(made, body, {
      'content-type': 'application/json',
      'x-event-kind': 'push',
      'x-other': 'dropped',
      cookie: 'canary=1',
    });
    const settlement = await send(find());
    expect(settlement.result.outcome).toBe('delivered');
    const { headers, body: got } = receiver.requests.at(-1) ?? { headers: {}, body: Buffer.of() };
    expect(got.equals(body)).toBe(true);
    const asSent = headers as Record<string, string>;
    expect(new Webhook(made.signing_secret).verify(got.toString(), asSent)).toEqual({ naïve: 1 });
    expect(headers).toMatchObject({
      'webhook-id': eventId,
      'x-own': 'mine',
      'x-event-kind': 'push',
      authorization: `Basic ${Buffer.from('user:canary').toString('base64')}`,
    });
    expect(headers).not.toHaveProperty('x-other');
    expect(headers).not.toHaveProperty('cookie');
    // The leaf is for everybody: it has the URL and no credentials.
    expect(settlement.leaf.data.toString()).not.toContain('canary');
  });

  it('is signed by the older secret as well after a rotation', async () => {
    const made = await make();
    const path = `/v1/endpoints/${made.id}/rotate-secret`;
    const rotated = await api.call('POST', path, { key: tenant.apiKey });
    await ingest(made, Buffer.from('{}'));
    await send(find());
    const asSent = receiver.requests.at(-1)?.headers as Record<string, string>;
    const { signing_secret: young } = rotated.json<Made>();
    for (const secret of [young, made.signing_secret]) {
      expect(new Webhook(secret).verify('{}', asSent)).toEqual({});
    }
    expect(asSent['webhook-signature']?.split(' ')).toHaveLength(4);
  });

  it('shows the certificate of its endpoint to a server that demands one', async () => {
    const server = makeCertificate(['127.0.0.1'], { commonName: 'server' });
    const mine = makeCertificate([], { commonName: 'mine' });
    const shown: string[] = [];
    const destination = await openFor({
      tls: { ...server, ca: mine.cert, requestCert: true, rejectUnauthorized: true },
      answer: (socket, request) => {
        shown.push(String((socket as TLSSocket).getPeerCertificate().subject.CN));
        sayStatus(200)(socket, request);
      },
    });
    const secured = openClient({ ca: server.cert });
    const identity = { certificate: mine.cert, private_key: mine.key };
    const made = await make({ url: destination.url, client_certificate: identity });
    await ingest(made, Buffer.from('{}'));
    expect((await send(find(), secured)).result.outcome).toBe('delivered');
    expect(shown).toEqual(['mine']);
    await ingest(await make({ url: destination.url }), Buffer.from('{}'));
    expect((await send(find(), secured)).result.outcome).toBe('failed');
    expect(shown).toEqual(['mine']);
  });

  it.each<[string, () => FindOutgoing, number]>([
    ['do not open', () => find(createSealer(new Uint8Array(32).fill(9))), 60_000],
    ['cannot be asked for', () => () => Promise.reject(new Error('away')), 1_000],
  ])(
    'is not made while the secrets %s, and costs the event nothing',
    async (_what, finder, delayMs) => {
      await ingest(await make(), Buffer.from('{}'));
      const before = receiver.requests.length;
      const { result, next, charge } = await send(finder());
      expect(receiver.requests).toHaveLength(before);
      expect(result).toMatchObject({ outcome: 'failed', error: 'not_sent' });
      expect(next).toEqual({ kind: 'retry', delayMs, counts: false });
      expect(charge).toBe('neutral');
      await rooms.pools.worker.query('DELETE FROM delivery_queue');
    },
  );
});
