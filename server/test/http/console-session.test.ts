/** Sessions of the operator page, tried by somebody who has none, or wants another's. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSealer } from '../../src/base/seal.ts';
import { SESSION_MS, sessionCookie } from '../../src/http/console-session.ts';
import { hashApiKey, makeApiKey, SCOPES } from '../../src/tenants/api-key.ts';
import { type Answer, type Api, openApi, refusal, TEST_SEALER, visible } from '../support/api.ts';
import { makeDelivery } from '../support/deliveries.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../support/tenant.ts';

const HOST = 'hooks.example:8080';
const ORIGIN = `http://${HOST}`;
/** What a browser sends with each request of the page. */
const PAGE = { host: HOST, 'kapsel-console': 'http', 'sec-fetch-site': 'same-origin' };
const WRITES = { ...PAGE, origin: ORIGIN };

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  tenant = await makeTenant(rooms.pools.api);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

type Headers = Readonly<Record<string, string>>;

function signIn(apiKey: string, headers: Headers = WRITES, to: Api = api): Promise<Answer> {
  return to.call('POST', '/console/session', { headers, body: { api_key: apiKey } });
}

/** Name and value, as the browser sends it back. */
function cookieOf(answer: Answer): string {
  const cookie = String(answer.headers['set-cookie']);
  return cookie.slice(0, cookie.indexOf(';'));
}

async function cookieFor(apiKey: string): Promise<string> {
  return cookieOf(await signIn(apiKey));
}

function list(headers: Headers, to: Api = api): Promise<Answer> {
  return to.call('GET', '/v1/endpoints', { headers });
}

function create(headers: Headers): Promise<Answer> {
  return api.call('POST', '/v1/endpoints', { headers, body: { url: 'https://example.com/' } });
}

const UNAUTHORIZED = [401, 'unauthorized'];

describe('signing in', () => {
  it('answers a cookie that no script reads and no other site sends, and keeps the key to itself', async () => {
    const answer = await signIn(tenant.apiKey);
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toMatch(
      /^kapsel-console=[A-Za-z0-9_-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect(answer.json()).toMatchObject({
      session: { tenant_id: tenant.tenantId, scopes: [...SCOPES] },
    });
    const hash = createHash('sha256').update(tenant.apiKey).digest();
    const said = `${answer.text}${Buffer.from(cookieOf(answer).slice(15), 'base64url').toString('latin1')}`;
    for (const secret of [tenant.apiKey, hash.toString('hex'), hash.toString('base64')]) {
      expect(said).not.toContain(secret);
    }
  });

  it('over TLS uses a name that only this host can set', async () => {
    const https = { ...WRITES, 'kapsel-console': 'https', origin: `https://${HOST}` };
    const answer = await signIn(tenant.apiKey, https);
    expect(answer.headers['set-cookie']).toMatch(
      /^__Host-kapsel-console=\S+; Path=\/; .*SameSite=Strict; Secure$/,
    );
    const cookie = cookieOf(answer);
    expect((await list({ ...PAGE, 'kapsel-console': 'https', cookie })).status).toBe(200);
    // A cookie of the plain name, which a neighbour could plant, counts for nothing there.
    const planted = cookie.replace('__Host-', '');
    expect(refusal(await list({ ...PAGE, 'kapsel-console': 'https', cookie: planted }))).toEqual(
      UNAUTHORIZED,
    );
  });

  it('refuses what is no good key, always in the same way', async () => {
    const want = visible(await signIn('x'));
    for (const key of ['', makeApiKey().secret, `${tenant.apiKey} `, tenant.apiKey.slice(0, -1)]) {
      const answer = await signIn(key);
      expect(refusal(answer)).toEqual(UNAUTHORIZED);
      expect(visible(answer)).toEqual(want);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('takes no notice of the cookie that was there: a planted session does not become the victim’s', async () => {
    const planted = await cookieFor(tenant.apiKey);
    const victim = await makeTenant(rooms.pools.api);
    const answer = await signIn(victim.apiKey, { ...WRITES, cookie: planted });
    expect(cookieOf(answer)).not.toBe(planted);
    const who = await api.call('GET', '/console/session', {
      headers: { ...PAGE, cookie: planted },
    });
    expect(who.json()).toMatchObject({ session: { tenant_id: tenant.tenantId } });
  });

  it('is for the page alone', async () => {
    const { 'kapsel-console': _, ...bare } = WRITES;
    const forged: Headers[] = [
      bare,
      { ...WRITES, origin: 'https://evil.example' },
      { ...WRITES, origin: 'null' },
      { ...WRITES, origin: `https://${HOST}` },
      { ...WRITES, origin: `${ORIGIN}.evil.example` },
      { ...WRITES, 'sec-fetch-site': 'cross-site' },
      { ...WRITES, 'sec-fetch-site': 'same-site' },
      { ...WRITES, 'kapsel-console': '1' },
      PAGE,
    ];
    for (const headers of forged) {
      const answer = await signIn(tenant.apiKey, headers);
      expect(refusal(answer), JSON.stringify(headers)).toEqual([403, 'cross_origin']);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('works behind a proxy that changes the host, where the public URL is set', async () => {
    const behind = openApi(rooms, { publicUrl: 'https://kapsel.example' });
    const headers = { ...WRITES, 'kapsel-console': 'https', origin: 'https://kapsel.example' };
    expect((await signIn(tenant.apiKey, headers, behind)).status).toBe(200);
    await behind.close();
  });
});

describe('a session', () => {
  it('stands for its key, in all that the key may do and nothing more', async () => {
    const reader = await makeKey(rooms.pools.api, tenant.tenantId, ['endpoints:read']);
    const cookie = await cookieFor(reader);
    expect((await list({ ...PAGE, cookie })).status).toBe(200);
    expect(refusal(await create({ ...WRITES, cookie }))).toEqual([403, 'insufficient_scope']);
    expect((await create({ ...WRITES, cookie: await cookieFor(tenant.apiKey) })).status).toBe(201);
  });

  it('is worth nothing to another site, which the browser would not send it for anyway', async () => {
    const cookie = await cookieFor(tenant.apiKey);
    const { 'kapsel-console': _, ...bare } = { ...WRITES, cookie };
    const before = (await list({ ...PAGE, cookie })).text;
    const forged: Headers[] = [
      bare,
      { ...bare, 'content-type': 'text/plain' },
      { ...WRITES, cookie, origin: 'https://evil.example' },
      { ...WRITES, cookie, origin: 'null' },
      { ...WRITES, cookie, 'sec-fetch-site': 'same-site' },
      { ...PAGE, cookie },
      { cookie },
    ];
    for (const headers of forged) {
      expect(refusal(await create(headers)), JSON.stringify(headers)).toEqual(UNAUTHORIZED);
    }
    expect((await list({ ...PAGE, cookie })).text).toBe(before);
    // Nor may a page of another origin ask whether it may.
    const preflight = await api.http.inject({
      method: 'OPTIONS',
      url: '/v1/endpoints',
      headers: {
        host: HOST,
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'kapsel-console',
      },
    });
    expect(Object.keys(preflight.headers).filter((name) => /^access-control/.test(name))).toEqual(
      [],
    );
  });

  it('ends with its key, at the next request', async () => {
    const key = await makeKey(rooms.pools.api, tenant.tenantId, SCOPES);
    const cookie = await cookieFor(key);
    expect((await list({ ...PAGE, cookie })).status).toBe(200);
    await rooms.pools.api.query('UPDATE api_keys SET revoked_at = now() WHERE key_hash = $1', [
      hashApiKey(key),
    ]);
    expect(refusal(await list({ ...PAGE, cookie }))).toEqual(UNAUTHORIZED);
    const who = await api.call('GET', '/console/session', { headers: { ...PAGE, cookie } });
    expect(who.json()).toEqual({ session: null });
  });

  it('ends after twelve hours, whatever the browser keeps', async () => {
    const clock = new ManualClock();
    const timed = openApi(rooms, { clock });
    const cookie = cookieOf(await signIn(tenant.apiKey, WRITES, timed));
    await clock.advance(SESSION_MS - 1);
    expect((await list({ ...PAGE, cookie }, timed)).status).toBe(200);
    await clock.advance(1);
    expect(refusal(await list({ ...PAGE, cookie }, timed))).toEqual(UNAUTHORIZED);
    await timed.close();
  });

  it('cannot be made, changed or carried over by anybody else', async () => {
    const cookie = await cookieFor(tenant.apiKey);
    const [name = '', value = ''] = cookie.split('=');
    const session = { keyHash: hashApiKey(tenant.apiKey), expiresAtMs: Number.MAX_SAFE_INTEGER };
    const stranger = createSealer(new Uint8Array(32).fill(8));
    const elsewhere = TEST_SEALER.seal(
      JSON.stringify([session.keyHash.toString('base64'), session.expiresAtMs]),
      'endpoint secret',
    ).toString('base64url');
    const flipped = Buffer.from(value, 'base64url');
    flipped[30] = (flipped[30] ?? 0) ^ 1;
    const values = [
      '',
      'x',
      '=',
      value.slice(0, -2),
      `${value}AA`,
      `"${value}"`,
      flipped.toString('base64url'),
      elsewhere,
      tenant.apiKey,
      hashApiKey(tenant.apiKey).toString('base64url'),
      JSON.stringify([session.keyHash.toString('base64'), session.expiresAtMs]),
      'A'.repeat(8_000),
    ];
    const cookies = [
      ...values.map((each) => `${name}=${each}`),
      sessionCookie(stranger, 'http', session).split(';')[0] ?? '',
      `${cookie}; ${cookie}`,
      `${name}=planted; ${cookie}`,
      cookie.replace(name, `${name}2`),
    ];
    for (const each of cookies) {
      const answer = await list({ ...PAGE, cookie: each });
      expect(refusal(answer), each.slice(0, 60)).toEqual(UNAUTHORIZED);
    }
    expect((await list({ ...PAGE, cookie: `other=1; ${cookie}; last=2` })).status).toBe(200);
  });

  it('does not help a key that is refused, and is not mixed with one that is good', async () => {
    const cookie = await cookieFor(tenant.apiKey);
    const bad = { ...PAGE, cookie, authorization: `Bearer ${makeApiKey().secret}` };
    expect(refusal(await list(bad))).toEqual(UNAUTHORIZED);
    const other = await makeTenant(rooms.pools.api);
    await makeEndpoint(rooms.pools.api, other.tenantId);
    const answer = await list({ ...PAGE, cookie, authorization: `Bearer ${other.apiKey}` });
    expect(answer.json<{ data: unknown[] }>().data).toHaveLength(1);
  });

  it('sends no webhooks', async () => {
    const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    const headers = { ...WRITES, cookie: await cookieFor(tenant.apiKey) };
    const answer = await api.call('POST', `/ingest/${endpoint.id}`, { headers, body: '{}' });
    expect(refusal(answer)).toEqual(UNAUTHORIZED);
  });

  it('sees nothing of another tenant: his ids are unknown ids', async () => {
    const stranger = await makeTenant(rooms.pools.api);
    const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    const job = await makeDelivery(rooms, endpoint);
    await rooms.commit();
    const headers = { ...WRITES, cookie: await cookieFor(stranger.apiKey) };
    const asked = [
      ['GET', `/v1/endpoints/${endpoint.id}`],
      ['POST', `/v1/endpoints/${endpoint.id}/disable`],
      ['DELETE', `/v1/endpoints/${endpoint.id}`],
      ['GET', `/v1/events/${job.eventId}`],
      ['POST', `/v1/events/${job.eventId}/retry`],
      ['GET', `/attestation/download-proof/${job.deliveryAttemptId}`],
    ] as const;
    for (const [method, path] of asked) {
      const answer = await api.call(method, path, { headers });
      const unknown = path.replaceAll(/[0-9a-f-]{36}/g, '01970000-0000-7000-8000-000000000001');
      expect(answer.status, path).toBe(404);
      expect(visible(answer), path).toEqual(visible(await api.call(method, unknown, { headers })));
    }
  });
});

describe('signing out', () => {
  it('takes the cookie away, for the page alone', async () => {
    const cookie = await cookieFor(tenant.apiKey);
    const gone = await api.call('DELETE', '/console/session', { headers: { ...WRITES, cookie } });
    expect([gone.status, gone.headers['set-cookie']]).toEqual([
      204,
      'kapsel-console=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    ]);
    const forged = { ...WRITES, cookie, origin: 'https://evil.example' };
    expect(refusal(await api.call('DELETE', '/console/session', { headers: forged }))).toEqual([
      403,
      'cross_origin',
    ]);
  });

  it('leaves nobody signed in', async () => {
    const who = await api.call('GET', '/console/session', { headers: PAGE });
    expect(who.json()).toEqual({ session: null });
    expect((await api.call('GET', '/console/session')).json()).toEqual({ session: null });
  });
});
