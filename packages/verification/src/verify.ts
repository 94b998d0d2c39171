/** The whole verification of a proof package, in reading order. Pure: package, trust and time in, report out. @module */
import { hexFromBytes } from './bytes.ts';
import { refusalOf, VerificationError } from './errors.ts';
import {
  checkHeadCheckpoint,
  checkHeadSignature,
  factsOfHead,
  failedCheck,
} from './head-checks.ts';
import type { DeliveryLeaf } from './leaf.ts';
import type { AnchorVerdict } from './ots/verify-anchor.ts';
import {
  checkHead,
  checkInclusion,
  checkLeaf,
  checksOfParts,
  NONE_IN_FILE,
} from './package-checks.ts';
import type { KeyResult } from './pinned-key.ts';
import { checkPinnedKey } from './pinned-key.ts';
import type { PolicyResult } from './policy-check.ts';
import { checkPolicy } from './policy-check.ts';
import type { ProofPackage } from './proof-package.ts';
import { parseProofPackage } from './proof-package.ts';
import type { Check, CheckId, Claims, Level, Report, Step } from './report.ts';
import { verdictOfChecks } from './report.ts';
import { withSteps } from './steps-on-demand.ts';
import type { TreeHead } from './tree-head.ts';
import { signedBytesOf } from './tree-head.ts';
import type { Trust } from './trust.ts';

/** What a verification needs besides the file and the trust. */
export interface VerifyOptions {
  /** The current time in Unix milliseconds: a head from the future is not trusted. */
  readonly nowMs: number;
  /**
   * What follows key statements: the export of this name. Without it a package that carries `key_chain` is never
   * `verified`, also under a pinned key, since a statement may revoke that key. Two heads need no such part:
   * `verifyHeadConsistency` always follows their statements.
   */
  readonly followKeyStatements?: KeyStatementFollower;
  /** What checks anchors: `anchorChecker(evidence)`. Without it they are `skipped`, and level C is never shown. */
  readonly checkAnchors?: AnchorChecker;
}

/** The anchor check of a package that has anchors and a good checkpoint. */
export type AnchorChecker = (proofPackage: ProofPackage) => AnchorResult;

/** The check, and the verdict on each anchor as far as they could be read. */
export interface AnchorResult {
  readonly check: Check;
  readonly anchors: readonly AnchorVerdict[];
}

/** The key check of a package with key statements. `isFixedBefore` tells whether the head is older than a moment. */
export type KeyStatementFollower = (
  proofPackage: ProofPackage,
  trust: Trust,
  isFixedBefore: (timeMs: number) => boolean,
) => KeyResult;

const PACKAGE_CHECKS: readonly CheckId[] = [
  'format',
  'leaf',
  'inclusion',
  'head',
  'signature',
  'checkpoint',
  'key',
  'payload',
  'receipt',
  'anchor',
  'disclosure',
  'policy',
];
// A checkpoint may be absent; where it is present and bad it fails the package like the others.
const MANDATORY: readonly CheckId[] = ['format', 'leaf', 'inclusion', 'head', 'signature', 'key'];

/**
 * Verifies a proof package. Hostile input never throws, it gets a verdict; without a pinned key that verdict is
 * `untrusted` at best, since a package cannot vouch for its own key.
 * @example
 * const trust = { keys: [{ publicKey: parsePublicKey(hex).bytes, name: null }] };
 * verifyProofPackage(bytes, trust, { nowMs: Date.now(), followKeyStatements }).verdict // 'verified'
 */
export function verifyProofPackage(
  input: string | Uint8Array,
  trust: Trust,
  options: VerifyOptions,
): Report {
  let proofPackage: ProofPackage;
  try {
    proofPackage = parseProofPackage(input); // from the file
  } catch (cause) {
    const error = refusalOf(cause);
    return reportUnreadable(error);
  }
  const head = proofPackage.signedTreeHead;
  const leaf = checkLeaf(proofPackage);
  const inclusion = checkInclusion(proofPackage, leaf.check);
  const checkpoint = checkHeadCheckpoint(head, 'signed_tree_head');
  const policy = checkPolicy(head.checkpoint, checkpoint, trust.policy, 'signed_tree_head');
  const key = checkPackageKey(proofPackage, trust, policy, options.followKeyStatements);
  const anchor = checkPackageAnchors(proofPackage, checkpoint, options.checkAnchors);
  const checks: readonly Check[] = [
    { id: 'format', status: 'pass' },
    leaf.check,
    inclusion.check,
    checkHead(proofPackage, leaf.leaf, options.nowMs),
    checkHeadSignature(head, 'signed_tree_head'),
    checkpoint,
    key.check,
    ...checksOfParts(proofPackage, anchor.check),
    policy.check,
  ];
  const verdict = verdictOfChecks(
    checks,
    trust.policy === undefined ? MANDATORY : [...MANDATORY, 'policy'],
  );
  const isVerified = verdict === 'verified';
  const facts = {
    verdict,
    levels: levelsOf(isVerified, anchor.check),
    checks,
    claims: leaf.leaf === null ? null : claimsOfLeaf(leaf.leaf, isVerified),
    tree: { ...factsOfHead(head), leafIndex: proofPackage.inclusionProof.leafIndex },
    key: key.facts,
    anchors: anchor.anchors,
  };
  return withSteps(facts, () => [
    ...leaf.steps,
    ...inclusion.steps(),
    signatureStep(head, key.facts.keyId),
  ]);
}

function checkPackageKey(
  proofPackage: ProofPackage,
  trust: Trust,
  policy: PolicyResult,
  follow: KeyStatementFollower | undefined,
): KeyResult {
  const pinned = checkPinnedKey(proofPackage.signedTreeHead, trust, 'signed_tree_head');
  if (proofPackage.keyChain.length === 0) return pinned;
  if (follow !== undefined) return follow(proofPackage, trust, policy.isSeenBefore);
  const reason = 'key statements are present, and followKeyStatements was not given';
  return { ...pinned, check: { id: 'key', status: 'skipped', reason } };
}

/** A stamp is on the checkpoint: it says nothing where that is missing or is not the one of the head. */
function checkPackageAnchors(
  proofPackage: ProofPackage,
  checkpoint: Check,
  check: AnchorChecker | undefined,
): AnchorResult {
  const skipped = (reason: string): AnchorResult => ({
    check: { id: 'anchor', status: 'skipped', reason },
    anchors: [],
  });
  if (proofPackage.anchors.length === 0) return skipped(NONE_IN_FILE);
  if (check === undefined) return skipped('present, and checkAnchors was not given');
  if (proofPackage.signedTreeHead.checkpoint === null) {
    const error = new VerificationError('E_FIELD', {
      field: 'signed_tree_head.checkpoint',
      rule: 'member-present',
    });
    return { check: failedCheck('anchor', error), anchors: [] };
  }
  if (checkpoint.status !== 'pass') return skipped('the checkpoint is not the one of the head');
  return check(proofPackage);
}

function levelsOf(isVerified: boolean, anchor: Check): readonly Level[] {
  if (!isVerified) return [];
  return anchor.status === 'pass' ? ['A', 'C'] : ['A'];
}

function reportUnreadable(error: VerificationError): Report {
  const reason = 'the file cannot be read as a proof package';
  const checks = PACKAGE_CHECKS.map(
    (id): Check =>
      id === 'format' ? failedCheck('format', error) : { id, status: 'skipped', reason },
  );
  return {
    verdict: verdictOfChecks(checks, MANDATORY),
    levels: [],
    checks,
    claims: null,
    tree: null,
    key: null,
    anchors: [],
    steps: [],
  };
}

/** What the leaf says of the delivery, and whether it may be believed. */
export function claimsOfLeaf(leaf: DeliveryLeaf, authenticated: boolean): Claims {
  const { type, log, attemptedAtMs, responseHash, receiptHash, commitments, ...claims } = leaf;
  return { authenticated, ...claims };
}

function signatureStep(head: TreeHead, keyId: string): Step {
  return {
    kind: 'signature',
    message: hexFromBytes(signedBytesOf(head)),
    signature: hexFromBytes(head.signature),
    publicKey: hexFromBytes(head.publicKey),
    keyId,
  };
}
