import { X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isUuid } from '../../../src/base/ids.ts';
import { MAX_ENDPOINTS } from '../../../src/endpoints/create-endpoint.ts';
import { PRESETS } from '../../../src/endpoints/scheme-presets.ts';
import { makeCertificate } from '../../delivery/support/certificate.ts';
import { githubHeaders, shopifyHeaders } from '../../ingest/support/sign.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../../support/tenant.ts';

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

const URL = 'https://example.com/webhook';

function create(body: unknown, headers = {}) {
  return api.call('POST', '/v1/endpoints', { key: tenant.apiKey, body, headers });
}

describe('POST /v1/endpoints', () => {
  it('makes an endpoint, says where it is, and answers what GET answers', async () => {
    const made = await create({ url: URL, description: 'naïve 𝄞', max_attempts: 3 });
    expect(made.status).toBe(201);
    const endpoint = made.json<Record<string, string>>();
    expect(endpoint).toEqual({
      id: expect.any(String),
      url: URL,
      description: 'naïve 𝄞',
      max_attempts: 3,
      signature: null,
      max_delay_s: 512,
      retry_statuses: [],
      disable_after_h: 120,
      max_per_s: null,
      disabled: false,
      disabled_at: null,
      disabled_reason: null,
      failing_since: null,
      circuit: 'closed',
      circuit_probe_at: null,
      signature_versions: ['v1', 'v1a'],
      signing_keys: [
        {
          public_key: expect.stringMatching(/^whpk_\S{44}$/),
          created_at: endpoint.created_at,
          valid_until: null,
        },
      ],
      custom_header_names: [],
      client_certificate: null,
      min_tls_version: '1.2',
      kept_headers: [],
      signing_secret: expect.stringMatching(/^whsec_\S{44}$/),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: endpoint.created_at,
    });
    expect(isUuid(endpoint.id ?? '')).toBe(true);
    expect(made.headers.location).toBe(`/v1/endpoints/${endpoint.id}`);
    const got = await api.call('GET', String(made.headers.location), { key: tenant.apiKey });
    // The secret is shown this once.
    const { signing_secret: _shown, ...shownAgain } = endpoint;
    expect([got.status, got.json()]).toEqual([200, shownAgain]);
  });

  it('has defaults for all but the URL, which it writes in its normal form', async () => {
    const made = await create({ url: 'HTTPS://EXAMPLE.com:443/a/../b#c' });
    expect(made.json<object>()).toMatchObject({
      url: 'https://example.com/b',
      description: '',
      max_attempts: 11,
    });
  });

  it('stops at so many endpoints; those that were deleted do not count', async () => {
    const full = await makeTenant(rooms.pools.api);
    await rooms.pools.api.query(
      `INSERT INTO endpoints (id, tenant_id, url, max_attempts, created_at, updated_at, deleted_at)
       SELECT gen_random_uuid(), $1, 'https://example.com/', 1, now(), now(),
              CASE WHEN n > $2::int THEN now() END
         FROM generate_series(1, $2::int + 10) n`,
      [full.tenantId, MAX_ENDPOINTS - 1],
    );
    const one = () => api.call('POST', '/v1/endpoints', { key: full.apiKey, body: { url: URL } });
    expect((await one()).status).toBe(201);
    expect(refusal(await one())).toEqual([422, 'unprocessable']);
  });

  it('takes JSON whatever its content type says', async () => {
    for (const type of ['application/json', 'text/plain', 'json']) {
      expect((await create({ url: URL }, { 'content-type': type })).status).toBe(201);
    }
  });

  it.each([
    ['no URL', {}, '/url'],
    ['an unknown member', { url: URL, urls: [] }, '/urls'],
    ['a member of every object', JSON.parse(`{"url":"${URL}","__proto__":1}`), '/__proto__'],
    ['a number for a text', { url: 1 }, '/url'],
    ['a text for a number', { url: URL, max_attempts: '3' }, '/max_attempts'],
    ['a fraction', { url: URL, max_attempts: 1.5 }, '/max_attempts'],
    ['no attempt', { url: URL, max_attempts: 0 }, '/max_attempts'],
    ['too many attempts', { url: URL, max_attempts: 101 }, '/max_attempts'],
    ['an empty URL', { url: '' }, '/url'],
    ['a URL that is too long', { url: `${URL}?${'x'.repeat(2_048)}` }, '/url'],
    ['a description that is too long', { url: URL, description: 'x'.repeat(501) }, '/description'],
    ['U+0000', { url: URL, description: 'a\u0000b' }, '/description'],
    ['half of a surrogate pair', { url: URL, description: 'a\ud800b' }, '/description'],
    ['null', { url: URL, description: null }, '/description'],
    ['no object', [], '/'],
    ['null alone', null, '/'],
  ])('refuses %s', async (_what, body, path) => {
    expect(refusal(await create(body))).toEqual([400, 'invalid_request', path]);
  });

  it('names all faults at once', async () => {
    const answer = await create({ url: 1, max_attempts: 'x', more: 1 });
    expect(refusal(answer).slice(0, 2)).toEqual([400, 'invalid_request']);
    expect(new Set(refusal(answer).slice(2))).toEqual(new Set(['/url', '/max_attempts', '/more']));
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half an object', Buffer.from('{"url":')],
    ['two values', Buffer.from('{} {}')],
    ['a comment', Buffer.from('{}//')],
    ['text that is not UTF-8', Buffer.from([...Buffer.from('{"url":"'), 0xff, 0x22, 0x7d])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
  ])('refuses %s as JSON', async (_what, body) => {
    expect(refusal(await create(body))).toEqual([400, 'invalid_json']);
  });

  it('refuses a document beyond 64 KiB', async () => {
    const padded = (size: number) => JSON.stringify({ url: URL }).padEnd(size, ' ');
    expect((await create(padded(65_536))).status).toBe(201);
    expect(refusal(await create(padded(65_537)))).toEqual([413, 'payload_too_large']);
  });

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'example.com',
    'https://user:%00@example.com/',
    'https://user:password@10.0.0.1/',
    'https://example.com:25/',
    'https://10.0.0.1/',
    'https://[::1]/',
    'https://localhost/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0x7f.1:8080/\u0000',
  ])('refuses the destination %s', async (url) => {
    expect(refusal(await create({ url }))).toEqual([400, 'invalid_request', '/url']);
  });

  it('takes addresses and schemes that the operator opened', async () => {
    expect((await create({ url: 'https://127.0.0.1/' })).status).toBe(201);
    const open = openApi(rooms, { destinationRules: { allowHttp: true } });
    const body = { url: 'http://example.com/' };
    const answer = await open.call('POST', '/v1/endpoints', { key: tenant.apiKey, body });
    expect(answer.status).toBe(201);
    await open.close();
  });

  it('refuses query parameters', async () => {
    const path = '/v1/endpoints?dry_run=1';
    const answer = await api.call('POST', path, { key: tenant.apiKey, body: { url: URL } });
    expect(refusal(answer)).toEqual([400, 'invalid_request', '/dry_run']);
  });
});

describe('GET /v1/endpoints', () => {
  it('pages from the newest to the oldest', async () => {
    const other = await makeTenant(rooms.pools.api);
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      const body = { url: `https://example.com/${i}` };
      const answer = await api.call('POST', '/v1/endpoints', { key: other.apiKey, body });
      made.unshift(answer.json<{ url: string }>().url);
    }
    const seen: string[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '?limit=2' : `?limit=2&cursor=${cursor}`;
      const answer = await api.call('GET', `/v1/endpoints${query}`, { key: other.apiKey });
      expect(answer.status).toBe(200);
      const page = answer.json<{ data: { url: string }[]; next_cursor: string | null }>();
      seen.push(page.data.map(({ url }) => url));
      cursor = page.next_cursor;
    }
    expect(seen.map(({ length }) => length)).toEqual([2, 2, 1]);
    // Of the same millisecond, ids decide: the set is exact, the order is that of the ids.
    expect(new Set(seen.flat())).toEqual(new Set(made));
  });

  it('has 20 on a page unless asked otherwise', async () => {
    const other = await makeTenant(rooms.pools.api);
    for (let i = 0; i < 21; i++) await makeEndpoint(rooms.pools.api, other.tenantId);
    const answer = await api.call('GET', '/v1/endpoints', { key: other.apiKey });
    const page = answer.json<{ data: unknown[]; next_cursor: string | null }>();
    expect(page.data).toHaveLength(20);
    expect(page.next_cursor).not.toBeNull();
    const all = await api.call('GET', '/v1/endpoints?limit=21', { key: other.apiKey });
    expect(all.json()).toMatchObject({ next_cursor: null });
  });

  it.each([
    ['limit=0', '/limit'],
    ['limit=101', '/limit'],
    ['limit=-1', '/limit'],
    ['limit=1.0', '/limit'],
    ['limit=1e1', '/limit'],
    ['limit=', '/limit'],
    ['limit=1&limit=2', '/limit'],
    ['cursor=x', '/cursor'],
    ['cursor=', '/cursor'],
    ['page=1', '/page'],
    ['limit[]=1', '/limit[]'],
  ])('refuses ?%s', async (query, path) => {
    const answer = await api.call('GET', `/v1/endpoints?${query}`, { key: tenant.apiKey });
    expect(refusal(answer)).toEqual([400, 'invalid_request', path]);
  });
});

it('GET /v1/endpoints/{id} refuses query parameters', async () => {
  const { id } = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  const answer = await api.call('GET', `/v1/endpoints/${id}?a=b`, { key: tenant.apiKey });
  expect(refusal(answer)).toEqual([400, 'invalid_request', '/a']);
});

describe('the signature of an endpoint', () => {
  const CANARY = 'canary-secret-of-a-provider';

  it('is made with it, and its secrets are seen by nobody afterwards', async () => {
    const made = await create({
      url: URL,
      signature: { scheme: 'github', secrets: [CANARY, 'b'] },
    });
    expect(made.status).toBe(201);
    const endpoint = made.json<{ id: string; signature: unknown }>();
    expect(endpoint.signature).toEqual({ scheme: 'github', secret_count: 2 });
    const got = await api.call('GET', `/v1/endpoints/${endpoint.id}`, { key: tenant.apiKey });
    expect(got.json()).toMatchObject({ signature: endpoint.signature });
    const list = await api.call('GET', '/v1/endpoints', { key: tenant.apiKey });
    const body = '{}';
    const headers = githubHeaders(CANARY, Buffer.from(body));
    const accepted = await api.call('POST', `/ingest/${endpoint.id}`, { headers, body });
    expect(accepted.status).toBe(202);
    // Nothing of it in an answer, a log line, or the database: as text, hex or base64.
    const { rows } = await rooms.pools.api.query<{ dump: string }>(
      `SELECT string_agg(row, ' ') AS dump FROM (
         SELECT s::text AS row FROM endpoint_signatures s UNION ALL SELECT e::text FROM endpoints e
         UNION ALL SELECT w::text FROM webhook_events w) AS rows`,
    );
    expect(rows[0]?.dump).toContain(endpoint.id);
    const seen = [made.text, got.text, list.text, accepted.text, rows[0]?.dump, logged()].join();
    for (const form of [
      CANARY,
      hexOf(CANARY),
      Buffer.from(CANARY).toString('base64').slice(0, 20),
    ]) {
      expect(seen).not.toContain(form);
    }
  });

  it('may be a record of its own', async () => {
    const record = { ...PRESETS.shopify, signature_header: 'X-Own-Signature' };
    const made = await create({
      url: URL,
      signature: { scheme: 'generic', secrets: ['a'], record },
    });
    expect(made.json<object>()).toMatchObject({
      signature: { scheme: 'generic', record, secret_count: 1 },
    });
    const { id } = made.json<{ id: string }>();
    const signature = shopifyHeaders('a', Buffer.from('x'))['X-Shopify-Hmac-Sha256'] ?? '';
    const answer = await api.call('POST', `/ingest/${id}`, {
      headers: { 'x-own-signature': signature },
      body: 'x',
    });
    expect(answer.status).toBe(202);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['an unknown scheme', { scheme: 'none', secrets: [CANARY] }, ['/signature/scheme']],
    ['no secret', { scheme: 'github', secrets: [] }, ['/signature/secrets']],
    [
      'a secret of another scheme',
      { scheme: 'standard', secrets: [CANARY] },
      ['/signature/secrets/0'],
    ],
    [
      'a record beside a preset',
      { scheme: 'github', secrets: [CANARY], record: PRESETS.github },
      ['/signature/record'],
    ],
    ['no record', { scheme: 'generic', secrets: [CANARY] }, ['/signature/record']],
    [
      'a record whose parts do not go together',
      {
        scheme: 'generic',
        secrets: [CANARY],
        record: { ...PRESETS.github, signed: '{id}.{body}' },
      },
      ['/signature/record/id_header'],
    ],
  ])(
    'with %s is refused, without repeating it, and makes nothing',
    async (_what, signature, paths) => {
      const count = async () =>
        (await rooms.pools.api.query('SELECT count(*) FROM endpoints')).rows[0];
      const before = await count();
      const answer = await create({ url: URL, signature });
      expect(refusal(answer)).toEqual([400, 'invalid_request', ...paths]);
      expect(answer.text + logged()).not.toContain(CANARY);
      expect(await count()).toEqual(before);
    },
  );

  it('stands and falls with its endpoint', async () => {
    await rooms.pools.api.query('ALTER TABLE endpoint_signatures RENAME TO away');
    const { rows } = await rooms.pools.api.query('SELECT count(*) FROM endpoints');
    const answer = await create({ url: URL, signature: { scheme: 'github', secrets: [CANARY] } });
    await rooms.pools.api.query('ALTER TABLE away RENAME TO endpoint_signatures');
    expect(answer.status).toBe(500);
    const after = await rooms.pools.api.query('SELECT count(*) FROM endpoints');
    expect(after.rows).toEqual(rows);
    expect(answer.text + logged()).not.toContain(CANARY);
  });

  function logged(): string {
    return inspect(api.journal.lines, { depth: 9 });
  }

  function hexOf(text: string): string {
    return Buffer.from(text).toString('hex');
  }
});

describe('the requests to an endpoint', () => {
  it('are shown without what is secret of them', async () => {
    const { cert, key } = makeCertificate([]);
    const made = await create({
      url: 'https://canary-user:canary-password@example.com/a',
      custom_headers: { 'X-Own': 'canary-header', Cookie: 'canary=1' },
      client_certificate: { certificate: cert, private_key: key },
      min_tls_version: '1.3',
      kept_headers: ['X-Kind', 'x-kind', 'Traceparent'],
      signature_versions: ['v1a'],
    });
    expect(made.status).toBe(201);
    const endpoint = made.json<{ id: string; url: string; signing_secret: string }>();
    expect(endpoint).toMatchObject({
      url: 'https://example.com/a',
      custom_header_names: ['authorization', 'cookie', 'x-own'],
      client_certificate: {
        sha256: new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase(),
        expires_at: '2049-12-31T23:59:59.000Z',
      },
      min_tls_version: '1.3',
      kept_headers: ['x-kind', 'traceparent'],
      signature_versions: ['v1a'],
    });
    const got = await api.call('GET', `/v1/endpoints/${endpoint.id}`, { key: tenant.apiKey });
    expect(made.json<object>()).toMatchObject(got.json<object>());
    const { rows } = await rooms.pools.api.query<{ dump: string }>(
      `SELECT string_agg(row, ' ') AS dump FROM (
         SELECT c::text AS row FROM endpoint_credentials c UNION ALL SELECT e::text FROM endpoints e
         UNION ALL SELECT p::text FROM endpoint_signing_secrets p) AS rows`,
    );
    const seen = [made.text, got.text, rows[0]?.dump, inspect(api.journal.lines, { depth: 9 })];
    const keyLine = key.split('\n')[1] ?? '';
    for (const secret of [
      'canary',
      keyLine,
      Buffer.from('canary-user:canary').toString('base64'),
    ]) {
      expect(seen.join()).not.toContain(secret);
      expect(seen.join()).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['no version', { signature_versions: [] }, ['/signature_versions']],
    ['a version twice', { signature_versions: ['v1', 'v1'] }, ['/signature_versions']],
    ['an unknown version', { signature_versions: ['v2'] }, ['/signature_versions/0']],
    ['an old TLS', { min_tls_version: '1.1' }, ['/min_tls_version']],
    ['33 kept headers', { kept_headers: Array(33).fill('x') }, ['/kept_headers']],
    ['credentials to be kept', { kept_headers: ['Cookie'] }, ['/kept_headers']],
    ['a header of ours', { custom_headers: { 'Webhook-Id': 'x' } }, ['/custom_headers/Webhook-Id']],
    ['a header that is a number', { custom_headers: { a: 1 } }, ['/custom_headers/a']],
    ['half a certificate', { client_certificate: { certificate: 'x' } }, ['/client_certificate']],
    [
      'a certificate that is none',
      { client_certificate: { certificate: 'x', private_key: 'canary' } },
      ['/client_certificate/certificate'],
    ],
    ['a bad secret', { signing_secrets: { v1: 'canary' } }, ['/signing_secrets/v1']],
  ])('with %s are refused, and nothing is made', async (_what, change, paths) => {
    const count = async () => (await rooms.pools.api.query('SELECT count(*) FROM endpoints')).rows;
    const before = await count();
    const answer = await create({ url: URL, ...change });
    expect(refusal(answer)).toEqual([400, 'invalid_request', ...paths]);
    expect(answer.text).not.toContain('canary');
    expect(await count()).toEqual(before);
  });
});
