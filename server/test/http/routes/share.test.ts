/** Share links over HTTP: who may make them, what they open, and how they end. */
import { verifyProofPackage } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/base/ids.ts';
import type { SendableJob } from '../../../src/queue/job.ts';
import { type Answer, type Api, openApi, refusal } from '../../support/api.ts';
import { makeDelivery } from '../../support/deliveries.ts';
import { START_MS } from '../../support/log-bench.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let clock: ManualClock;
let tenant: TestTenant;
let stranger: TestTenant;
let job: SendableJob;
let other: SendableJob;
let theirs: SendableJob;
beforeAll(async () => {
  rooms = await openRooms();
  clock = new ManualClock(Date.now() + 60_000);
  api = openApi(rooms, { clock });
  tenant = await makeTenant(rooms.pools.api);
  stranger = await makeTenant(rooms.pools.api);
  const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  job = await makeDelivery(rooms, endpoint);
  other = await makeDelivery(rooms, endpoint);
  theirs = await makeDelivery(rooms, await makeEndpoint(rooms.pools.api, stranger.tenantId));
  await rooms.commit();
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

interface LinkJson {
  readonly id: string;
  readonly url: string;
  readonly expires_at: string;
}

const pathOf = (of: SendableJob, prefix = ''): string =>
  `${prefix}/attestation/share/${of.deliveryAttemptId}`;

async function share(of = job, body: unknown = undefined, key = tenant.apiKey): Promise<LinkJson> {
  const answer = await api.call('POST', pathOf(of), { key, body });
  expect(answer.status).toBe(201);
  return answer.json<LinkJson>();
}

const tokenOf = ({ url }: LinkJson): string =>
  new URL(url, 'http://x').searchParams.get('token') ?? '';

const download = (of: SendableJob, token: string, options = {}): Promise<Answer> =>
  api.call('GET', `/attestation/download-proof/${of.deliveryAttemptId}?token=${token}`, options);

/** All that a caller could tell two answers apart by. */
const visible = ({ status, headers, text }: Answer): unknown => {
  const { 'x-request-id': _id, date: _date, ...rest } = headers;
  return { status, headers: rest, text };
};

describe.each(['', '/api/v1'])('below "%s"', (prefix) => {
  it('a link is made, listed, opened without a key, and revoked', async () => {
    const key = tenant.apiKey;
    const path = pathOf(job, prefix);
    const made = await api.call('POST', path, { key, body: { expires_in_s: 60 } });
    const link = made.json<LinkJson>();
    expect([made.status, Object.keys(link)]).toEqual([201, ['id', 'url', 'expires_at']]);
    expect(Date.parse(link.expires_at)).toBe(clock.nowMs() + 60_000);
    const opened = await api.call('GET', `${prefix}${link.url}`);
    const keyed = await api.call('GET', link.url.replace(/\?.*/, ''), { key });
    expect([opened.status, opened.text]).toEqual([200, keyed.text]);
    expect(opened.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-disposition': `attachment; filename="${job.deliveryAttemptId}.kapsel.json"`,
    });
    const keys = [{ publicKey: rooms.signer.publicKey, name: null }];
    expect(verifyProofPackage(opened.text, { keys }, { nowMs: clock.nowMs() }).verdict).toBe(
      'verified',
    );
    const list = await api.call('GET', path, { key });
    expect(list.json()).toMatchObject({ data: [{ id: link.id, revoked_at: null }] });
    expect(list.text).not.toContain(tokenOf(link));
    expect((await api.call('DELETE', `${path}/${link.id}`, { key })).status).toBe(204);
    expect(refusal(await api.call('GET', `${prefix}${link.url}`))).toEqual([401, 'unauthorized']);
    const after = await api.call('GET', path, { key });
    expect(after.json()).toMatchObject({ data: [{ id: link.id, revoked_at: expect.any(String) }] });
    await rooms.pools.api.query('DELETE FROM share_links');
  });
});

describe('a token', () => {
  it('opens one attempt until its millisecond', async () => {
    const link = await share(job, { expires_in_s: 1 });
    clock.advance(999);
    expect((await download(job, tokenOf(link))).status).toBe(200);
    clock.advance(1);
    expect(refusal(await download(job, tokenOf(link)))).toEqual([401, 'unauthorized']);
  });

  it('that is not good for this attempt gets the answer of no key at all', async () => {
    const path = `/attestation/download-proof/${job.deliveryAttemptId}`;
    const bare = await api.call('GET', path);
    expect(refusal(bare)).toEqual([401, 'unauthorized']);
    const good = await share();
    const token = tokenOf(good);
    const revoked = await share();
    await api.call('DELETE', `${pathOf(job)}/${revoked.id}`, { key: tenant.apiKey });
    const expired = await share(job, { expires_in_s: 1 });
    clock.advance(1_000);
    const tokens = [
      tokenOf(await share(other)),
      tokenOf(await share(theirs, undefined, stranger.apiKey)),
      tokenOf(revoked),
      tokenOf(expired),
      token.slice(0, -1),
      `${token}A`,
      `${token}%0a`,
      token.slice(0, 71) + (token.endsWith('A') ? 'B' : 'A'),
      '',
      'x'.repeat(5_000),
      '%00',
      tenant.apiKey,
    ];
    for (const each of tokens) {
      expect(visible(await download(job, each)), each.slice(0, 80)).toEqual(visible(bare));
    }
    for (const id of [newId(START_MS), 'x', job.deliveryAttemptId.toUpperCase()]) {
      const answer = await api.call('GET', `/attestation/download-proof/${id}?token=${token}`);
      expect(visible(answer), id).toEqual(visible(bare));
    }
    expect((await download(job, token)).status).toBe(200);
  });

  it('opens nothing else: no list, no other route', async () => {
    const token = tokenOf(await share());
    for (const path of [pathOf(job), `/v1/events/${job.eventId}`]) {
      expect(refusal(await api.call('GET', `${path}?token=${token}`))[0]).toBe(401);
      expect(refusal(await api.call('GET', path, { key: token }))[0]).toBe(401);
    }
    expect(refusal(await api.call('GET', `/attestation/sth?token=${token}`))[0]).toBe(400);
  });

  it('does not make a bad key good, nor widen one', async () => {
    const token = tokenOf(await share());
    expect(refusal(await download(job, token, { key: 'ksk_bad' }))).toEqual([401, 'unauthorized']);
    expect(refusal(await download(job, token, { key: stranger.apiKey }))).toEqual([
      404,
      'not_found',
    ]);
  });

  it('given twice is refused', async () => {
    const token = tokenOf(await share());
    expect(refusal(await download(job, `${token}&token=${token}`))).toEqual([401, 'unauthorized']);
  });
});

describe('making a link', () => {
  it('needs a lifetime of at most 90 days, or says nothing of it', async () => {
    const ask = (body: unknown) => api.call('POST', pathOf(job), { key: tenant.apiKey, body });
    for (const body of [{ expires_in_s: 0 }, { expires_in_s: 7_776_001 }, { expires_in_s: '1' }]) {
      expect(refusal(await ask(body))).toEqual([400, 'invalid_request', '/expires_in_s']);
    }
    expect(refusal(await ask({ days: 1 }))).toEqual([400, 'invalid_request', '/days']);
    expect(refusal(await ask('{'))).toEqual([400, 'invalid_json']);
    expect((await ask({ expires_in_s: 7_776_000 })).status).toBe(201);
    const { expires_at: at } = await share();
    expect(Date.parse(at)).toBe(clock.nowMs() + 7 * 86_400_000);
  });

  it('is for the attempts of the tenant, with a key that reads proofs', async () => {
    const ask = (of: SendableJob, key: string) => api.call('POST', pathOf(of), { key });
    expect(refusal(await ask(theirs, tenant.apiKey))).toEqual([404, 'not_found']);
    const weak = await makeKey(rooms.pools.api, tenant.tenantId, ['events:read']);
    expect(refusal(await ask(job, weak))).toEqual([403, 'insufficient_scope']);
  });
});

it('an address is whole where the server knows how it is reached', async () => {
  const whole = openApi(rooms, { clock, publicUrl: 'https://kapsel.example/base' });
  const answer = await whole.call('POST', pathOf(job), { key: tenant.apiKey });
  const { url } = answer.json<LinkJson>();
  expect(url).toMatch(/^https:\/\/kapsel\.example\/base\/attestation\/download-proof\/.+\?token=/);
  expect((await share()).url).toMatch(/^\/attestation\/download-proof\//);
  await whole.close();
});
