/** Tenants and API keys in a real database: who a key belongs to, and when it no longer does. @module */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, type TenantId } from '../../src/base/ids.ts';
import { makeApiKey, type NewApiKey, type Scope } from '../../src/tenants/api-key.ts';
import {
  findCallerByKeyHash,
  hasTenants,
  insertApiKey,
  insertTenant,
} from '../../src/tenants/store.ts';
import { type Bench, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function makeTenant(scopes: readonly Scope[]): Promise<{ id: TenantId; key: NewApiKey }> {
  const id = newId<'tenant'>(START_MS);
  const key = makeApiKey();
  await insertTenant(bench.pool, id, 'tenant');
  await insertApiKey(bench.pool, id, newId(START_MS), key, scopes);
  return { id, key };
}

const change = (set: string, key: NewApiKey) =>
  bench.pool.query(`UPDATE api_keys SET ${set} WHERE key_hash = $1`, [key.hash]);

describe('findCallerByKeyHash', () => {
  it('finds the tenant of a key and what the key allows', async () => {
    const [one, other] = [await makeTenant(['ingest', 'proofs:read']), await makeTenant([])];
    expect(await findCallerByKeyHash(bench.pool, one.key.hash)).toEqual({
      keyId: expect.any(String),
      isUseStale: true,
      tenantId: one.id,
      scopes: ['ingest', 'proofs:read'],
    });
    expect(await findCallerByKeyHash(bench.pool, other.key.hash)).toMatchObject({
      tenantId: other.id,
      scopes: [],
    });
  });

  it('knows no other hash', async () => {
    const { key } = await makeTenant(['ingest']);
    const flipped = Buffer.from(key.hash);
    flipped[31] = (flipped[31] ?? 0) ^ 1;
    for (const hash of [flipped, randomBytes(32), Buffer.alloc(0), key.hash.subarray(1)]) {
      expect(await findCallerByKeyHash(bench.pool, hash)).toBeNull();
    }
  });

  it('forgets a key that was revoked', async () => {
    const { key } = await makeTenant(['ingest']);
    await change('revoked_at = now()', key);
    expect(await findCallerByKeyHash(bench.pool, key.hash)).toBeNull();
  });

  it('forgets a key once it has expired', async () => {
    const { id, key } = await makeTenant(['ingest']);
    await change("expires_at = now() + interval '1 hour'", key);
    expect(await findCallerByKeyHash(bench.pool, key.hash)).toMatchObject({ tenantId: id });
    await change("expires_at = now() - interval '1 millisecond'", key);
    expect(await findCallerByKeyHash(bench.pool, key.hash)).toBeNull();
  });
});

describe('insertApiKey', () => {
  it('writes prefix and hash, and nothing from which the secret follows', async () => {
    const { key } = await makeTenant(['ingest']);
    const { rows } = await bench.pool.query<{ row: string }>(
      'SELECT api_keys::text AS row FROM api_keys WHERE key_hash = $1',
      [key.hash],
    );
    expect(rows[0]?.row).toContain(key.prefix);
    expect(rows[0]?.row).not.toContain(key.secret.slice(12));
  });

  it('refuses a key twice, and a key of no tenant', async () => {
    const { id, key } = await makeTenant(['ingest']);
    await expect(insertApiKey(bench.pool, id, newId(START_MS), key, [])).rejects.toMatchObject({
      code: '23505',
    }); // unique_violation
    await expect(
      insertApiKey(bench.pool, newId(START_MS), newId(START_MS), makeApiKey(), []),
    ).rejects.toMatchObject({ code: '23503' }); // foreign_key_violation
  });
});

describe('hasTenants', () => {
  it('tells an empty database from one in use', async () => {
    const empty = await openBench();
    try {
      expect(await hasTenants(empty.pool)).toBe(false);
      await insertTenant(empty.pool, newId(START_MS), 'first');
      expect(await hasTenants(empty.pool)).toBe(true);
    } finally {
      await empty.close();
    }
  });
});
