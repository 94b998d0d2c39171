/** STORY: everything a verifier needs about one delivery attempt, in one package that was verified before it leaves. @module */
import {
  equalBytes,
  followKeyStatements,
  hexFromBytes,
  parseKeyLeaf,
  verifyProofPackage,
} from '@kapsel/verification';
import {
  findLeafByAttempt,
  hasAttempt,
  isBeforeFirstMonth,
  isPendingAttempt,
  type SequencedLeaf,
} from '../attestation/leaf-store.ts';
import { encodeTreeHeadJson, type TreeHead } from '../attestation/tree-head.ts';
import type { Clock } from '../base/clock.ts';
import { Failure, notFound } from '../base/failure.ts';
import { type DeliveryAttemptId, isUuid, type LogId, type TenantId } from '../base/ids.ts';
import { type AttestationKey, listAttestationKeys } from '../keys/store.ts';
import { logForTenant } from '../logs/for-tenant.ts';
import type { ProofCache } from './cache.ts';
import { type KeyChainItemJson, keyChainOf, MAX_STATEMENTS } from './key-chain.ts';
import { coveringHead, proveUnderHead, refusalOfWaiting } from './prove-inclusion.ts';

export interface AssembleDeps {
  readonly proofs: ProofCache;
  readonly clock: Clock;
  /** The newest head that enough witnesses signed, or null. */
  readonly findWitnessedHead: (logId: LogId) => Promise<TreeHead | null>;
}

/** Whether the head of a package should be, must be, or need not be one that witnesses signed. */
export type Witnessed = 'prefer' | 'require' | 'none';

/**
 * The text of the `kapsel.proof/v1` package of a tenant's delivery attempt, from the log that its leaf is in.
 * Failures: `not_found`, `not_yet_committed` while the leaf is not under a signed head (`log_halted` where that will not
 * change by itself), `not_witnessed_yet`, `leaf_expired` for an attempt of a time whose leaves were detached.
 */
export async function assembleProofPackage(
  deps: AssembleDeps,
  tenantId: TenantId,
  deliveryAttemptId: string,
  witnessed: Witnessed = 'prefer',
): Promise<string> {
  if (!isUuid(deliveryAttemptId)) throw notFound();
  const { proofs, clock } = deps;
  const id = deliveryAttemptId as DeliveryAttemptId;
  const leaf = await ownLeaf(proofs, tenantId, id);
  const keys = await listAttestationKeys(proofs.pool, leaf.logId);
  const head = await chooseHead(deps, leaf, witnessed, keys);
  if (!keys.some(({ publicKey }) => equalBytes(publicKey, head.publicKey))) {
    throw new Error('the head is signed by a key that is not the log’s');
  }
  const proof = await proveUnderHead(proofs, leaf.logId, leaf, head, head.treeSize);
  const keyChain = await keyChainOf(proofs, leaf.logId, head);
  const text = JSON.stringify({
    format: 'kapsel.proof/v1',
    delivery_attempt_id: id,
    leaf_data: leaf.leafData,
    leaf_hash: hexFromBytes(leaf.leafHash),
    inclusion_proof: proof,
    signed_tree_head: encodeTreeHeadJson(head),
    ...(keyChain.length === 0 ? {} : { key_chain: keyChain }),
  });
  const oldest = oldestPinnable(keys, keyChain) ?? head.publicKey;
  assertVerifies(text, [head.publicKey, oldest], clock.nowMs());
  return text;
}

// The leaf first: by age, the row of an attempt may be gone while its leaf is still there.
async function ownLeaf(
  proofs: ProofCache,
  tenantId: TenantId,
  id: DeliveryAttemptId,
): Promise<SequencedLeaf> {
  const { pool } = proofs;
  const leaf = await findLeafByAttempt(pool, tenantId, id);
  if (leaf !== null) return leaf;
  // The same answer to everybody who asks for such an id: whose it was, no row says any more.
  const isWaiting = await isPendingAttempt(pool, tenantId, id);
  if (!isWaiting && (await isBeforeFirstMonth(pool, id))) throw leafExpired();
  if (!isWaiting && !(await hasAttempt(pool, tenantId, id))) throw notFound();
  throw await refusalOfWaiting(proofs, (await logForTenant(pool, tenantId)).id);
}

function leafExpired(): Failure {
  return new Failure(
    'leaf_expired',
    'Leaves of that time were detached: packages that were downloaded verify for ever, and inclusion is proved by leaf hash and leaf_index',
  );
}

async function chooseHead(
  { proofs, findWitnessedHead }: AssembleDeps,
  { logId, leafIndex }: SequencedLeaf,
  witnessed: Witnessed,
  keys: readonly AttestationKey[],
): Promise<TreeHead> {
  // A stolen key's word is worth nothing, also where it was ours: the next head is by the key after it.
  const isRevoked = (head: TreeHead): boolean =>
    keys.some((key) => key.state === 'revoked' && equalBytes(key.publicKey, head.publicKey));
  const newest = await coveringHead(proofs, logId, leafIndex);
  const seen = witnessed === 'none' ? null : await findWitnessedHead(logId);
  if (seen !== null && seen.treeSize > leafIndex && !isRevoked(seen)) return seen;
  if (witnessed === 'require') {
    throw new Failure(
      'not_witnessed_yet',
      'No head above the leaf was signed by enough witnesses yet',
    );
  }
  if (isRevoked(newest)) throw await refusalOfWaiting(proofs, logId);
  return newest;
}

/** The oldest key that a reader may have pinned: the log's first, or where a very long chain begins. */
function oldestPinnable(
  keys: readonly AttestationKey[],
  chain: readonly KeyChainItemJson[],
): Uint8Array | null {
  // One that was cut begins with a rotation, so it may be one shorter than the longest.
  const first = chain.length < MAX_STATEMENTS - 1 ? undefined : chain[0];
  if (first === undefined) return keys[0]?.publicKey ?? null;
  return parseKeyLeaf(first.leaf_data).previousPublicKey;
}

// Whatever went wrong behind this line (storage, cache, a bug) must not leave the house as "proof": neither for somebody
// who pinned the key of this head, nor for somebody who pinned an older one and follows the chain.
function assertVerifies(text: string, pins: readonly Uint8Array[], nowMs: number): void {
  const distinct = new Map(pins.map((publicKey) => [hexFromBytes(publicKey), publicKey]));
  for (const publicKey of distinct.values()) {
    const trust = { keys: [{ publicKey, name: null }] };
    const report = verifyProofPackage(text, trust, { nowMs, followKeyStatements });
    if (report.verdict === 'verified') continue;
    const codes = report.checks.flatMap(({ code }) => code ?? []).join(', ');
    throw new Error(`an assembled package does not verify: ${codes}`);
  }
}
