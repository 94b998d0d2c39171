/** A change of the server's secret key: everything is sealed again, whoever writes meanwhile. @module */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { createSealer } from '../../src/base/seal.ts';
import { createEndpoint } from '../../src/endpoints/create-endpoint.ts';
import { openSealer } from '../../src/endpoints/open-sealer.ts';
import { createOutgoingFinder } from '../../src/endpoints/outgoing.ts';
import { pairAll, sealAgain, startSecretKeeper } from '../../src/endpoints/secret-keeper.ts';
import { placeOfSecret } from '../../src/endpoints/signature-store.ts';
import { makePair } from '../../src/endpoints/signing-pair.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

const [OLD_KEY, NEW_KEY] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

it('seals everything again, so that the older key is needed no more', async () => {
  const pool = rooms.pools.api;
  const { tenantId } = await makeTenant(pool);
  const model = await makeEndpoint(pool, tenantId);
  const older = createSealer(OLD_KEY);
  const ids = Array.from({ length: 120 }, () => newId<'endpoint'>(0));
  for (const id of ids) {
    await createEndpoint(
      { pool, sealer: older },
      { ...model, id },
      {
        signature: { choice: { scheme: 'github' }, secrets: ['provider', 'second'] },
        pair: makePair(),
        customHeaders: { 'x-own': 'a' },
        client: {
          identity: { certificate: 'c', privateKey: 'k' },
          info: { sha256: new Uint8Array(32), expiresAtMs: 0 },
        },
      },
    );
  }
  const sealer = await openSealer(pool, NEW_KEY, [OLD_KEY]);
  // One row that nobody can open keeps no other from it.
  const broken = ids[60];
  await pool.query(
    `UPDATE endpoint_signatures SET secrets = ARRAY[set_byte(secrets[1], 30, 255 - get_byte(secrets[1], 30))]
      WHERE endpoint_id = $1`,
    [broken],
  );
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  expect(await sealAgain({ pool, sealer, onError })).toBe(3 * ids.length - 1);
  expect(errors).toHaveLength(1);
  await pool.query('DELETE FROM endpoint_signatures WHERE endpoint_id = $1', [broken]);

  expect(await sealAgain({ pool, sealer, onError })).toBe(0);
  const alone = await openSealer(pool, NEW_KEY);
  const find = createOutgoingFinder({
    pool,
    sealer: alone,
    clock: new ManualClock(),
    onUnreadable: onError,
  });
  for (const id of ids) {
    expect(await find(id)).toMatchObject({
      customHeaders: { 'x-own': 'a' },
      tls: { identity: { certificate: 'c', privateKey: 'k' } },
    });
  }
  const { rows } = await pool.query<{ id: (typeof ids)[0]; secrets: Buffer[] }>(
    'SELECT endpoint_id AS id, secrets FROM endpoint_signatures',
  );
  expect(rows).toHaveLength(ids.length - 1);
  for (const { id, secrets } of rows) {
    expect(secrets.map((each) => alone.open(each, placeOfSecret(id)))).toEqual([
      'provider',
      'second',
    ]);
  }
  expect(errors).toHaveLength(1);
});

it('gives a pair to each endpoint that has none, once, whoever else does so', async () => {
  const pool = rooms.pools.api;
  const { tenantId } = await makeTenant(pool);
  const endpoints = await Promise.all(
    Array.from({ length: 130 }, () => makeEndpoint(pool, tenantId)),
  );
  const sealer = createSealer(NEW_KEY);
  const deps = { pool, sealer, clock: systemClock };
  const counts = await Promise.all([pairAll(deps), pairAll(deps)]);
  expect(counts[0] + counts[1]).toBeGreaterThanOrEqual(endpoints.length);
  const { rows } = await pool.query('SELECT 1 FROM endpoint_signing_secrets WHERE tenant_id = $1', [
    tenantId,
  ]);
  expect(rows).toHaveLength(endpoints.length);
  expect(await pairAll(deps)).toBe(0);
});

it('does both at once and every ten minutes', async () => {
  const pool = rooms.pools.api;
  const { tenantId } = await makeTenant(pool);
  const clock = new ManualClock();
  const told: [string, number][] = [];
  const keeper = startSecretKeeper({
    pool,
    sealer: createSealer(OLD_KEY, [NEW_KEY]),
    clock,
    onSealedAgain: (count) => told.push(['again', count]),
    onPaired: (count) => told.push(['paired', count]),
    onError: (error) => {
      throw error;
    },
  });
  await clock.untilAsked(1);
  expect(clock.asked).toEqual([600_000]);
  expect(told.map(([what]) => what)).toEqual(['again']);
  await makeEndpoint(pool, tenantId);
  clock.advance(600_000);
  await vi.waitFor(() => expect(told.at(-1)).toEqual(['paired', 1]));
  await keeper.stop();
});
