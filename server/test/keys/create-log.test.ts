/** A tenant's own log: with its key or not at all. @module */
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, type TenantId } from '../../src/base/ids.ts';
import { createTenantLog, LogRefusedError, type NewLog } from '../../src/keys/create-log.ts';
import { listAttestationKeys } from '../../src/keys/store.ts';
import { logForTenant } from '../../src/logs/for-tenant.ts';
import { findLogByName } from '../../src/logs/store.ts';
import { insertTenant } from '../../src/tenants/store.ts';
import { failAt } from '../support/faulty-pool.ts';
import { type Bench, makeSigner, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
let wish: NewLog;
let count = 0;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  count += 1;
  wish = await newWish();
});
afterAll(() => bench.close());

async function newWish(changes: Partial<NewLog> = {}): Promise<NewLog> {
  const tenantId = newId<'tenant'>(START_MS);
  await insertTenant(bench.pool, tenantId, 'test');
  const origin = `log.kapsel.test/own-${count}`;
  return { tenantId, name: `own-${count}`, origin, isPublic: false, ...changes };
}

const create = (asked: NewLog = wish, signer = makeSigner(), pool = bench.pool) =>
  createTenantLog(pool, asked, async () => signer, START_MS);

describe('createTenantLog', () => {
  it('makes the log and its first key, and the tenant’s leaves go there', async () => {
    const { log, signer } = await create();
    expect(await logForTenant(bench.pool, wish.tenantId)).toEqual(log);
    expect(log).toMatchObject(wish);
    const keys = await listAttestationKeys(bench.pool, log.id);
    expect(keys.map(({ publicKey, state }) => [hexFromBytes(publicKey), state])).toEqual([
      [hexFromBytes(signer.publicKey), 'active'],
    ]);
  });

  it('leaves no log when the key cannot be written, wherever it is struck', async () => {
    for (let at = 0; ; at++) {
      const faulty = failAt(bench.pool, at, 'before');
      await create(wish, makeSigner(), faulty.pool).catch(() => undefined);
      if (!faulty.struck()) break;
      expect(await findLogByName(bench.pool, wish.name)).toBeNull();
    }
    expect(await findLogByName(bench.pool, wish.name)).not.toBeNull();
  });

  it.each<[string, () => Promise<NewLog>]>([
    [
      'a tenant that is not there',
      async () => ({ ...wish, tenantId: newId(START_MS) as TenantId }),
    ],
    [
      'a tenant that has a log',
      async () => ({ ...wish, name: 'other', origin: 'log.kapsel.test/other' }),
    ],
    ['a name that is taken', () => newWish({ origin: 'log.kapsel.test/other' })],
    ['an origin that is taken', () => newWish({ name: 'other' })],
    ['a name that is none', () => newWish({ name: 'Own Log' })],
    ['an origin that is none', () => newWish({ name: 'other', origin: 'two words' })],
  ])('refuses %s', async (_what, other) => {
    await create();
    await expect(create(await other())).rejects.toThrow(LogRefusedError);
  });

  it('refuses a key that another log has', async () => {
    const { signer } = await create();
    const other = await newWish({ name: `b-${count}`, origin: `log.kapsel.test/b-${count}` });
    await expect(create(other, signer)).rejects.toThrow(LogRefusedError);
    expect(await findLogByName(bench.pool, other.name)).toBeNull();
  });
});
