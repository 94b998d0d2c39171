import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, type TenantId } from '../../src/base/ids.ts';
import {
  createShareLink,
  endShareLink,
  MAX_OF_ATTEMPT,
  MAX_OF_TENANT,
  openShareLink,
  type ShareDeps,
  showShareLinks,
} from '../../src/proofs/share.ts';
import { encodeShareToken, shareKeyFromSecret } from '../../src/proofs/share-token.ts';
import {
  type Bench,
  type BenchLog,
  insertAttempts,
  makeLog,
  openBench,
  START_MS,
} from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { countQueries } from '../support/proofs.ts';
import { growLog, signLog } from '../support/signed-log.ts';
import { tenantsOf } from '../support/tenant.ts';

const NOT_FOUND = { kind: 'not_found' };

let bench: Bench;
let log: BenchLog;
let stranger: BenchLog;
let attemptId: string;
let clock: ManualClock;
let deps: ShareDeps;
let queries: () => number;
beforeAll(async () => {
  bench = await openBench();
  log = await makeLog(bench.pool);
  stranger = await makeLog(bench.pool);
});
beforeEach(async () => {
  const [attempt] = await insertAttempts(bench.pool, log, 1);
  attemptId = attempt?.id ?? '';
  clock = new ManualClock(START_MS);
  const { pool, count } = countQueries(bench.pools.api);
  queries = count;
  deps = {
    pool,
    forTenant: tenantsOf(bench.pools),
    clock,
    shareKey: shareKeyFromSecret(Buffer.alloc(32, 1)),
  };
});
afterAll(() => bench.close());

const create = (tenantId: TenantId = log.tenantId, id = attemptId) =>
  createShareLink(deps, tenantId, id, 60_000);

describe('the bound on open links', () => {
  it('holds for an attempt, under many requests at once, and counts what is open alone', async () => {
    const runs = await Promise.allSettled(
      Array.from({ length: MAX_OF_ATTEMPT + 5 }, () => create()),
    );
    const refused = runs.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(5);
    for (const run of refused) {
      expect((run as PromiseRejectedResult).reason).toMatchObject({ kind: 'too_many_links' });
    }
    const [first] = await showShareLinks(deps, log.tenantId, attemptId);
    await endShareLink(deps, log.tenantId, attemptId, first?.id ?? '');
    await create();
    await expect(create()).rejects.toMatchObject({ kind: 'too_many_links' });
    clock.advance(60_000);
    await create();
  });

  it('holds for a tenant, and leaves others alone', async () => {
    const full = await makeLog(bench.pool);
    const [attempt] = await insertAttempts(bench.pool, full, 1);
    await bench.pool.query(
      `INSERT INTO share_links (id, tenant_id, delivery_attempt_id, expires_at)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), $2 FROM generate_series(1, $3::int)`,
      [full.tenantId, new Date(START_MS + 1_000), MAX_OF_TENANT],
    );
    const id = attempt?.id ?? '';
    await expect(create(full.tenantId, id)).rejects.toMatchObject({ kind: 'too_many_links' });
    await create();
  });
});

describe('a share link', () => {
  it('opens its attempt for a time, on behalf of its tenant', async () => {
    const link = await create();
    expect(link.expiresAtMs).toBe(START_MS + 60_000);
    expect(await openShareLink(deps, attemptId, link.token)).toBe(log.tenantId);
    clock.advance(59_999);
    expect(await openShareLink(deps, attemptId, link.token)).toBe(log.tenantId);
    clock.advance(1);
    expect(await openShareLink(deps, attemptId, link.token)).toBeNull();
  });

  it('asks the database for nothing when the token is forged, expired or for another attempt', async () => {
    const link = await create();
    const [other] = await insertAttempts(bench.pool, log, 1);
    const before = queries();
    const forged = encodeShareToken(
      shareKeyFromSecret(Buffer.alloc(32, 2)),
      link.id as never,
      link,
    );
    for (const [id, token] of [
      [attemptId, forged],
      [attemptId, link.token.slice(1)],
      [attemptId, ''],
      [other?.id ?? '', link.token],
      [attemptId.toUpperCase(), link.token],
      ['no id', link.token],
    ] as const) {
      expect(await openShareLink(deps, id, token)).toBeNull();
    }
    clock.advance(60_000);
    expect(await openShareLink(deps, attemptId, link.token)).toBeNull();
    expect(queries()).toBe(before);
  });

  it('ends when it is revoked, and leaves the others', async () => {
    const [link, other] = [await create(), await create()];
    await endShareLink(deps, log.tenantId, attemptId, link.id);
    await endShareLink(deps, log.tenantId, attemptId, link.id);
    expect(await openShareLink(deps, attemptId, link.token)).toBeNull();
    expect(await openShareLink(deps, attemptId, other.token)).toBe(log.tenantId);
    const links = await showShareLinks(deps, log.tenantId, attemptId);
    expect(links.map(({ id }) => id).sort()).toEqual([link.id, other.id].sort());
    expect(JSON.stringify(links)).not.toContain(link.token);
  });

  it('needs an attempt of the tenant, its row or its leaf', async () => {
    for (const id of [newId(START_MS), 'x', attemptId.toUpperCase(), '']) {
      await expect(create(log.tenantId, id)).rejects.toMatchObject(NOT_FOUND);
      await expect(showShareLinks(deps, log.tenantId, id)).rejects.toMatchObject(NOT_FOUND);
    }
    await expect(create(stranger.tenantId)).rejects.toMatchObject(NOT_FOUND);
    await expect(showShareLinks(deps, stranger.tenantId, attemptId)).rejects.toMatchObject(
      NOT_FOUND,
    );
    const signed = await signLog(bench.pool, await makeLog(bench.pool));
    const [leaf] = await growLog(signed, 1);
    await bench.pool.query('DELETE FROM delivery_attempts WHERE id = $1', [
      leaf?.deliveryAttemptId,
    ]);
    const link = await create(signed.log.tenantId, leaf?.deliveryAttemptId ?? '');
    expect(await openShareLink(deps, leaf?.deliveryAttemptId ?? '', link.token)).toBe(
      signed.log.tenantId,
    );
  });

  it('is revoked by its tenant alone, by its own id', async () => {
    const link = await create();
    for (const [tenantId, attempt, id] of [
      [stranger.tenantId, attemptId, link.id],
      [log.tenantId, newId(START_MS), link.id],
      [log.tenantId, attemptId, newId(START_MS)],
      [log.tenantId, 'x', link.id],
      [log.tenantId, attemptId, 'x'],
    ] as const) {
      await expect(endShareLink(deps, tenantId, attempt, id)).rejects.toMatchObject(NOT_FOUND);
    }
    expect(await openShareLink(deps, attemptId, link.token)).toBe(log.tenantId);
  });
});
