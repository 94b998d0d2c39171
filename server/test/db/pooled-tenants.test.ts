/** The second wall behind a real PgBouncer in transaction mode: tenants share connections, and nothing else. */
import { expect, it } from 'vitest';
import { part } from '../../../test/support/parts.ts';
import { startPgBouncer } from '../../../test/support/pgbouncer.ts';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { newId } from '../../src/base/ids.ts';
import { closePools, openPools } from '../../src/db/pools.ts';
import { TenantDb } from '../../src/db/tenant-db.ts';
import { insertTenant } from '../../src/tenants/store.ts';

const IDS = 'SELECT id FROM tenants';

it.skipIf(!part('pgbouncer'))(
  'each sees itself alone, and who names no tenant is the login again',
  async () => {
    const database = await createTestDatabase();
    const pooler = await startPgBouncer(database.connectionString);
    const pools = openPools(pooler.connectionString, () => undefined, {
      preparedStatements: false,
    });
    const tenants = Array.from({ length: 6 }, (_, i) => newId<'tenant'>(i));
    for (const id of tenants) await insertTenant(pools.upkeep, id, 'test');
    // More transactions than the pooler has connections: each comes over one that others have used before.
    const seen = Array.from({ length: 60 }, async (_, i) => {
      const tenant = tenants[i % tenants.length] ?? newId<'tenant'>(0);
      const { rows } = await new TenantDb(pools.api, tenant).query<{ id: string }>(IDS);
      return rows.map(({ id }) => id).join() === tenant;
    });
    expect(new Set(await Promise.all(seen))).toEqual(new Set([true]));
    for (let i = 0; i < 20; i++) expect((await pools.reader.query(IDS)).rowCount).toBe(6);
    await closePools(pools);
    await pooler.stop();
    await database.drop();
  },
);
