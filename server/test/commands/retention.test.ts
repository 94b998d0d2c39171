/** What `kapsel-server retention` says beforehand, and that it changes nothing. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { readConfig } from '../../src/base/config.ts';
import { parseCommand } from '../../src/commands/command.ts';
import { retentionCommand } from '../../src/commands/retention.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';

let database: TestDatabase;
let pools: Pools;
beforeAll(async () => {
  database = await createTestDatabase();
  pools = openPools(database.connectionString, () => undefined);
});
afterAll(async () => {
  await closePools(pools);
  await database.drop();
});

async function run(args: readonly string[], settings = {}): Promise<string[]> {
  const parsed = parseCommand(['retention', ...args], [retentionCommand]);
  if (parsed.kind !== 'run') throw new TypeError('not a command');
  const config = readConfig({ DATABASE_URL: database.connectionString, ...settings });
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  await retentionCommand.run({ config, print, note: () => undefined }, parsed.input);
  return lines;
}

it('tells of each partition what becomes of it and when', async () => {
  await pools.api.query("SELECT ensure_month_partition('merkle_leaves', '2017-02-03')");
  await pools.api.query('CREATE TABLE event_payloads_20200106 (event_id uuid)');
  await pools.api.query(
    "COMMENT ON TABLE event_payloads_20200106 IS 'detached at 2020-04-20T00:00:00Z'",
  );
  const [text = ''] = await run(['--json'], { KAPSEL_RETAIN_LEAVES_DAYS: '3000' });
  const rows: { partition: string; action: string; due_at: string }[] = JSON.parse(text);
  const of = (name: string) => rows.find(({ partition }) => partition === name);
  expect(of('merkle_leaves_2017_02')).toMatchObject({
    action: 'detach',
    due_at: expect.stringMatching(/^2025-05-1/),
  });
  expect(of('event_payloads_20200106')).toMatchObject({
    action: 'drop',
    due_at: '2020-04-27T00:00:00.000Z',
  });
  expect(rows.filter(({ action }) => action === 'keep').length).toBeGreaterThan(8);
  const lines = await run([]);
  expect(lines).toHaveLength(rows.length);
  expect(lines.join('\n')).toContain('merkle_leaves_2017_02');
  const { rows: still } = await pools.api.query(
    `SELECT 1 FROM pg_class WHERE relname IN ('merkle_leaves_2017_02', 'event_payloads_20200106')`,
  );
  expect(still).toHaveLength(2);
});
