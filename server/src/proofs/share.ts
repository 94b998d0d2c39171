/** STORY: a link to one proof package is made, listed, revoked, and opened by whoever holds it. @module */
import type { Pool } from 'pg';
import { findLeafByAttempt, hasAttempt } from '../attestation/leaf-store.ts';
import type { Clock } from '../base/clock.ts';
import { Failure, notFound } from '../base/failure.ts';
import {
  type DeliveryAttemptId,
  isUuid,
  newId,
  type ShareLinkId,
  type TenantId,
} from '../base/ids.ts';
import type { ForTenant, TenantDb } from '../db/tenant-db.ts';
import { inTransaction } from '../db/transaction.ts';
import {
  countOpenLinks,
  findShareOwnerAcrossTenants,
  insertShareLink,
  listShareLinks,
  revokeShareLink,
  type ShareLink,
} from './share-store.ts';
import { encodeShareToken, parseShareToken } from './share-token.ts';

export interface ShareDeps {
  /** Finds out whose a link is. */
  readonly pool: Pool;
  readonly forTenant: ForTenant;
  readonly clock: Clock;
  /** From `shareKeyFromSecret`; the same on every server of a database. */
  readonly shareKey: Uint8Array;
}

/** Open links: those that are over or revoked do not count. */
export const MAX_OF_ATTEMPT = 100;
export const MAX_OF_TENANT = 100_000;
/** The most that a list shows. */
const MAX_LISTED = 1_000;

/**
 * Makes a link to an attempt of the tenant. Its token is answered here and kept nowhere. Failure `too_many_links` where
 * that many are open: revoke some, or let them end.
 */
export async function createShareLink(
  { forTenant, clock, shareKey }: Omit<ShareDeps, 'pool'>,
  tenantId: TenantId,
  attemptId: string,
  lifetimeMs: number,
): Promise<{ id: ShareLinkId; token: string; expiresAtMs: number }> {
  const tenantDb = forTenant(tenantId);
  const attempt = await ownAttempt(tenantDb, tenantId, attemptId);
  const createdAtMs = clock.nowMs();
  const id = newId<'share_link'>(createdAtMs);
  const expiresAtMs = createdAtMs + lifetimeMs;
  await inTransaction(tenantDb, async (db) => {
    const open = await countOpenLinks(db, tenantId, attempt, createdAtMs);
    if (open.ofAttempt >= MAX_OF_ATTEMPT) throw tooMany(MAX_OF_ATTEMPT, 'an attempt');
    if (open.ofTenant >= MAX_OF_TENANT) throw tooMany(MAX_OF_TENANT, 'a tenant');
    await insertShareLink(db, tenantId, attempt, { id, expiresAtMs, createdAtMs });
  });
  return { id, expiresAtMs, token: encodeShareToken(shareKey, attempt, { id, expiresAtMs }) };
}

function tooMany(most: number, whose: string): Failure {
  return new Failure('too_many_links', `At most ${most} share links of ${whose} may be open`);
}

/** The newest links of an attempt of the tenant, without their tokens. */
export async function showShareLinks(
  { forTenant }: Pick<ShareDeps, 'forTenant'>,
  tenantId: TenantId,
  attemptId: string,
): Promise<ShareLink[]> {
  const db = forTenant(tenantId);
  const attempt = await ownAttempt(db, tenantId, attemptId);
  return listShareLinks(db, tenantId, attempt, MAX_LISTED);
}

/** Revoking twice is as good as once. Failure `not_found` for what is not the tenant's. */
export async function endShareLink(
  { forTenant }: Pick<ShareDeps, 'forTenant'>,
  tenantId: TenantId,
  attemptId: string,
  linkId: string,
): Promise<void> {
  if (!isUuid(attemptId) || !isUuid(linkId)) throw notFound();
  const [attempt, link] = [attemptId as DeliveryAttemptId, linkId as ShareLinkId];
  const isRevoked = await revokeShareLink(forTenant(tenantId), tenantId, attempt, link);
  if (!isRevoked) throw notFound();
}

/** On whose behalf the holder of a token may read the attempt's package, or null. A forged or expired token asks nobody. */
export async function openShareLink(
  { pool, clock, shareKey }: Omit<ShareDeps, 'forTenant'>,
  attemptId: string,
  text: string,
): Promise<TenantId | null> {
  if (!isUuid(attemptId)) return null;
  const attempt = attemptId as DeliveryAttemptId;
  const nowMs = clock.nowMs();
  const token = parseShareToken(shareKey, attempt, text, nowMs);
  return token === null ? null : findShareOwnerAcrossTenants(pool, token.id, attempt, nowMs);
}

// The row of an attempt may be detached by age, and its leaf still be there.
async function ownAttempt(
  db: TenantDb,
  tenantId: TenantId,
  attemptId: string,
): Promise<DeliveryAttemptId> {
  if (!isUuid(attemptId)) throw notFound();
  const id = attemptId as DeliveryAttemptId;
  if (await hasAttempt(db, tenantId, id)) return id;
  if ((await findLeafByAttempt(db, tenantId, id)) !== null) return id;
  throw notFound();
}
