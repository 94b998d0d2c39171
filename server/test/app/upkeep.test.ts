/** The wiring of audit and export: what becomes a metric, and what a log line. @module */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertExportSettings, startUpkeep } from '../../src/app/upkeep.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { getTreeState } from '../../src/logs/store.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { TEST_SEALER } from '../support/api.ts';
import { writeLog } from '../support/audited-log.ts';
import { parseExposition } from '../support/exposition.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { tamper } from '../support/tamper.ts';

let bench: Bench;
let folder: string;
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-upkeep-'));
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

describe('startUpkeep', () => {
  it('audits and exports; a contradiction is a metric, a log line and a halted log', async () => {
    const { pool } = bench;
    const whole = await writeLog(pool, { leaves: 300, headEvery: 100 });
    const changed = await writeLog(pool, { leaves: 20, headEvery: 10 });
    await tamper(
      pool,
      `UPDATE merkle_leaves SET leaf_data = leaf_data || ' ' WHERE log_id = $1 AND leaf_index = 7`,
      [changed.log.id],
    );
    const metrics = createMetrics({ process: false });
    const lines: Record<string, unknown>[] = [];
    let told = (): void => undefined;
    const logger = createLogger('debug', {
      write: (line) => {
        lines.push(JSON.parse(line));
        told();
      },
    });
    const upkeep = startUpkeep({
      config: readConfig({
        KAPSEL_EXPORT_URL: pathToFileURL(folder).href,
        KAPSEL_EXPORT_INTERVAL_MS: '100',
        KAPSEL_AUDIT_PAUSE_MS: '0',
      }),
      pool,
      clock: systemClock,
      random: () => 0,
      sealer: TEST_SEALER,
      logger,
      metrics,
    });
    const has = ({ event, log }: { event: string; log: string }) =>
      lines.some((line) => line.event === event && line.log === log);
    const sampleOf = async (name: string, log?: string) => {
      const { text } = await metrics.scrape();
      const samples = parseExposition(text).get(name)?.samples ?? [];
      return samples.find(({ labels }) => log === undefined || labels.log === log)?.value;
    };
    const awaited = [
      { event: 'log contradiction', log: changed.log.name },
      { event: 'tiles exported', log: whole.log.origin },
      { event: 'log audited', log: whole.log.origin },
    ];
    while (!awaited.every(has)) {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
    await upkeep.stop();
    expect(lines.find(({ event }) => event === 'log contradiction')).toMatchObject({
      level: 50,
      log: changed.log.name,
      where: 'merkle_leaves.leaf_data',
      at: 'index 7',
      want: expect.stringMatching(/^a text with hash [0-9a-f]{64}$/),
      got: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const passed = await sampleOf('kapsel_audit_last_pass_timestamp_seconds', whole.log.origin);
    expect(passed).toBeGreaterThan(systemClock.nowMs() / 1_000 - 600);
    expect(await sampleOf('kapsel_consistency_failures_total')).toBe(1);
    expect(await sampleOf('kapsel_audit_checked_leaves_total')).toBeGreaterThanOrEqual(300);
    expect(await sampleOf('kapsel_exported_size', whole.log.origin)).toBe(300);
    expect((await getTreeState(pool, changed.log.id)).haltedReason).toContain('audit: ');
    expect((await getTreeState(pool, whole.log.id)).haltedReason).toBeNull();
    const note = await readFile(join(folder, whole.log.name, 'checkpoint'), 'utf8');
    expect(note.split('\n').slice(0, 2)).toEqual([whole.log.origin, '300']);
  });

  it('does nothing where both are switched off', async () => {
    const upkeep = startUpkeep({
      config: readConfig({ KAPSEL_AUDIT_INTERVAL_MS: '0' }),
      pool: bench.pool,
      clock: systemClock,
      random: () => 0,
      sealer: TEST_SEALER,
      logger: createLogger('silent'),
      metrics: createMetrics({ process: false }),
    });
    await upkeep.stop();
    expect(bench.pool.waitingCount).toBe(0);
  });
});

describe('assertExportSettings', () => {
  it.each([
    [{ KAPSEL_EXPORT_URL: 'ftp://x' }],
    [{ KAPSEL_EXPORT_URL: 's3://bucket' }],
    [{ KAPSEL_EXPORT_URL: 's3://bucket', KAPSEL_S3_ACCESS_KEY_ID: 'id' }],
  ])('refuses %j as a bad setting', (env) => {
    const config = readConfig(env);
    expect(() => assertExportSettings(config)).toThrow(ConfigError);
  });
});
