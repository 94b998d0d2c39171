/** How reads are wired: without replicas, and with one that cannot be reached, as after the settings name a wrong one. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startReading } from '../../src/app/reading.ts';
import { systemClock } from '../../src/base/clock.ts';
import { readConfig } from '../../src/base/config.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { openJournal } from '../support/journal.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

const COUNT = 'SELECT count(*)::int AS count FROM endpoints';

it.each(['', 'postgres://127.0.0.1:1/none'])(
  'reads at the primary with replicas "%s"',
  async (urls) => {
    const journal = openJournal();
    const metrics = createMetrics({ process: false });
    const reading = startReading({
      config: readConfig({
        DATABASE_URL: rooms.connectionString,
        DATABASE_READ_URLS: urls,
      }),
      connectionString: rooms.connectionString,
      pools: rooms.pools,
      clock: systemClock,
      logger: journal,
      metrics,
    });
    const [owner, other] = [await makeTenant(rooms.pools.api), await makeTenant(rooms.pools.api)];
    await makeEndpoint(rooms.pools.api, owner.tenantId);
    if (urls !== '') {
      // Measured, and found away.
      await vi.waitFor(
        () =>
          expect(journal.lines.map(({ event }) => event)).toContain('measuring replicas failed'),
        10_000,
      );
    }
    const countOf = async (tenantId: typeof owner.tenantId): Promise<unknown> =>
      reading.readForTenant(tenantId).near(async (db) => (await db.query(COUNT)).rows);
    expect(await countOf(owner.tenantId)).toEqual([{ count: 1 }]);
    expect(await countOf(other.tenantId)).toEqual([{ count: 0 }]);
    expect((await reading.forTenant(other.tenantId).query(COUNT)).rows).toEqual([{ count: 0 }]);
    const found = await reading.reads.newest(
      async (db) => (await db.query('SELECT 1 AS one')).rows,
    );
    expect(found).toEqual([{ one: 1 }]);
    await reading.stop();
  },
);
