/** Reads from real replicas: fresh, behind, hanging, dead and promoted, and with the primary away. */
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DatabaseProxy, startDatabaseProxy } from '../../../test/support/database-proxy.ts';
import { part } from '../../../test/support/parts.ts';
import { type OwnCluster, startOwnCluster } from '../../../test/support/postgres-own-cluster.ts';
import { type Standby, startStandby } from '../../../test/support/postgres-standby.ts';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { type ReadFrom, Replicas } from '../../src/db/replicas.ts';
import type { Db } from '../../src/db/transaction.ts';
import { insertTenant } from '../../src/tenants/store.ts';

const SOON = { interval: 20, timeout: 15_000 };
const OPTIONS = { timeoutMs: 1_000 };

describe.skipIf(!part('standby'))('a server with a replica', () => {
  let cluster: OwnCluster;
  let standby: Standby;
  /** Stand before each, so that they can be away, or hang. */
  let way: DatabaseProxy;
  let replicaWay: DatabaseProxy;
  let primary: Pools;
  let replica: Pools;
  let replicas: Replicas;
  const from: ReadFrom[] = [];
  let lagSeconds: number | null = null;
  let isFresh = false;

  beforeAll(async () => {
    cluster = await startOwnCluster();
    standby = await startStandby(cluster.connectionString);
    way = await startDatabaseProxy(cluster.connectionString);
    replicaWay = await startDatabaseProxy(standby.connectionString);
    primary = openPools(way.connectionString, () => undefined, OPTIONS);
    replica = openPools(replicaWay.connectionString, () => undefined, OPTIONS);
    replicas = new Replicas({
      primary: primary.upkeep,
      replicas: [replica],
      clock: systemClock,
      maxLagMs: 1_000,
      onLag: (_number, seconds) => {
        lagSeconds = seconds;
      },
      onFresh: (_number, fresh) => {
        isFresh = fresh;
      },
      onRead: (each) => from.push(each),
      onError: () => undefined,
    });
  }, 60_000);
  afterAll(async () => {
    await replicas.stop();
    await Promise.all([closePools(primary), closePools(replica)]);
    await way.stop();
    await replicaWay.stop();
    await standby.stop();
    await cluster.stop();
  });
  beforeEach(() => {
    from.length = 0;
  });

  const until = (fresh: boolean) => vi.waitFor(() => expect(isFresh).toBe(fresh), SOON);
  const reads = () => replicas.reads<Db>(primary.reader, (pools) => pools.reader as pg.Pool);
  const WHO = 'SELECT pg_is_in_recovery() AS is_replica';
  const who = async (db: Db): Promise<string> =>
    (await db.query<{ is_replica: boolean }>(WHO)).rows[0]?.is_replica ? 'replica' : 'primary';
  const countTenants = async (db: Db): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM tenants',
    );
    return rows[0]?.count ?? -1;
  };

  it('reads from it once it is known to be fresh, and what must be new from the primary', async () => {
    await until(true);
    expect(lagSeconds).toBeLessThan(1);
    expect(await reads().near(who)).toBe('replica');
    expect(await reads().newest(who)).toBe('primary');
    expect(from).toEqual(['replica', 'primary']);
  });

  it('asks the primary once for what the replica does not have yet', async () => {
    await until(true);
    await standby.pauseReplay(true);
    const before = await countTenants(primary.upkeep);
    await insertTenant(primary.upkeep, newId<'tenant'>(Date.now()), 'new');
    from.length = 0;
    const count = await reads().near(countTenants, (found) => found > before);
    expect(count).toBe(before + 1);
    expect(from).toEqual(['replica', 'fallback']);
  });

  it('goes back to the primary while it is behind, and returns when it has caught up', async () => {
    await standby.pauseReplay(true);
    await until(false);
    expect(lagSeconds).toBeGreaterThan(1);
    expect(await reads().near(who)).toBe('primary');
    expect(from).toEqual(['primary']);
    await standby.pauseReplay(false);
    await until(true);
    expect(await reads().near(who)).toBe('replica');
  });

  it('answers while it hangs, and asks it no more', async () => {
    await until(true);
    replicaWay.delay(60_000);
    expect(await reads().near(who)).toBe('primary');
    expect(isFresh).toBe(false);
    expect(await reads().near(who)).toBe('primary');
    expect(from).toEqual(['fallback', 'primary']);
    replicaWay.delay(0);
    await until(true);
    expect(await reads().near(who)).toBe('replica');
  });

  it('reads on from it while the primary is away, and from the primary when it is back', async () => {
    await until(true);
    way.moveTo('postgres://127.0.0.1:1/nowhere');
    way.cut();
    expect(await reads().newest(who)).toBe('replica');
    expect(await reads().near(who)).toBe('replica');
    way.moveTo(cluster.connectionString);
    await vi.waitFor(async () => expect(await reads().newest(who)).toBe('primary'), SOON);
  });

  it('does not read from one that was promoted: it goes its own way', async () => {
    await until(true);
    await standby.promote();
    await until(false);
    expect(await reads().near(who)).toBe('primary');
  });
});
