/** `kapsel-server export`: one copy, what it says, and a client that proves from the copy alone. @module */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { parseCommand } from '../../src/commands/command.ts';
import { exportCommand } from '../../src/commands/export.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { verifyExport } from '../support/exported-tree.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
let folder: string;
let open: WrittenLog;
let secret: WrittenLog;
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-export-'));
  open = await writeLog(bench.pool, { leaves: 300, headEvery: 100 });
  secret = await writeLog(bench.pool, { leaves: 3, headEvery: 1 });
  await bench.pool.query('UPDATE logs SET is_public = false WHERE id = $1', [secret.log.id]);
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const parsed = parseCommand(['export', ...args], [exportCommand]);
  if (parsed.kind !== 'run') throw new Error('help was not asked for');
  const config = readConfig({ DATABASE_URL: bench.connectionString, ...env });
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  expect(
    await exportCommand.run({ config, print, note: () => undefined }, parsed.input),
  ).toBeUndefined();
  return printed;
}

describe('kapsel-server export', () => {
  it('copies public logs and says so', async () => {
    const to = pathToFileURL(join(folder, 'one')).href;
    expect(await run(['--to', to])).toEqual([
      `log ${open.log.name}: size 300 exported, 3 new tiles`,
    ]);
    expect(await readdir(join(folder, 'one'))).toEqual([open.log.name]);
    const get = (path: string) =>
      readFile(join(folder, 'one', open.log.name, path)).catch(() => null);
    expect(await verifyExport(get, open.tree, [0, 255, 256, 299], [1, 100, 256, 300])).toBe(300);
    expect((await run(['--to', to, '--json'])).map((line) => JSON.parse(line))).toEqual([
      { log: open.log.name, tree_size: 300, tiles: 0 },
    ]);
  });

  it('takes its place and further logs from the settings', async () => {
    const printed = await run([], {
      KAPSEL_EXPORT_URL: pathToFileURL(join(folder, 'two')).href,
      KAPSEL_EXPORT_LOGS: secret.log.name,
    });
    expect(printed).toHaveLength(2);
    expect((await readdir(join(folder, 'two'))).sort()).toEqual(
      [open.log.name, secret.log.name].sort(),
    );
  });

  it('refuses to guess where to', async () => {
    await expect(run([])).rejects.toThrow(ConfigError);
    await expect(run(['--to', join(folder, 'three')])).rejects.toThrow(ConfigError);
    await expect(run(['--to', 's3://bucket'])).rejects.toThrow(ConfigError);
  });
});
