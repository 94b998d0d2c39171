/** The exporter's loop: which logs, and what one bad log means for the others. @module */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExporterDeps, startExporter } from '../../src/attestation/exporter.ts';
import { openFolderSink } from '../../src/attestation/folder-sink.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { verifyExport } from '../support/exported-tree.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { tamper } from '../support/tamper.ts';

let bench: Bench;
let pool: Pool;
let folder: string;
beforeAll(async () => {
  bench = await openBench();
  pool = bench.pool;
  folder = await mkdtemp(join(tmpdir(), 'kapsel-exporter-'));
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the loop until so many logs were exported and so many failed; answers their names. */
async function run(
  change: Partial<ExporterDeps>,
  until: (exported: readonly string[], failed: readonly string[]) => boolean,
): Promise<{ exported: string[]; failed: string[] }> {
  const [exported, failed]: [string[], string[]] = [[], []];
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (until(exported, failed)) void exporter.stop().then(resolve);
    };
    const exporter = startExporter({
      pool,
      clock: systemClock,
      sink: openFolderSink(folder),
      intervalMs: 1,
      named: [],
      onExported: (log) => {
        exported.push(log.name);
        look();
      },
      onError: (log) => {
        failed.push(log?.name ?? '');
        look();
      },
      ...change,
    });
  });
  return { exported, failed };
}

const fromFolder =
  ({ log }: WrittenLog) =>
  (path: string) =>
    readFile(join(folder, log.name, path)).catch(() => null);

describe('startExporter', () => {
  it('exports public logs, and private ones that are named; a bad log stops no other', async () => {
    const [bad, secret, named, open] = (await Promise.all(
      Array.from({ length: 4 }, () => writeLog(pool, { leaves: 300, headEvery: 150 })),
    )) as [WrittenLog, WrittenLog, WrittenLog, WrittenLog];
    await pool.query('UPDATE logs SET is_public = false WHERE id = ANY($1)', [
      [secret.log.id, named.log.id],
    ]);
    await tamper(
      pool,
      'DELETE FROM merkle_tiles WHERE log_id = $1 AND level = 0 AND tile_index = 0',
      [bad.log.id],
    );
    const { exported, failed } = await run(
      { named: [named.log.name] },
      (done, errors) => done.length >= 2 && errors.length >= 2,
    );
    expect(new Set(exported)).toEqual(new Set([named.log.name, open.log.name]));
    // Written once, since nothing was new; the bad one is tried each time.
    expect(exported).toHaveLength(2);
    expect(new Set(failed)).toEqual(new Set([bad.log.name]));
    expect(await verifyExport(fromFolder(open), open.tree, [0, 299], [150])).toBe(300);
    expect(await fromFolder(secret)('checkpoint')).toBeNull();
  });

  it('goes on after the database was away', async () => {
    const { log } = await writeLog(pool, { leaves: 3, headEvery: 1 });
    let failures = 2;
    const broken = {
      query: (...parameters: [string]) =>
        failures-- > 0 ? Promise.reject(new Error('away')) : pool.query(...parameters),
    } as unknown as Pool;
    const { exported, failed } = await run({ pool: broken }, (done) => done.includes(log.name));
    expect(exported).toContain(log.name);
    expect(failed.filter((name) => name === '')).toHaveLength(2);
  });
});
