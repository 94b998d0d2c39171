/** Who pays for a request, what a refusal looks like, and what is never refused. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import type { RouteDeps } from '../../src/http/routes/route-deps.ts';
import type { TokenAnswer } from '../../src/tenants/token-bucket.ts';
import { type Api, openApi, refusal } from '../support/api.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let tenant: TestTenant;
let api: Api;
beforeAll(async () => {
  rooms = await openRooms();
  tenant = await makeTenant(rooms.pools.api);
});
afterAll(async () => {
  await rooms.close();
});
afterEach(async () => {
  await api.close();
});

/** Who was asked to pay, in order. */
function open(answer: TokenAnswer = { kind: 'taken' }, change: Partial<RouteDeps> = {}): string[] {
  const payers: string[] = [];
  api = openApi(rooms, {
    rates: {
      takeForTenant(tenantId, rateClass, cost) {
        payers.push(`${tenantId === tenant.tenantId ? 'tenant' : tenantId} ${rateClass} ${cost}`);
        return answer;
      },
      takeForAddress(address) {
        payers.push(address);
        return answer;
      },
    },
    ...change,
  });
  return payers;
}

const REFUSED: TokenAnswer = { kind: 'refused', retryAfterS: 7 };
const HERE = '127.0.0.1';
const UNKNOWN_ID = '019b0000-0000-7000-8000-000000000000';

describe('who pays', () => {
  it.each([
    ['/v1/endpoints', 'tenant api 1'],
    [`/v1/events/${UNKNOWN_ID}`, 'tenant api 1'],
    [`/attestation/download-proof/${UNKNOWN_ID}`, 'tenant proof 1'],
    [`/api/v1/attestation/share/${UNKNOWN_ID}`, 'tenant proof 1'],
    ['/attestation/sth', 'tenant proof 1'],
    ['/log/shared/checkpoint', 'tenant proof 1'],
  ])('of GET %s with a key is its tenant', async (path, payer) => {
    const payers = open();
    await api.call('GET', path, { key: tenant.apiKey });
    expect(payers).toEqual([payer]);
  });

  it.each([
    '/attestation/sth',
    '/api/v1/attestation/keys',
    '/log/shared/checkpoint',
    '/verify',
    '/nowhere',
  ])('of GET %s without a key is the address', async (path) => {
    const payers = open();
    await api.call('GET', path);
    expect(payers).toEqual([HERE]);
  });

  it.each([
    ['no key', {}],
    ['a key that is none', { key: `ksk_${'A'.repeat(43)}` }],
    ['something that looks like none', { key: 'guess' }],
  ])('for %s where one is needed is the address', async (_what, options) => {
    const payers = open();
    expect((await api.call('GET', '/v1/endpoints', options)).status).toBe(401);
    expect((await api.call('POST', `/ingest/${UNKNOWN_ID}`, options)).status).toBe(401);
    expect(
      (await api.call('GET', `/attestation/download-proof/${UNKNOWN_ID}?token=x`, options)).status,
    ).toBe(401);
    expect(payers).toEqual([HERE, HERE, HERE]);
  });

  it('is nobody for a key that lacks the scope: it is known, and did nothing', async () => {
    const payers = open();
    const key = await makeKey(rooms.pools.api, tenant.tenantId, ['ingest']);
    expect((await api.call('GET', '/v1/endpoints', { key })).status).toBe(403);
    expect(payers).toEqual([]);
  });

  it('is the address that a proxy of the operator names', async () => {
    const payers = open(undefined, { trustedProxies: parseCidrList(HERE) });
    const headers = { 'x-forwarded-for': '203.0.113.9, 2001:db8::1' };
    await api.call('GET', '/attestation/sth', { headers });
    expect(payers).toEqual(['2001:db8::/64']);
  });

  it('is not for a stranger to choose', async () => {
    const payers = open();
    await api.call('GET', '/attestation/sth', { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(payers).toEqual([HERE]);
  });
});

describe('a refusal', () => {
  it('is 429 with the seconds to wait, for tenants and for strangers', async () => {
    open(REFUSED);
    for (const options of [{ key: tenant.apiKey }, {}]) {
      const answer = await api.call('GET', '/attestation/sth', options);
      expect(refusal(answer)).toEqual([429, 'rate_limited']);
      expect(answer.headers['retry-after']).toBe('7');
    }
  });

  it('comes in place of 401 for whoever guesses keys', async () => {
    open(REFUSED);
    const answer = await api.call('GET', '/v1/endpoints', { key: `ksk_${'A'.repeat(43)}` });
    expect(refusal(answer)).toEqual([429, 'rate_limited']);
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  });

  it('comes before the body is looked at', async () => {
    open(REFUSED);
    const answer = await api.call('POST', '/v1/endpoints', { key: tenant.apiKey, body: 'no JSON' });
    expect(refusal(answer)).toEqual([429, 'rate_limited']);
  });

  it('never meets the machines that watch over the server', async () => {
    const payers = open(REFUSED, { metricsToken: null });
    for (const path of ['/health/live', '/health/ready', '/health/startup', '/metrics']) {
      expect((await api.call('GET', path)).status, path).toBe(200);
    }
    expect(payers).toEqual([]);
  });

  it('of the ingest stays the gate’s own, by tenant and event', async () => {
    const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    const taken: number[] = [];
    const payers = open(REFUSED, {
      takeIngestTokens: (_tenantId, cost) => {
        taken.push(cost);
        return { kind: 'taken' };
      },
    });
    const answer = await api.call('POST', `/ingest/${endpoint.id}`, {
      key: tenant.apiKey,
      body: 'x',
    });
    expect([answer.status, taken, payers]).toEqual([202, [1], []]);
  });
});
