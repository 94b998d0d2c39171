/** What the database tells of itself, and of a role that may little. @module */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listUnreadableTables, readServerFacts } from '../../src/db/server-facts.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('tells version, role, clock and room', async () => {
  const { rows } = await bench.pool.query(
    "SELECT current_user AS role, current_setting('max_connections')::int AS max, pg_database_size(current_database())::int AS size",
  );
  const facts = await readServerFacts(bench.pool);
  expect(facts).toMatchObject({
    isStandby: false,
    isReadOnly: false,
    passesRowSecurity: true,
    mayCreateTables: true,
    role: rows[0].role,
    maxSessions: rows[0].max,
  });
  expect(facts.version).toMatch(new RegExp(`^${Math.floor(facts.versionNumber / 10_000)}`));
  expect(Math.abs(facts.nowMs - Date.now())).toBeLessThan(60_000);
  expect(facts.sizeBytes).toBeGreaterThan(1_000_000);
  expect(facts.sessions).toBeGreaterThan(0);
});

it('counts the sessions in which servers claim', async () => {
  expect((await readServerFacts(bench.pool)).workerSessions).toBe(0);
  const client = await bench.pools.worker.connect();
  expect((await readServerFacts(bench.pool)).workerSessions).toBe(1);
  client.release();
});

it('sees through the eyes of whoever logged in', async () => {
  expect(await listUnreadableTables(bench.pool)).toEqual([]);
  const role = `kapsel_test_${process.pid}_reader`;
  await bench.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
  await bench.pool.query(`GRANT SELECT ON endpoints TO ${role}`);
  await bench.pool.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  const url = new URL(bench.connectionString);
  [url.username, url.password] = [role, 'x'];
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const facts = await readServerFacts(client);
    expect(facts).toMatchObject({ role, passesRowSecurity: false, mayCreateTables: false });
    const unreadable = await listUnreadableTables(client);
    expect(unreadable).toContain('webhook_events');
    expect(unreadable).not.toContain('endpoints');
  } finally {
    await client.end();
    await bench.pool.query(`DROP OWNED BY ${role}`);
    await bench.pool.query(`DROP ROLE ${role}`);
  }
});

it('sees the same where the session acts in a lesser role', async () => {
  const role = `kapsel_test_${process.pid}_lesser`;
  await bench.pool.query(`CREATE ROLE ${role}`);
  const client = new pg.Client({ connectionString: bench.connectionString });
  await client.connect();
  try {
    const before = await readServerFacts(client);
    await client.query(`SET ROLE ${role}`);
    expect(await readServerFacts(client)).toMatchObject({
      role: before.role,
      passesRowSecurity: before.passesRowSecurity,
      mayCreateTables: before.mayCreateTables,
    });
  } finally {
    await client.end();
    await bench.pool.query(`DROP ROLE ${role}`);
  }
});
