import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ChaosSite, openChaosSite } from '../support/chaos-site.ts';
import { type OwnCluster, startOwnCluster } from '../support/postgres-own-cluster.ts';

/** A lease and thirty seconds: within this time everything recovers, and no server of ours is started again. */
const RECOVERY_MS = 61_000;

let cluster: OwnCluster;
let site: ChaosSite;

beforeEach(async () => {
  cluster = await startOwnCluster();
  site = await openChaosSite(cluster.connectionString);
});
afterEach(async () => {
  await site.close();
  await cluster.stop();
});

/** Load, `fail` a few times in it, and the end of all that was accepted, by one server that nobody restarts. */
async function survive(rounds: number, fail: () => Promise<void>): Promise<void> {
  const server = await site.start();
  const stopped = new AbortController();
  const sending = site.keepSending(3, stopped.signal);
  sending.catch(() => undefined); // heard of below
  for (let round = 1; round <= rounds; round++) {
    await site.receiver.arrived(site.receiver.arrivals.length + 10);
    await site.remember().catch(() => undefined); // the database is away
    await fail();
  }
  await site.receiver.arrived(site.receiver.arrivals.length + 10);
  stopped.abort();
  await sending;
  const start = performance.now();
  await site.allEnded();
  expect(performance.now() - start).toBeLessThan(RECOVERY_MS);
  await site.remember();
  expect(await server?.end()).toMatchObject({ code: 0 });
  const { leaves } = await site.check();
  expect(leaves.length).toBeGreaterThan(rounds * 10);
}

it.each(['SIGQUIT', 'SIGKILL'] as const)(
  'a PostgreSQL that dies by %s and comes back',
  async (signal) => {
    await survive(2, async () => {
      await cluster.kill(signal);
      await cluster.revive();
      site.moveDatabase(cluster.connectionString);
    });
  },
);

it('connections that PostgreSQL ends again and again', async () => {
  await survive(10, async () => {
    const client = new pg.Client({ connectionString: cluster.connectionString });
    await client.connect();
    try {
      await client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'kapsel-%'",
      );
    } finally {
      await client.end();
    }
  });
});

it('a network to the database that is slow, and breaks', async () => {
  const delays = [0, 20, 100, 0, 5];
  await survive(delays.length, async () => {
    site.proxy.delay(delays.shift() ?? 0);
    site.proxy.cut();
  });
});

it('a hundred idle connections and a snapshot that nobody lets go of', async () => {
  const holder = new pg.Client({ connectionString: cluster.connectionString });
  await holder.connect();
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await holder.query('SELECT count(*) FROM delivery_queue');
  const idle = Array.from(
    { length: 100 },
    () => new pg.Client({ connectionString: cluster.connectionString }),
  );
  await Promise.all(idle.map((client) => client.connect()));
  try {
    await survive(2, async () => undefined);
  } finally {
    await Promise.all([...idle, holder].map((client) => client.end()));
  }
});
