/** STORY: everything a verifier needs about one delivery attempt, in one package that was verified before it leaves. @module */
import {
  equalBytes,
  followKeyStatements,
  hexFromBytes,
  verifyProofPackage,
} from '@kapsel/verification';
import type { Pool } from 'pg';
import { findLeafByAttempt, hasAttempt } from '../attestation/leaf-store.ts';
import { encodeTreeHeadJson } from '../attestation/tree-head.ts';
import type { Clock } from '../base/clock.ts';
import { Failure, notFound } from '../base/failure.ts';
import { type DeliveryAttemptId, isUuid, type TenantId } from '../base/ids.ts';
import { listAttestationKeys } from '../keys/store.ts';
import type { Log } from '../logs/log.ts';
import { inclusionProofAt } from './prove-inclusion.ts';
import { withSnapshot } from './snapshot.ts';

export interface AssembleDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

/**
 * The text of the `kapsel.proof/v1` package of a tenant's delivery attempt.
 * Failures: `not_found`, `not_yet_committed` while the leaf is not under a signed head.
 */
export async function assembleProofPackage(
  deps: AssembleDeps,
  log: Log,
  tenantId: TenantId,
  deliveryAttemptId: string,
): Promise<string> {
  if (!isUuid(deliveryAttemptId)) throw notFound();
  const id = deliveryAttemptId as DeliveryAttemptId;
  if (!(await hasAttempt(deps.pool, tenantId, id))) throw notFound();
  const text = await withSnapshot(deps.pool, log, async (snapshot) => {
    const leaf = await findLeafByAttempt(snapshot.db, tenantId, id);
    const { head } = snapshot;
    if (leaf === null || leaf.leafIndex >= head.treeSize) return null;
    const proof = await inclusionProofAt(snapshot, leaf.leafHash, leaf.leafIndex, head.treeSize);
    const keys = await listAttestationKeys(snapshot.db, log.id);
    if (!keys.some(({ publicKey }) => equalBytes(publicKey, head.publicKey))) {
      throw new Error('the newest head is signed by a key that is not the log’s');
    }
    return JSON.stringify({
      format: 'kapsel.proof/v1',
      delivery_attempt_id: id,
      leaf_data: leaf.leafData,
      leaf_hash: hexFromBytes(leaf.leafHash),
      inclusion_proof: proof,
      signed_tree_head: encodeTreeHeadJson(head),
    });
  }).catch((error: unknown) => {
    if (error instanceof Failure && error.kind === 'no_tree_head') return null;
    throw error;
  });
  if (text === null) {
    throw new Failure('not_yet_committed', 'The attempt is not under a signed tree head yet');
  }
  assertVerifies(text, deps.clock.nowMs());
  return text;
}

// Whatever went wrong behind this line (storage, cache, a bug) must not leave the house as "proof".
function assertVerifies(text: string, nowMs: number): void {
  const { signed_tree_head: head } = JSON.parse(text) as {
    signed_tree_head: { public_key: string };
  };
  const publicKey = new Uint8Array(Buffer.from(head.public_key, 'hex'));
  const trust = { keys: [{ publicKey, name: null }] };
  const report = verifyProofPackage(text, trust, { nowMs, followKeyStatements });
  if (report.verdict === 'verified') return;
  const codes = report.checks.flatMap(({ code }) => code ?? []).join(', ');
  throw new Error(`an assembled package does not verify: ${codes}`);
}
