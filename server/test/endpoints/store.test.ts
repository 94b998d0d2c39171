import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { findEndpoint, insertEndpoint, listEndpoints } from '../../src/endpoints/store.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;

beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

it('finds an endpoint as it was made, for its tenant only', async () => {
  const { pools } = rooms;
  const { tenantId } = await makeTenant(pools.api);
  const stranger = await makeTenant(pools.api);
  const endpoint = await makeEndpoint(pools.api, tenantId, {
    url: 'https://example.com/a?b=c',
    description: 'naïve – 𝄞',
    maxAttempts: 100,
    createdAtMs: 1_768_473_045_123,
    updatedAtMs: 1_768_473_045_124,
  });
  expect(await findEndpoint(pools.api, tenantId, endpoint.id)).toEqual(endpoint);
  expect(await findEndpoint(pools.api, stranger.tenantId, endpoint.id)).toBeNull();
  const unknown = newId<'endpoint'>(systemClock.nowMs());
  expect(await findEndpoint(pools.api, tenantId, unknown)).toBeNull();
});

it('lists newest first, page by page, without deleted ones and without those of others', async () => {
  const { pools } = rooms;
  const { tenantId } = await makeTenant(pools.api);
  const stranger = await makeTenant(pools.api);
  const made = [];
  for (let i = 0; i < 5; i++) {
    const nowMs = systemClock.nowMs() + i;
    made.push(await makeEndpoint(pools.api, tenantId, { id: newId<'endpoint'>(nowMs) }));
    await makeEndpoint(pools.api, stranger.tenantId);
  }
  const gone = made.splice(2, 1)[0];
  await pools.api.query('UPDATE endpoints SET deleted_at = now() WHERE id = $1', [gone?.id]);
  made.reverse();
  expect(await listEndpoints(pools.api, tenantId, null, 10)).toEqual(made);
  const page = await listEndpoints(pools.api, tenantId, null, 3);
  expect(page).toEqual(made.slice(0, 3));
  const last = page.at(-1)?.id ?? null;
  expect(await listEndpoints(pools.api, tenantId, last, 3)).toEqual(made.slice(3));
  expect(await findEndpoint(pools.api, tenantId, gone?.id as never)).toBeNull();
});

it.each([
  ['url', { url: '' }],
  ['description', { description: 'x'.repeat(501) }],
  ['max_attempts', { maxAttempts: 101 }],
])('has a database behind it that refuses a bad %s', async (_column, change) => {
  const { tenantId } = await makeTenant(rooms.pools.api);
  const endpoint = await makeEndpoint(rooms.pools.api, tenantId);
  const id = newId<'endpoint'>(systemClock.nowMs());
  await expect(
    insertEndpoint(rooms.pools.api, { ...endpoint, ...change, id }),
  ).rejects.toMatchObject({ code: '23514' });
});
