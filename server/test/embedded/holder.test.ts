import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EmbeddedPostgres } from '../../src/embedded/launch.ts';
import { postmasterPid, query, untilDown, Workbench } from './workbench.ts';

const bench = new Workbench();
let folder: string;
beforeAll(async () => {
  folder = await bench.folder();
});
afterEach(() => bench.settle());
afterAll(() => bench.clear());

const SHARES = `
  SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted ORDER BY pid`;

/** PostgreSQL's own numbers of the sessions that hold a share. */
async function shares(postgres: EmbeddedPostgres): Promise<unknown[]> {
  return (await query(postgres.connectionString, SHARES)).map(({ pid }) => pid);
}

/** The supervisors that this test process has started. */
function supervisorPids(): number[] {
  const listing = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return listing
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, state, ...args]) => {
      const isOurs = Number(parent) === process.pid && !state?.startsWith('Z');
      return isOurs && args.join(' ').includes('kapsel-supervisor');
    })
    .map(([pid]) => Number(pid));
}

describe('the share of a server', () => {
  it('is taken again after a crash inside PostgreSQL has ended all sessions', async () => {
    const first = await bench.launch(folder);
    const second = await bench.launch(folder);
    const pid = await postmasterPid(first);
    const before = await shares(first);
    expect(before).toHaveLength(2);
    process.kill(Number(before[0]), 'SIGKILL');
    await vi.waitFor(
      async () => {
        const after = await shares(first);
        expect(after).toHaveLength(2);
        expect(after.some((number) => before.includes(number))).toBe(false);
      },
      { timeout: 10_000, interval: 50 },
    );
    await first.stop();
    expect(await query(second.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
    await untilDown(second, pid);
  });

  it('is taken again by a new supervisor when the supervisor was killed', async () => {
    const postgres = await bench.launch(folder);
    const pid = await postmasterPid(postgres);
    const before = await shares(postgres);
    const [supervisor] = supervisorPids();
    process.kill(Number(supervisor), 'SIGKILL');
    await vi.waitFor(
      async () => {
        const after = await shares(postgres);
        expect(after).toHaveLength(1);
        expect(after).not.toEqual(before);
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(bench.lines.join('\n')).toContain('supervisor');
    await postgres.stop();
    await untilDown(postgres, pid);
  });

  it('outlives the signals that end a server', async () => {
    const postgres = await bench.launch(folder);
    const before = await shares(postgres);
    const [supervisor] = supervisorPids();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.kill(Number(supervisor), signal);
    }
    const other = await bench.launch(folder);
    await other.stop();
    expect(await shares(postgres)).toEqual(before);
  });
});

describe('leaving', () => {
  it('stops PostgreSQL although the supervisor was killed just before', async () => {
    const postgres = await bench.launch(folder);
    const pid = await postmasterPid(postgres);
    const [supervisor] = supervisorPids();
    process.kill(Number(supervisor), 'SIGKILL');
    await postgres.stop();
    await untilDown(postgres, pid);
  });

  it('may be asked for twice', async () => {
    const postgres = await bench.launch(folder);
    await Promise.all([postgres.stop(), postgres.stop()]);
    await postgres.stop();
    await expect(query(postgres.connectionString, 'SELECT 1')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});
