import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndpointId, newId, type TenantId } from '../../src/base/ids.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import {
  findKeysAcrossTenants,
  sweepKeysAcrossTenants,
} from '../../src/events/idempotency-store.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';

let rooms: Rooms;
const [one, other] = [newId<'endpoint'>(1), newId<'endpoint'>(2)];
const tenantId: TenantId = newId<'tenant'>(0);
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

async function insert(endpointId: EndpointId, key: string, ageS = 0): Promise<void> {
  await rooms.pools.api.query(
    `INSERT INTO idempotency_keys (endpoint_id, key, tenant_id, event_id, body_sha256, created_at)
     VALUES ($1, $2, $3, $4, sha256('x'), now() - make_interval(secs => $5))`,
    [endpointId, key, tenantId, newId<'event'>(0), ageS],
  );
}

async function keys(): Promise<string[]> {
  const { rows } = await rooms.pools.api.query<{ key: string }>(
    'SELECT key FROM idempotency_keys ORDER BY key',
  );
  return rows.map(({ key }) => key);
}

it('finds those that are known, each at its own endpoint', async () => {
  await insert(one, 'a');
  await insert(other, 'a');
  await insert(one, 'A');
  const found = await findKeysAcrossTenants(rooms.pools.ingest, [
    { endpointId: one, key: 'a' },
    { endpointId: other, key: 'A' },
    { endpointId: one, key: 'A' },
  ]);
  expect(found.map(({ endpointId, key }) => [endpointId, key]).sort()).toEqual(
    [
      [one, 'a'],
      [one, 'A'],
    ].sort(),
  );
  expect(found[0]?.bodySha256).toHaveLength(32);
});

it.each(['', 'a'.repeat(256)])('has a table behind it that refuses %j', async (key) => {
  await expect(insert(one, key)).rejects.toMatchObject({ code: '23514' });
});

describe('the sweep', () => {
  it('takes what is older, oldest first, a chunk at a time', async () => {
    await rooms.pools.api.query('DELETE FROM idempotency_keys');
    for (const [key, age] of [
      ['k1', 500],
      ['k2', 400],
      ['k3', 300],
      ['k4', 99],
    ] as const) {
      await insert(one, key, age);
    }
    expect(await sweepKeysAcrossTenants(rooms.pools.worker, 100, 2)).toBe(2);
    expect(await keys()).toEqual(['k3', 'k4']);
    expect(await sweepKeysAcrossTenants(rooms.pools.worker, 100, 2)).toBe(1);
    expect(await sweepKeysAcrossTenants(rooms.pools.worker, 100, 2)).toBe(0);
    expect(await keys()).toEqual(['k4']);
  });

  it('waits for no key that is in use', async () => {
    await insert(one, 'held', 500);
    await inTransaction(rooms.pools.api, async (db) => {
      await db.query("SELECT 1 FROM idempotency_keys WHERE key = 'held' FOR UPDATE");
      expect(await sweepKeysAcrossTenants(rooms.pools.worker, 100, 2)).toBe(0);
    });
    expect(await sweepKeysAcrossTenants(rooms.pools.worker, 100, 2)).toBe(1);
  });
});
