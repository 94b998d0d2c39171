/** What deliveries are sent with: opened from real rows, kept for a second, and nothing where it does not open. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointId } from '../../src/base/ids.ts';
import { newId } from '../../src/base/ids.ts';
import { createSealer, type Sealer } from '../../src/base/seal.ts';
import { createEndpoint, type EndpointSecrets } from '../../src/endpoints/create-endpoint.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { createOutgoingFinder, type FindOutgoing } from '../../src/endpoints/outgoing.ts';
import { rotateSecret } from '../../src/endpoints/rotate-secret.ts';
import { makePair } from '../../src/endpoints/signing-pair.ts';
import { DEFAULT_TLS } from '../../src/endpoints/tls-settings.ts';
import { TEST_SEALER } from '../support/api.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let tenant: TestTenant;
beforeAll(async () => {
  rooms = await openRooms();
  tenant = await makeTenant(rooms.pools.api);
});
afterAll(() => rooms.close());

const CLIENT = {
  identity: { certificate: 'certificate', privateKey: 'key' },
  info: { sha256: new Uint8Array(32).fill(1), expiresAtMs: 5 },
};

/** Made whole, as the API makes it. */
async function make(
  secrets: Partial<EndpointSecrets> = {},
  request: Partial<Endpoint['request']> = {},
): Promise<Endpoint> {
  const model = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  const id = newId<'endpoint'>(0);
  const endpoint = { ...model, id, request: { ...model.request, ...request } };
  const none = { signature: null, pair: makePair(), customHeaders: {}, client: null };
  await createEndpoint({ pool: rooms.pools.api, sealer: TEST_SEALER }, endpoint, {
    ...none,
    ...secrets,
  });
  return endpoint;
}

function open(sealer: Sealer = TEST_SEALER) {
  const clock = new ManualClock();
  const unreadable: EndpointId[] = [];
  let queries = 0;
  const pool = {
    query: (text: string, values: unknown[]) => {
      queries += 1;
      return rooms.pools.worker.query(text, values);
    },
  } as unknown as Rooms['pools']['worker'];
  const find: FindOutgoing = createOutgoingFinder({
    pool,
    sealer,
    clock,
    onUnreadable: (id) => unreadable.push(id),
  });
  return { find, clock, unreadable, queries: () => queries };
}

describe('what an endpoint is sent', () => {
  it('is all that it was made with', async () => {
    const { id } = await make({ customHeaders: { 'x-own': 'canary' }, client: CLIENT });
    const outgoing = await open().find(id);
    expect(outgoing?.customHeaders).toEqual({ 'x-own': 'canary' });
    expect(outgoing?.tls).toMatchObject({ minVersion: '1.2', identity: CLIENT.identity });
    expect(outgoing?.keys.map(({ signingKey, untilMs }) => [signingKey.version, untilMs])).toEqual([
      ['v1', null],
      ['v1a', null],
    ]);
    const { rows } = await rooms.pools.api.query<{ dump: string }>(
      'SELECT c::text AS dump FROM endpoint_credentials c WHERE endpoint_id = $1',
      [id],
    );
    for (const secret of ['canary', CLIENT.identity.privateKey]) {
      expect(rows[0]?.dump).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it('may be signatures of one version, and a newer TLS', async () => {
    const { id } = await make({}, { signatureVersions: ['v1'], minTlsVersion: '1.3' });
    const outgoing = await open().find(id);
    expect(outgoing?.keys.map(({ signingKey }) => signingKey.version)).toEqual(['v1']);
    expect(outgoing?.tls).toMatchObject({ minVersion: '1.3', identity: null });
  });

  it('is the ordinary for an endpoint that never had any of it, and null for none', async () => {
    const { id } = await makeEndpoint(rooms.pools.api, tenant.tenantId);
    const { find, unreadable } = open();
    expect(await find(id)).toEqual({ keys: [], customHeaders: {}, tls: DEFAULT_TLS });
    expect(await find(newId<'endpoint'>(0))).toBeNull();
    expect(unreadable).toEqual([]);
  });

  it('has both pairs during a rotation, the new one first', async () => {
    const { id } = await make();
    const rotation = { tenantId: tenant.tenantId, endpointId: id, pair: makePair(), overlapS: 60 };
    const deps = { pool: rooms.pools.api, sealer: TEST_SEALER };
    expect(await rotateSecret(deps, rotation, 1_000)).toBe('rotated');
    const outgoing = await open().find(id);
    expect(outgoing?.keys.map(({ untilMs }) => untilMs)).toEqual([null, null, 61_000, 61_000]);
  });
});

describe('the finder', () => {
  it('asks once for all of one turn, and not again within a second', async () => {
    const endpoints = await Promise.all([make(), make(), make()]);
    const { find, clock, queries } = open();
    const all = () => Promise.all(endpoints.map(({ id }) => find(id)));
    const first = await all();
    expect(first).not.toContain(null);
    expect(queries()).toBe(1);
    await all();
    clock.advance(999);
    expect(queries()).toBe(1);
    clock.advance(1);
    const second = await all();
    expect(queries()).toBe(2);
    // Keys and TLS contexts outlive the second while nothing has changed.
    for (const [i, outgoing] of second.entries()) expect(outgoing).toBe(first[i]);
  });

  it('sees a rotation after a second', async () => {
    const { id } = await make();
    const { find, clock } = open();
    const before = await find(id);
    const rotation = { tenantId: tenant.tenantId, endpointId: id, pair: makePair(), overlapS: 0 };
    await rotateSecret({ pool: rooms.pools.api, sealer: TEST_SEALER }, rotation, 1_000);
    expect(await find(id)).toBe(before);
    clock.advance(1_000);
    const after = await find(id);
    expect(after?.keys).toHaveLength(2);
    expect(after?.keys[1]?.signingKey.publicKey).not.toBe(before?.keys[1]?.signingKey.publicKey);
  });

  it.each([
    ['a pair', {}],
    ['a header', { customHeaders: { a: 'b' } }],
    ['an identity', { client: CLIENT }],
  ])('answers nothing where %s does not open', async (_what, secrets) => {
    const { id } = await make(secrets);
    const { find, unreadable } = open(createSealer(new Uint8Array(32).fill(9)));
    expect(await find(id)).toBeNull();
    expect(unreadable).toEqual([id]);
  });

  it('opens nothing that was sealed for another endpoint', async () => {
    const [mine, theirs] = [await make({ customHeaders: { a: 'b' } }), await make()];
    await rooms.pools.api.query(
      `INSERT INTO endpoint_credentials
       SELECT $2, tenant_id, custom_headers, header_names, NULL, NULL, NULL, updated_at
         FROM endpoint_credentials WHERE endpoint_id = $1`,
      [mine.id, theirs.id],
    );
    const { find, unreadable } = open();
    expect(await find(theirs.id)).toBeNull();
    expect(unreadable).toEqual([theirs.id]);
  });

  it('remembers no failure of the database', async () => {
    const { id } = await make();
    let isAway = true;
    const find = createOutgoingFinder({
      pool: {
        query: (text: string, values: unknown[]) =>
          isAway ? Promise.reject(new Error('away')) : rooms.pools.worker.query(text, values),
      } as unknown as Rooms['pools']['worker'],
      sealer: TEST_SEALER,
      clock: new ManualClock(),
      onUnreadable: () => undefined,
    });
    await expect(find(id)).rejects.toThrow('away');
    isAway = false;
    expect(await find(id)).not.toBeNull();
  });
});
