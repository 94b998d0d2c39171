/** Rate limits of tenants and strangers, by the rows of a real database. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/base/ids.ts';
import { newId } from '../../src/base/ids.ts';
import { createRates } from '../../src/tenants/rates.ts';
import { insertTenant } from '../../src/tenants/store.ts';
import { parseTiers } from '../../src/tenants/tier.ts';
import { TokenBuckets } from '../../src/tenants/token-bucket.ts';
import { openJournal } from '../support/journal.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(async () => {
  await rooms.close();
});

const TIERS = '{"small":{"rate":2,"burst":3},"public":{"rate":1,"burst":2}}';

function open() {
  const clock = new ManualClock();
  const journal = openJournal();
  const rates = createRates({
    pool: rooms.pools.ingest,
    clock,
    logger: journal,
    tiers: parseTiers(TIERS),
    buckets: new TokenBuckets(clock),
  });
  return { clock, journal, rates };
}

async function tenant(tier: string): Promise<TenantId> {
  const id = newId<'tenant'>(Date.now());
  await insertTenant(rooms.pools.api, id, 'test', tier);
  return id;
}

const taken = { kind: 'taken' };

it('are counted by tenant and by class, each for itself', async () => {
  const { rates } = open();
  const [one, other] = [await tenant('small'), await tenant('small')];
  for (let i = 0; i < 3; i++) expect(await rates.takeForTenant(one, 'ingest', 1)).toEqual(taken);
  expect(await rates.takeForTenant(one, 'ingest', 1)).toEqual({ kind: 'refused', retryAfterS: 1 });
  expect(await rates.takeForTenant(one, 'api', 3)).toEqual(taken);
  expect(await rates.takeForTenant(one, 'proof', 4)).toEqual({ kind: 'impossible' });
  expect(await rates.takeForTenant(other, 'ingest', 3)).toEqual(taken);
});

it('of whoever has the tier without limits are not counted at all', async () => {
  const { rates } = open();
  const id = await tenant('unlimited');
  for (let i = 0; i < 50; i++) {
    expect(await rates.takeForTenant(id, 'ingest', 1_000_000)).toEqual(taken);
  }
});

it('follow the row of the tenant within two seconds', async () => {
  const { rates, clock } = open();
  const id = await tenant('unlimited');
  expect(await rates.takeForTenant(id, 'ingest', 4)).toEqual(taken);
  await rooms.pools.api.query(
    `UPDATE tenants SET tier = 'small', rate_limits = '{"ingest":{"rate":1,"burst":5}}' WHERE id = $1`,
    [id],
  );
  clock.advance(1_999);
  expect(await rates.takeForTenant(id, 'ingest', 100)).toEqual(taken);
  clock.advance(1);
  expect(await rates.takeForTenant(id, 'ingest', 5)).toEqual(taken);
  expect(await rates.takeForTenant(id, 'ingest', 2)).toEqual({ kind: 'refused', retryAfterS: 2 });
  expect(await rates.takeForTenant(id, 'api', 4)).toEqual({ kind: 'impossible' });
});

it('are the least for a tier that nobody knows, and the operator is told', async () => {
  const { rates, journal } = open();
  const id = await tenant('platinum');
  expect(await rates.takeForTenant(id, 'ingest', 21)).toEqual({ kind: 'impossible' });
  expect(journal.lines).toMatchObject([{ level: 'warn', tenant_id: id }]);
});

it('of strangers are counted by address', async () => {
  const { rates, clock } = open();
  for (let i = 0; i < 2; i++) expect(await rates.takeForAddress('192.0.2.1')).toEqual(taken);
  expect(await rates.takeForAddress('192.0.2.1')).toEqual({ kind: 'refused', retryAfterS: 1 });
  expect(await rates.takeForAddress('192.0.2.2')).toEqual(taken);
  clock.advance(1_000);
  expect(await rates.takeForAddress('192.0.2.1')).toEqual(taken);
});

it('of a database that is away are its error: nobody is let through by it', async () => {
  const { rates } = open();
  const id = await tenant('small');
  await rooms.pools.api.query('ALTER TABLE tenants RENAME TO tenants_away');
  try {
    await expect(rates.takeForTenant(id, 'ingest', 1)).rejects.toThrow();
  } finally {
    await rooms.pools.api.query('ALTER TABLE tenants_away RENAME TO tenants');
  }
  expect(await rates.takeForTenant(id, 'ingest', 1)).toEqual(taken);
});
