/** A database of an operator whose login is no superuser: it migrates, every room takes its role, and older servers go on. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { urlOfDatabase, withAdmin } from '../../../test/support/postgres-cluster.ts';
import { newId } from '../../src/base/ids.ts';
import { migrate } from '../../src/db/migrate.ts';
import { closePools, openPools } from '../../src/db/pools.ts';
import { TenantDb } from '../../src/db/tenant-db.ts';
import { findWallFaults } from '../../src/db/walls.ts';
import { insertTenant } from '../../src/tenants/store.ts';

const ROLES =
  'kapsel_owner, kapsel_ingest, kapsel_worker, kapsel_sequencer, kapsel_api, kapsel_reader';

let name: string;
let url: string;
beforeEach(async () => {
  const { adminUrl, prefix } = inject('kapselPostgres');
  name = `${prefix}${randomBytes(6).toString('hex')}`;
  await withAdmin(adminUrl, async (client) => {
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'plain'`);
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  });
  const login = new URL(urlOfDatabase(adminUrl, name));
  login.username = name;
  login.password = 'plain';
  url = login.href;
  // PostgreSQL 15 and later let nobody but the owner of the database write into it.
  await withAdmin(urlOfDatabase(adminUrl, name), (client) =>
    client.query(`ALTER SCHEMA public OWNER TO ${name}`),
  );
});
afterEach(async () => {
  const { adminUrl } = inject('kapselPostgres');
  await withAdmin(adminUrl, async (client) => {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.query(`DROP ROLE ${name}`);
  });
});

it('is told what an administrator has to do where it may not have the roles', async () => {
  await expect(migrate(url)).rejects.toMatchObject({
    cause: { code: '42501', message: expect.stringContaining(`GRANT ${ROLES} TO ${name}`) },
  });
});

it('migrates once it has the roles, and is held to one tenant like any other', async () => {
  const { adminUrl } = inject('kapselPostgres');
  await withAdmin(adminUrl, (client) => client.query(`GRANT ${ROLES} TO ${name}`));
  await migrate(url);
  const pools = openPools(url, () => undefined, { takesRoles: true });
  const login = new pg.Pool({ connectionString: url });
  try {
    expect(await findWallFaults(pools, true)).toEqual([]);
    const tenants = [newId<'tenant'>(1), newId<'tenant'>(2)];
    for (const id of tenants) await insertTenant(pools.upkeep, id, 'test');
    const COUNT = 'SELECT count(*)::int AS count FROM tenants';
    // What a server of the version before does, and a migration that fills a new column: as the owner of the tables.
    expect((await login.query(COUNT)).rows).toEqual([{ count: 2 }]);
    const [tenant] = tenants;
    if (tenant === undefined) throw new TypeError('no tenant');
    expect((await new TenantDb(pools.api, tenant).query(COUNT)).rows).toEqual([{ count: 1 }]);
    // Also where connections act as the login: behind a pooler.
    expect((await new TenantDb(login, tenant).query(COUNT)).rows).toEqual([{ count: 1 }]);
    expect((await login.query(COUNT)).rows).toEqual([{ count: 2 }]);
    await withAdmin(adminUrl, (client) => client.query(`REVOKE kapsel_api FROM ${name}`));
    for (const takesRoles of [true, false]) {
      const without = openPools(url, () => undefined, { takesRoles });
      const faults = await findWallFaults(without, takesRoles);
      expect(faults).toEqual([expect.stringContaining('GRANT kapsel_api')]);
      await closePools(without);
    }
  } finally {
    await login.end();
    await closePools(pools);
  }
});
