import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { startIngest } from '../../src/ingest/start-ingest.ts';
import { TEST_SEALER } from '../support/api.ts';
import { openJournal } from '../support/journal.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

async function countKeys(): Promise<number> {
  const { rows } = await rooms.pools.api.query('SELECT 1 FROM idempotency_keys');
  return rows.length;
}

function insertOldKey(): Promise<unknown> {
  const id = newId<'event'>(0);
  return rooms.pools.api.query(
    `INSERT INTO idempotency_keys (endpoint_id, key, tenant_id, event_id, body_sha256, created_at)
     VALUES ($1, 'old', $1, $1, sha256('x'), now() - interval '8 days')`,
    [id],
  );
}

it('gives the routes what they need, sweeps every minute, and stops when all is written', async () => {
  const clock = new ManualClock();
  const journal = openJournal();
  await insertOldKey();
  let commits = 0;
  const { door, stop } = startIngest({
    pool: rooms.pools.ingest,
    sweepPool: rooms.pools.worker,
    clock,
    random: () => 0,
    logger: journal,
    sealer: TEST_SEALER,
    bodyMemoryBytes: 10,
    onCommitted: () => {
      commits += 1;
    },
    takeIngestTokens: () => ({ kind: 'taken' }),
    onIngested: () => undefined,
  });
  await vi.waitFor(async () => expect(await countKeys()).toBe(0));
  await clock.untilAsked(1);
  expect(clock.asked).toEqual([60_000]);
  await insertOldKey();
  clock.advance(60_000);
  await vi.waitFor(async () => expect(await countKeys()).toBe(0));

  expect(door.bodyMemory.hasRoom(11)).toBe(false);
  expect(door.sealer.open(door.sealer.seal('a', 'b'), 'b')).toBe('a');
  const { tenantId } = await makeTenant(rooms.pools.api);
  expect(await door.takeIngestTokens(tenantId, 1)).toEqual({ kind: 'taken' });
  const { id: endpointId } = await makeEndpoint(rooms.pools.api, tenantId);
  const accepted = door.ingest.accept(
    { endpointId, tenantId, verifier: null },
    { contentType: null, headers: {}, body: Buffer.from('x'), key: null },
  );
  await stop();
  expect(commits).toBe(1);
  expect((await accepted).duplicate).toBe(false);
  expect(journal.lines).toEqual([]);
});
