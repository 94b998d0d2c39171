/** STORY: everything a verifier needs about one delivery attempt, in one package that was verified before it leaves. @module */
import {
  anchorChecker,
  base64FromBytes,
  type ChainParameters,
  equalBytes,
  followKeyStatements,
  type HeaderEvidence,
  hexFromBytes,
  parseHeaderRun,
  parseKeyLeaf,
  type VerifyOptions,
  verifyProofPackage,
} from '@kapsel/verification';
import {
  findLeafByAttempt,
  hasAttempt,
  isBeforeFirstMonth,
  isPendingAttempt,
  type SequencedLeaf,
} from '../attestation/leaf-store.ts';
import { encodeTreeHeadJson } from '../attestation/tree-head.ts';
import type { Clock } from '../base/clock.ts';
import { Failure, notFound } from '../base/failure.ts';
import { type DeliveryAttemptId, isUuid, type TenantId } from '../base/ids.ts';
import type { ForTenant, ReadForTenant } from '../db/tenant-db.ts';
import { type AttestationKey, listAttestationKeys } from '../keys/store.ts';
import { logForTenant } from '../logs/for-tenant.ts';
import { type ChooseHeadDeps, chooseHead, type FoundAnchor, type HeadWish } from './choose-head.ts';
import { type KeyChainItemJson, keyChainOf, MAX_STATEMENTS } from './key-chain.ts';
import { proveUnderHead, refusalOfWaiting } from './prove-inclusion.ts';

export interface AssembleDeps extends ChooseHeadDeps {
  readonly forTenant: ForTenant;
  readonly readForTenant: ReadForTenant;
  readonly clock: Clock;
  /** The chain that anchors are in. */
  readonly chain: ChainParameters;
}

/** A package, and the anchor that it carries. */
export interface AssembledPackage {
  readonly text: string;
  readonly anchor: FoundAnchor | null;
}

/**
 * The text of the `kapsel.proof/v1` package of a tenant's delivery attempt, from the log that its leaf is in.
 * Failures: `not_found`, `not_yet_committed` while the leaf is not under a signed head (`log_halted` where that will not
 * change by itself), `not_witnessed_yet`, `not_anchored_yet`, `leaf_expired` for an attempt of a time whose leaves were
 * detached.
 */
export async function assembleProofPackage(
  deps: AssembleDeps,
  tenantId: TenantId,
  deliveryAttemptId: string,
  wish: HeadWish = {},
): Promise<AssembledPackage> {
  if (!isUuid(deliveryAttemptId)) throw notFound();
  const { proofs, clock, chain } = deps;
  const id = deliveryAttemptId as DeliveryAttemptId;
  const leaf = await ownLeaf(deps, tenantId, id);
  const keys = await listAttestationKeys(proofs.pool, leaf.logId);
  const { head, anchor } = await chooseHead(deps, leaf, wish, keys);
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
    ...(anchor === null ? {} : { anchors: [encodeAnchorJson(anchor)] }),
  });
  const oldest = oldestPinnable(keys, keyChain) ?? head.publicKey;
  const checkAnchors = anchorChecker({ chain, headers: evidenceOf(anchor, chain) });
  assertVerifies(text, [head.publicKey, oldest], { nowMs: clock.nowMs(), checkAnchors });
  return { text, anchor };
}

// The leaf first: by age, the row of an attempt may be gone while its leaf is still there.
async function ownLeaf(
  { proofs, forTenant, readForTenant }: AssembleDeps,
  tenantId: TenantId,
  id: DeliveryAttemptId,
): Promise<SequencedLeaf> {
  const { pool } = proofs;
  const leaf = await readForTenant(tenantId).near(
    (near) => findLeafByAttempt(near, tenantId, id),
    (found) => found !== null,
  );
  if (leaf !== null) return leaf;
  const db = forTenant(tenantId);
  // The same answer to everybody who asks for such an id: whose it was, no row says any more.
  const isWaiting = await isPendingAttempt(db, tenantId, id);
  if (!isWaiting && (await isBeforeFirstMonth(pool, id))) throw leafExpired();
  if (!isWaiting && !(await hasAttempt(db, tenantId, id))) throw notFound();
  throw await refusalOfWaiting(proofs, (await logForTenant(pool, tenantId)).id);
}

function leafExpired(): Failure {
  return new Failure(
    'leaf_expired',
    'Leaves of that time were detached: packages that were downloaded verify for ever, and inclusion is proved by leaf hash and leaf_index',
  );
}

interface AnchorJson {
  readonly type: 'opentimestamps';
  readonly proof: string;
  readonly headers?: readonly string[];
}

/** The header is a help to whoever has none at hand; no verifier believes it by itself. */
function encodeAnchorJson({ ots, block }: FoundAnchor): AnchorJson {
  return {
    type: 'opentimestamps',
    proof: base64FromBytes(ots),
    ...(block === null ? {} : { headers: [hexFromBytes(block.header)] }),
  };
}

/** The header that the anchor was confirmed by: the proof must lead to it, or it is not handed out. */
function evidenceOf(anchor: FoundAnchor | null, chain: ChainParameters): HeaderEvidence[] {
  const block = anchor?.block ?? null;
  if (block === null) return [];
  return [{ source: 'node', run: parseHeaderRun(block.header, block.height, chain) }];
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
function assertVerifies(
  text: string,
  pins: readonly Uint8Array[],
  options: Pick<VerifyOptions, 'nowMs' | 'checkAnchors'>,
): void {
  const distinct = new Map(pins.map((publicKey) => [hexFromBytes(publicKey), publicKey]));
  for (const publicKey of distinct.values()) {
    const trust = { keys: [{ publicKey, name: null }] };
    const report = verifyProofPackage(text, trust, { ...options, followKeyStatements });
    if (report.verdict === 'verified') continue;
    const codes = report.checks.flatMap(({ code }) => code ?? []).join(', ');
    throw new Error(`an assembled package does not verify: ${codes}`);
  }
}
