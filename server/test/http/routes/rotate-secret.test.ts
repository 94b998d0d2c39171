import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSigningSecret } from '../../../src/endpoints/signing-secret.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeKey, makeTenant, type TestTenant } from '../../support/tenant.ts';

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

interface Shown {
  readonly id: string;
  readonly signing_secret: string;
  readonly signing_keys: readonly { public_key: string; valid_until: string | null }[];
}

async function create(): Promise<Shown> {
  const body = { url: 'https://example.com/' };
  const answer = await api.call('POST', '/v1/endpoints', { key: tenant.apiKey, body });
  return answer.json<Shown>();
}

function rotate(id: string, body?: unknown, key = tenant.apiKey) {
  const path = `/v1/endpoints/${id}/rotate-secret`;
  return api.call('POST', path, { key, ...(body === undefined ? {} : { body }) });
}

describe('a rotation', () => {
  it('gives a new pair, and the older one a day', async () => {
    const made = await create();
    const startMs = Date.now();
    const answer = await rotate(made.id);
    expect(answer.status).toBe(200);
    const rotated = answer.json<Shown>();
    expect(rotated.signing_secret).toMatch(/^whsec_/);
    expect(rotated.signing_secret).not.toBe(made.signing_secret);
    const [young, old] = rotated.signing_keys;
    expect(young?.valid_until).toBeNull();
    expect(old?.public_key).toBe(made.signing_keys[0]?.public_key);
    const untilMs = Date.parse(old?.valid_until ?? '');
    expect(untilMs).toBeGreaterThanOrEqual(startMs + 86_400_000);
    expect(untilMs).toBeLessThan(startMs + 86_400_000 + 60_000);
    // Afterwards the secret is seen nowhere.
    const got = await api.call('GET', `/v1/endpoints/${made.id}`, { key: tenant.apiKey });
    expect(got.json<Shown>().signing_keys).toEqual(rotated.signing_keys);
    const { rows } = await rooms.pools.api.query<{ dump: string }>(
      'SELECT string_agg(s::text, $1) AS dump FROM endpoint_signing_secrets s',
      [' '],
    );
    const seen = got.text + rows[0]?.dump + inspect(api.journal.lines, { depth: 9 });
    for (const secret of [made.signing_secret, rotated.signing_secret]) {
      const base64 = secret.replace('whsec_', '');
      const forms = [
        base64,
        Buffer.from(secret).toString('hex'),
        Buffer.from(base64, 'base64').toString('hex'),
      ];
      for (const form of forms) expect(seen).not.toContain(form);
    }
  });

  it('without overlap ends every older pair', async () => {
    const made = await create();
    await rotate(made.id, { overlap_s: 3_600 });
    const answer = await rotate(made.id, { overlap_s: 0 });
    expect(answer.json<Shown>().signing_keys).toHaveLength(1);
  });

  it('has four pairs at most, and then still ends all for whoever asks for that', async () => {
    const { id } = await create();
    for (let n = 0; n < 3; n += 1) expect((await rotate(id)).status).toBe(200);
    expect(refusal(await rotate(id))).toEqual([422, 'unprocessable']);
    const got = await api.call('GET', `/v1/endpoints/${id}`, { key: tenant.apiKey });
    expect(got.json<Shown>().signing_keys).toHaveLength(4);
    expect((await rotate(id, { overlap_s: 0 })).json<Shown>().signing_keys).toHaveLength(1);
  });

  it('may bring its secrets along, which are judged', async () => {
    const { id } = await create();
    const v1 = makeSigningSecret('v1');
    const answer = await rotate(id, { signing_secrets: { v1 } });
    expect(answer.json<Shown>().signing_secret).toBe(v1);
    const bad = await rotate(id, { signing_secrets: { v1: 'whsec_canary', v1a: v1 } });
    expect(refusal(bad)).toEqual([
      400,
      'invalid_request',
      '/signing_secrets/v1',
      '/signing_secrets/v1a',
    ]);
    expect(bad.text + inspect(api.journal.lines, { depth: 9 })).not.toContain('canary');
  });

  it('of 16 at once leaves one pair that stays, and loses none that was answered', async () => {
    const { id } = await create();
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => rotate(id, { overlap_s: 0 })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
    const got = await api.call('GET', `/v1/endpoints/${id}`, { key: tenant.apiKey });
    const keys = got.json<Shown>().signing_keys.map(({ public_key: key }) => key);
    expect(keys).toHaveLength(1);
    const answered = answers.map((each) => each.json<Shown>().signing_keys[0]?.public_key);
    expect(answered).toContain(keys[0]);
  });

  it.each<[unknown, string]>([
    [{ overlap_s: -1 }, '/overlap_s'],
    [{ overlap_s: 604_801 }, '/overlap_s'],
    [{ overlap_s: 1.5 }, '/overlap_s'],
    [{ secret: 'a' }, '/secret'],
    [{ signing_secrets: { v2: 'a' } }, '/signing_secrets'],
    [null, '/'],
  ])('refuses %j', async (body, path) => {
    const { id } = await create();
    expect(refusal(await rotate(id, body))).toEqual([400, 'invalid_request', path]);
  });

  it('needs the right to write endpoints, and an endpoint of the caller', async () => {
    const made = await create();
    const reader = await makeKey(rooms.pools.api, tenant.tenantId, ['endpoints:read']);
    expect(refusal(await rotate(made.id, {}, reader))).toEqual([403, 'insufficient_scope']);
    const stranger = await makeTenant(rooms.pools.api);
    expect(refusal(await rotate(made.id, {}, stranger.apiKey))).toEqual([404, 'not_found']);
    const got = await api.call('GET', `/v1/endpoints/${made.id}`, { key: tenant.apiKey });
    expect(got.json<Shown>().signing_keys).toEqual(made.signing_keys);
  });
});
