import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type DeliveryAttemptId,
  newId,
  type ShareLinkId,
  type TenantId,
} from '../../src/base/ids.ts';
import {
  findShareOwnerAcrossTenants,
  insertShareLink,
  listShareLinks,
  revokeShareLink,
} from '../../src/proofs/share-store.ts';
import { type Bench, makeLog, openBench, START_MS } from '../support/log-bench.ts';

const HOUR_MS = 3_600_000;

let bench: Bench;
let mine: TenantId;
let theirs: TenantId;
let attempt: DeliveryAttemptId;
beforeAll(async () => {
  bench = await openBench();
  mine = (await makeLog(bench.pool)).tenantId;
  theirs = (await makeLog(bench.pool)).tenantId;
});
beforeEach(() => {
  attempt = newId<'delivery_attempt'>(START_MS);
});
afterAll(() => bench.close());

async function insert(createdAtMs = START_MS): Promise<ShareLinkId> {
  const id = newId<'share_link'>(createdAtMs);
  const link = { id, createdAtMs, expiresAtMs: createdAtMs + HOUR_MS };
  await insertShareLink(bench.pool, mine, attempt, link);
  return id;
}

const owner = (id: ShareLinkId, of = attempt, nowMs = START_MS) =>
  findShareOwnerAcrossTenants(bench.pool, id, of, nowMs);

describe('share links', () => {
  it('have an owner until they expire, for their attempt alone', async () => {
    const id = await insert();
    expect(await owner(id)).toBe(mine);
    expect(await owner(id, attempt, START_MS + HOUR_MS - 1)).toBe(mine);
    expect(await owner(id, attempt, START_MS + HOUR_MS)).toBeNull();
    expect(await owner(id, newId<'delivery_attempt'>(START_MS))).toBeNull();
    expect(await owner(newId<'share_link'>(START_MS))).toBeNull();
  });

  it('are listed newest first, to their tenant, up to a limit', async () => {
    const ids = [await insert(), await insert(START_MS + 1), await insert(START_MS + 2)];
    const list = (tenantId: TenantId, limit = 10) =>
      listShareLinks(bench.pool, tenantId, attempt, limit);
    expect((await list(mine)).map(({ id }) => id)).toEqual([...ids].reverse());
    expect((await list(mine, 2)).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect(await list(theirs)).toEqual([]);
    expect((await list(mine))[2]).toEqual({
      id: ids[0],
      createdAtMs: START_MS,
      expiresAtMs: START_MS + HOUR_MS,
      revokedAtMs: null,
    });
  });

  it('end at once when their tenant revokes them, once and for all', async () => {
    const id = await insert();
    const revoke = (tenantId: TenantId, of = attempt) =>
      revokeShareLink(bench.pool, tenantId, of, id);
    expect(await revoke(theirs)).toBe(false);
    expect(await revoke(mine, newId<'delivery_attempt'>(START_MS))).toBe(false);
    expect(await owner(id)).toBe(mine);
    expect(await revoke(mine)).toBe(true);
    expect(await owner(id)).toBeNull();
    const [first] = await listShareLinks(bench.pool, mine, attempt, 1);
    expect(first?.revokedAtMs).toBeGreaterThan(0);
    expect(await revoke(mine)).toBe(true);
    const [again] = await listShareLinks(bench.pool, mine, attempt, 1);
    expect(again).toEqual(first);
  });
});
