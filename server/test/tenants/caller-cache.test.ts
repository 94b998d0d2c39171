import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCallerFinder } from '../../src/tenants/caller-cache.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeKey, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

it('knows a caller for a second, and a revoked key no longer than that', async () => {
  const clock = new ManualClock();
  const { tenantId } = await makeTenant(rooms.pools.api);
  const secret = await makeKey(rooms.pools.api, tenantId, ['ingest']);
  const find = createCallerFinder(rooms.pools.api, clock);
  expect(await find(secret)).toEqual({ tenantId, scopes: ['ingest'] });
  await rooms.pools.api.query('UPDATE api_keys SET revoked_at = now()');
  clock.advance(999);
  expect(await find(secret)).not.toBeNull();
  clock.advance(1);
  expect(await find(secret)).toBeNull();
  expect(await find('ksk_short')).toBeNull();
  expect(await find(`ksk_${'A'.repeat(43)}`)).toBeNull();
});
