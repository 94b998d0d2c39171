/** The shared log is made once and keeps its origin, whatever a later start asks for. @module */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureSharedLog } from '../../src/logs/ensure-shared.ts';
import { findSharedLog } from '../../src/logs/store.ts';
import { type Bench, makeLog, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

describe('ensureSharedLog', () => {
  it('makes the log with the origin it is given, and finds it again under another', async () => {
    const log = await ensureSharedLog(bench.pool, 'log.kapsel.test/a', START_MS);
    expect(log).toMatchObject({ tenantId: null, origin: 'log.kapsel.test/a' });
    expect(await ensureSharedLog(bench.pool, 'log.kapsel.test/b', START_MS)).toEqual(log);
    expect(await findSharedLog(bench.pool)).toEqual(log);
  });

  it('makes one log when servers start together, each with another origin', async () => {
    const logs = await Promise.all(
      [bench.pools.sequencer, bench.pools.api, bench.pools.worker].map((pool, i) =>
        ensureSharedLog(pool, `log.kapsel.test/${i}`, START_MS),
      ),
    );
    expect(new Set(logs.map(({ id }) => id)).size).toBe(1);
    expect(new Set(logs.map(({ origin }) => origin)).size).toBe(1);
  });

  it('does not take the log of a tenant for the shared one', async () => {
    const own = await makeLog(bench.pool);
    expect(await findSharedLog(bench.pool)).toBeNull();
    const log = await ensureSharedLog(bench.pool, 'log.kapsel.test/a', START_MS);
    expect(log.id).not.toBe(own.id);
  });

  it('refuses an origin that no checkpoint could carry', async () => {
    for (const origin of ['', 'two words', 'a+b', 'kapsel.key/v1', 'a\nb', 'ü', 'x'.repeat(256)]) {
      await expect(ensureSharedLog(bench.pool, origin, START_MS)).rejects.toThrow(TypeError);
    }
    expect(await findSharedLog(bench.pool)).toBeNull();
  });
});
