/** The first start makes one tenant and one key, however many servers start at once. @module */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashApiKey, SCOPES } from '../../src/tenants/api-key.ts';
import { createFirstTenant } from '../../src/tenants/create-first.ts';
import { findCallerByKeyHash } from '../../src/tenants/store.ts';
import { failAt } from '../support/faulty-pool.ts';
import { type Bench, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

async function counts(): Promise<unknown> {
  const { rows } = await bench.pool.query(
    `SELECT (SELECT count(*)::int FROM tenants) AS tenants,
            (SELECT count(*)::int FROM api_keys) AS keys`,
  );
  return rows[0];
}

describe('createFirstTenant', () => {
  it('answers a key that works for everything, and only once', async () => {
    const secret = await createFirstTenant(bench.pool, START_MS);
    expect(secret).not.toBeNull();
    const caller = await findCallerByKeyHash(bench.pool, hashApiKey(secret ?? ''));
    expect(caller?.scopes).toEqual(SCOPES);
    expect(await createFirstTenant(bench.pool, START_MS)).toBeNull();
    expect(await counts()).toEqual({ tenants: 1, keys: 1 });
  });

  it('makes one key when servers start together', async () => {
    const secrets = await Promise.all(
      [bench.pools.sequencer, bench.pools.api, bench.pools.worker, bench.pools.ingest].map((pool) =>
        createFirstTenant(pool, START_MS),
      ),
    );
    const made = secrets.filter((secret) => secret !== null);
    expect(made).toHaveLength(1);
    expect(await counts()).toEqual({ tenants: 1, keys: 1 });
    expect(await findCallerByKeyHash(bench.pool, hashApiKey(made[0] ?? ''))).not.toBeNull();
  });

  it('leaves no tenant without a key when it is struck at any statement', async () => {
    for (let at = 0; ; at += 1) {
      const faulty = failAt(bench.pool, at, 'before');
      const run = await Promise.allSettled([createFirstTenant(faulty.pool, START_MS)]);
      if (!faulty.struck()) break;
      expect(run[0].status).toBe('rejected');
      expect(await counts(), `struck at ${faulty.statements.at(-1)}`).toEqual({
        tenants: 0,
        keys: 0,
      });
    }
    expect(await counts()).toEqual({ tenants: 1, keys: 1 });
  });
});
