/** A process that is killed in the middle of sequencing loses no leaf and doubles none; another one goes on. @module */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import {
  type Bench,
  type BenchLog,
  makeLog,
  openBench,
  settleAttempts,
} from '../support/log-bench.ts';

// From outside of the repository it would not be found by its name.
const PG = pathToFileURL(createRequire(import.meta.url).resolve('pg')).href;

let bench: Bench;
let folder: string;
let program: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-sequence-'));
  program = join(folder, 'child.mjs');
  const bundle = await rolldown({
    input: fileURLToPath(new URL('../support/sequence-child.ts', import.meta.url)),
    platform: 'node',
    plugins: [{ name: 'pg', resolveId: (id) => (id === 'pg' ? { id: PG, external: true } : null) }],
    resolve: { conditionNames: ['@kapsel/source', 'import', 'node', 'default'] },
  });
  await bundle.write({ file: program, format: 'esm' });
  await bundle.close();
});
afterEach(() => {
  child?.kill('SIGKILL');
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a process that stands still there, and kills it; resolves when PostgreSQL knows that it is gone. */
async function killAt(log: BenchLog, side: string, statement: string): Promise<void> {
  child = spawn(process.execPath, [program, bench.connectionString, log.id, side, statement], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const { stdout } = child;
  if (stdout === null) throw new Error('no output');
  const [seen] = await Promise.race([once(stdout, 'data'), exited]);
  expect(String(seen).startsWith(statement)).toBe(true);
  child.kill('SIGKILL');
  expect(await exited).toEqual([null, 'SIGKILL']);
  await vi.waitFor(
    async () => {
      const { rows } = await bench.pools.api.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sequence-child'`,
      );
      expect(rows).toEqual([]);
    },
    { interval: 10, timeout: 10_000 },
  );
}

async function waiting(log: BenchLog): Promise<number> {
  const { rows } = await bench.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pending_leaves WHERE log_id = $1',
    [log.id],
  );
  return rows[0]?.count ?? -1;
}

describe('a killed process', () => {
  it.each([
    ['before', 'SELECT pg_try_advisory_xact_lock'],
    ['after', 'SELECT tree_size'],
    ['after', 'INSERT INTO merkle_leaves'],
    ['after', 'DELETE FROM pending_leaves'],
    ['before', 'INSERT INTO merkle_tiles'],
    ['after', 'INSERT INTO merkle_tiles'],
    ['after', 'UPDATE logs'],
    ['before', 'COMMIT'],
  ])('%s %s leaves everything as it was', async (side, statement) => {
    const log = await makeLog(bench.pool);
    await settleAttempts(bench.pool, log, 250);
    await sequence(bench.pool, log);
    await settleAttempts(bench.pool, log, 20);
    await killAt(log, side, statement);
    expect((await checkTree(bench.pool, log)).tree.size).toBe(250);
    expect(await waiting(log)).toBe(20);
    expect(await sequence(bench.pool, log)).toMatchObject({ added: 20, more: false, busy: false });
    expect((await checkTree(bench.pool, log)).tree.size).toBe(270);
    expect(await waiting(log)).toBe(0);
  });

  it('after COMMIT leaves everything done', async () => {
    const log = await makeLog(bench.pool);
    await settleAttempts(bench.pool, log, 300);
    await killAt(log, 'after', 'COMMIT');
    expect((await checkTree(bench.pool, log)).tree.size).toBe(300);
    expect(await waiting(log)).toBe(0);
    expect(await sequence(bench.pool, log)).toMatchObject({ added: 0, more: false, busy: false });
  });
});
