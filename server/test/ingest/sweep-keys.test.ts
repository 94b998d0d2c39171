import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { KEEP_KEYS_S, sweepKeys } from '../../src/ingest/sweep-keys.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

it('keeps a key for seven days, and says when there is more to do', async () => {
  expect(KEEP_KEYS_S).toBe(604_800);
  const insert = (prefix: string, count: number, ageS: number) =>
    rooms.pools.api.query(
      `INSERT INTO idempotency_keys (endpoint_id, key, tenant_id, event_id, body_sha256, created_at)
       SELECT $1, $2 || n, $1, $1, sha256('x'), now() - make_interval(secs => $4)
         FROM generate_series(1, $3::int) AS n`,
      [newId<'endpoint'>(0), prefix, count, ageS],
    );
  await insert('old-', 1_001, KEEP_KEYS_S + 60);
  await insert('young-', 3, KEEP_KEYS_S - 60);
  expect(await sweepKeys(rooms.pools.worker)).toEqual({ swept: 1_000, more: true });
  expect(await sweepKeys(rooms.pools.worker)).toEqual({ swept: 1, more: false });
  expect(await sweepKeys(rooms.pools.worker)).toEqual({ swept: 0, more: false });
  const { rows } = await rooms.pools.api.query('SELECT key FROM idempotency_keys');
  expect(rows).toHaveLength(3);
});
