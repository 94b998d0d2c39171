/** The checks that a proof package adds to those of its head: leaf, inclusion, and that all doubled members agree. @module */
import { equalBytes, hexFromBytes, utf8FromString } from './bytes.ts';
import { refusalIn, refusalOf, VerificationError } from './errors.ts';
import { leafHash } from './hash.ts';
import { assertHeadNotInFuture, CLOCK_TOLERANCE_MS, runCheck } from './head-checks.ts';
import type { Place } from './inclusion.ts';
import { assertPlace, stepsOfWalk, walk } from './inclusion.ts';
import type { DeliveryLeaf } from './leaf.ts';
import { parseLeaf } from './leaf.ts';
import type { InclusionProof, ProofPackage } from './proof-package.ts';
import type { Check, CheckId, Step } from './report.ts';
import { textOfMs } from './time.ts';

const NOT_CHECKED = 'present, not checked by this version';
/** What is said of a part that is absent. */
export const NONE_IN_FILE = 'none in the file';

/** A check and what it read or calculated on the way. */
export interface LeafResult {
  readonly check: Check;
  /** Null where the text is not a leaf: then nothing of it is shown. */
  readonly leaf: DeliveryLeaf | null;
  readonly steps: readonly Step[];
}

/** A check and its calculation, rung by rung; the rungs are empty where the path could not be walked. */
export interface InclusionResult {
  readonly check: Check;
  readonly steps: () => readonly Step[];
}

/**
 * Hashes the leaf text, then reads it: nothing is believed that was parsed from another text than the hashed one.
 */
export function checkLeaf(proofPackage: ProofPackage): LeafResult {
  const leafBytes = utf8FromString(proofPackage.leafData);
  const computed = leafHash(leafBytes);
  let leaf: DeliveryLeaf | null = null;
  const check = runCheck('leaf', '', () => {
    leaf = parseLeaf(proofPackage.leafData);
    assertLeafHash(computed, proofPackage.leafHash, 'leaf_hash');
    assertLeafHash(computed, proofPackage.inclusionProof.leafHash, 'inclusion_proof.leaf_hash');
  });
  const step: Step = { kind: 'leaf', sizeBytes: leafBytes.length, hash: hexFromBytes(computed) };
  return { check, leaf, steps: [step] };
}

/** Walks the path from the leaf hash to the root. It depends on the leaf: another leaf has another path. */
export function checkInclusion(proofPackage: ProofPackage, leafCheck: Check): InclusionResult {
  if (leafCheck.status !== 'pass') {
    const reason = 'the leaf is not the one of the proof';
    return { check: { id: 'inclusion', status: 'skipped', reason }, steps: () => [] };
  }
  const { inclusionProof: proof, signedTreeHead: head } = proofPackage;
  const place: Place = { index: BigInt(proof.leafIndex), size: BigInt(proof.treeSize) };
  let steps = (): readonly Step[] => [];
  const check = runCheck('inclusion', '', () => {
    assertPlaceInProof(place, proof);
    const root = walk(proof.leafHash, place, proof.proofHashes);
    const computed = hexFromBytes(root);
    steps = () => [
      ...stepsOfWalk(proof.leafHash, place, proof.proofHashes).steps,
      { kind: 'root', computed, signed: hexFromBytes(head.rootHash) },
    ];
    if (equalBytes(root, proof.rootHash)) return;
    throw new VerificationError('E_ROOT_MISMATCH', {
      // Where both copies agree the signed one is named: it is the one that counts.
      field: equalBytes(proof.rootHash, head.rootHash)
        ? 'signed_tree_head.root_hash'
        : 'inclusion_proof.root_hash',
      expected: hexFromBytes(proof.rootHash),
      actual: computed,
    });
  });
  return { check, steps };
}

function assertPlaceInProof(place: Place, { proofHashes }: InclusionProof): void {
  try {
    assertPlace(place, proofHashes.length);
  } catch (cause) {
    throw refusalIn('inclusion_proof', refusalOf(cause));
  }
}

/**
 * Size, root, log and attempt stand in two places each: a path says nothing about a head that it does not lead to.
 * The head's time is compared last, so that a contradiction is named before a doubt.
 */
export function checkHead(
  proofPackage: ProofPackage,
  leaf: DeliveryLeaf | null,
  nowMs: number,
): Check {
  const { inclusionProof: proof, signedTreeHead: head } = proofPackage;
  const check = runCheck('head', '', () => {
    assertAgree('inclusion_proof.tree_size', `${proof.treeSize}`, `${head.treeSize}`);
    const rootOfProof = hexFromBytes(proof.rootHash);
    assertAgree('inclusion_proof.root_hash', rootOfProof, hexFromBytes(head.rootHash));
    if (leaf !== null) {
      assertAgree('delivery_attempt_id', proofPackage.deliveryAttemptId, leaf.deliveryAttemptId);
      assertAgree('signed_tree_head.log', head.log, leaf.log);
      assertHeadAfterAttempt(head.timestampMs, leaf);
    }
    assertHeadNotInFuture(head, nowMs, 'signed_tree_head.timestamp');
  });
  if (check.status !== 'pass' || leaf !== null) return check;
  return {
    id: 'head',
    status: 'skipped',
    reason: 'the leaf cannot be read, so nothing to compare',
  };
}

/**
 * The checks of the parts beside the proof, in order. At all but the anchor nothing here looks: what is absent says so,
 * what is present says so too.
 */
export function checksOfParts(proofPackage: ProofPackage, anchor: Check): readonly Check[] {
  const skipped = (id: CheckId, reason: string): Check => ({ id, status: 'skipped', reason });
  const part = (id: CheckId, isPresent: boolean): Check =>
    skipped(id, isPresent ? NOT_CHECKED : NONE_IN_FILE);
  return [
    skipped('payload', 'no payload given'),
    part('receipt', proofPackage.receipt !== null),
    anchor,
    part('disclosure', proofPackage.disclosures.length > 0),
  ];
}

function assertHeadAfterAttempt(timestampMs: number, leaf: DeliveryLeaf): void {
  const earliestMs = leaf.attemptedAtMs - CLOCK_TOLERANCE_MS;
  if (timestampMs >= earliestMs) return;
  throw new VerificationError('E_STH_TIME', {
    field: 'signed_tree_head.timestamp',
    expected: `at least ${textOfMs(earliestMs)}`,
    actual: textOfMs(timestampMs),
  });
}

function assertLeafHash(computed: Uint8Array, stated: Uint8Array, field: string): void {
  if (equalBytes(computed, stated)) return;
  throw new VerificationError('E_LEAF_HASH', {
    field,
    expected: hexFromBytes(stated),
    actual: hexFromBytes(computed),
  });
}

function assertAgree(field: string, actual: string, expected: string): void {
  if (actual !== expected)
    throw new VerificationError('E_HEAD_MISMATCH', { field, expected, actual });
}
