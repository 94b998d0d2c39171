/** The whole verification of a tlog-proof that carries a delivery leaf, in reading order. Pure. C2SP tlog-proof v1. @module */
import { equalBytes, hexFromBytes, stringFromUtf8 } from './bytes.ts';
import type { Checkpoint } from './checkpoint.ts';
import { checkSignedCheckpoint } from './checkpoint-signers.ts';
import type { Verdict } from './errors.ts';
import { refusalOf, VerificationError } from './errors.ts';
import { leafHash } from './hash.ts';
import { CLOCK_TOLERANCE_MS, failedCheck, runCheck } from './head-checks.ts';
import { inclusionSteps } from './inclusion.ts';
import type { DeliveryLeaf } from './leaf.ts';
import { parseLeaf } from './leaf.ts';
import type { Check, CheckId, Claims, KeyFacts, Level, Step } from './report.ts';
import { verdictOfChecks } from './report.ts';
import { textOfMs } from './time.ts';
import type { TlogProof } from './tlog-proof.ts';
import { parseTlogProof } from './tlog-proof.ts';
import type { Trust } from './trust.ts';
import type { VerifyOptions } from './verify.ts';
import { claimsOfLeaf } from './verify.ts';

/** Everything that was found out about one tlog-proof. A checkpoint has no time, and sizes up to 2^63-1. */
export interface TlogProofReport {
  readonly verdict: Verdict;
  /** `['A']` if verified: the form holds neither receipts nor anchors. */
  readonly levels: readonly Level[];
  /** The checks of a proof package, in the same order; what the form has no place for is `skipped`. */
  readonly checks: readonly Check[];
  readonly claims: Claims | null;
  readonly tree: {
    readonly log: string;
    readonly treeSize: bigint;
    readonly leafIndex: bigint;
    /** Hex. */
    readonly rootHash: string;
  } | null;
  /** The pinned key that signed, or null where none did: a checkpoint names its keys by 4 bytes only. */
  readonly key: KeyFacts | null;
  readonly steps: readonly Step[];
}

const TLOG_PROOF_CHECKS: readonly CheckId[] = [
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
// The checkpoint stands in for the 50-byte signature: it is the only signed thing in the file.
const MANDATORY: readonly CheckId[] = ['format', 'leaf', 'inclusion', 'head', 'checkpoint', 'key'];
const NO_PLACE = 'a tlog-proof has no place for it';

/**
 * Verifies a tlog-proof whose `extra` is the text of a delivery leaf, as `tlogProofFromPackage` writes it. Hostile input
 * never throws, it gets a verdict; without a pinned key that is `untrusted` at best.
 *
 * A checkpoint has no time. So a key with a window is good only while `nowMs` lies in the window, or if a quorum of the
 * policy's witnesses saw the tree before its end; otherwise proofs under an older key are shown by the package, whose
 * head has a signed time.
 * @example verifyTlogProof(file, { keys: [{ publicKey, name: null }] }, { nowMs: Date.now() }).verdict
 */
export function verifyTlogProof(
  input: string | Uint8Array,
  trust: Trust,
  options: VerifyOptions,
): TlogProofReport {
  let proof: TlogProof;
  try {
    proof = parseTlogProof(input); // from the file
  } catch (cause) {
    const error = refusalOf(cause);
    return reportUnreadable(error);
  }
  const signed = checkSignedCheckpoint(proof.checkpoint, trust, options.nowMs);
  const leaf = checkLeaf(proof);
  const inclusion = checkInclusion(proof, leaf, signed.checkpoint);
  const checks: readonly Check[] = [
    { id: 'format', status: 'pass' },
    leaf.check,
    inclusion.check,
    checkHead(leaf.leaf, signed.checkpoint, options.nowMs),
    skipped('signature', NO_PLACE),
    signed.check,
    signed.keyCheck,
    skipped('payload', 'no payload given'),
    skipped('receipt', NO_PLACE),
    skipped('anchor', NO_PLACE),
    skipped('disclosure', NO_PLACE),
    signed.policyCheck,
  ];
  const mandatory: readonly CheckId[] =
    trust.policy === undefined ? MANDATORY : [...MANDATORY, 'policy'];
  const verdict = verdictOfChecks(checks, mandatory);
  const isVerified = verdict === 'verified';
  return {
    verdict,
    levels: isVerified ? ['A'] : [],
    checks,
    claims: leaf.leaf === null ? null : claimsOfLeaf(leaf.leaf, isVerified),
    tree: signed.checkpoint === null ? null : treeFacts(proof, signed.checkpoint),
    key: signed.key,
    steps: [...leaf.steps, ...inclusion.steps, ...signed.steps],
  };
}

interface LeafResult {
  readonly check: Check;
  readonly leaf: DeliveryLeaf | null;
  readonly hash: Uint8Array;
  readonly steps: readonly Step[];
}

// Hash first, then read: nothing is believed that was parsed from other bytes than the hashed ones.
function checkLeaf(proof: TlogProof): LeafResult {
  const data = proof.extra ?? new Uint8Array(0);
  const hash = leafHash(data);
  let leaf: DeliveryLeaf | null = null;
  const check = runCheck('leaf', '', () => {
    leaf = parseLeaf(textOfExtra(proof.extra));
  });
  const steps: readonly Step[] = [
    { kind: 'leaf', sizeBytes: data.length, hash: hexFromBytes(hash) },
  ];
  return { check, leaf, hash, steps };
}

function textOfExtra(extra: Uint8Array | null): string {
  if (extra === null) throw leafRefusal('the leaf data', 'none');
  try {
    return stringFromUtf8(extra);
  } catch (cause) {
    const error = refusalOf(cause);
    throw leafRefusal('UTF-8', 'other bytes', error);
  }
}

function leafRefusal(expected: string, actual: string, cause?: unknown): VerificationError {
  return new VerificationError('E_LEAF_TEXT', { field: 'extra', expected, actual, cause });
}

function checkInclusion(
  proof: TlogProof,
  leaf: LeafResult,
  checkpoint: Checkpoint | null,
): { readonly check: Check; readonly steps: readonly Step[] } {
  if (leaf.check.status !== 'pass' || checkpoint === null) {
    const what = checkpoint === null ? 'the checkpoint' : 'the leaf';
    return { check: skipped('inclusion', `${what} cannot be read`), steps: [] };
  }
  const { treeSize, rootHash } = checkpoint;
  const steps: Step[] = [];
  const check = runCheck('inclusion', '', () => {
    const walked = inclusionSteps(leaf.hash, proof.leafIndex, treeSize, proof.proofHashes);
    const [computed, signed] = [hexFromBytes(walked.root), hexFromBytes(rootHash)];
    steps.push(...walked.steps, { kind: 'root', computed, signed });
    if (equalBytes(walked.root, rootHash)) return;
    throw new VerificationError('E_ROOT_MISMATCH', {
      field: 'checkpoint root',
      expected: signed,
      actual: computed,
    });
  });
  return { check, steps };
}

// The leaf names its log, the checkpoint too; and a leaf from the future stands in no tree of today.
function checkHead(leaf: DeliveryLeaf | null, checkpoint: Checkpoint | null, nowMs: number): Check {
  if (leaf === null || checkpoint === null) {
    const what = leaf === null ? 'leaf' : 'checkpoint';
    return skipped('head', `the ${what} cannot be read, so nothing to compare`);
  }
  const { origin } = checkpoint;
  return runCheck('head', '', () => {
    if (leaf.log !== origin) {
      const details = { field: 'checkpoint origin', expected: leaf.log, actual: origin };
      throw new VerificationError('E_HEAD_MISMATCH', details);
    }
    const latestMs = nowMs + CLOCK_TOLERANCE_MS;
    if (leaf.attemptedAtMs <= latestMs) return;
    throw new VerificationError('E_STH_TIME', {
      field: 'extra.attempted_at',
      expected: `at most ${textOfMs(latestMs)}`,
      actual: leaf.attemptedAt,
    });
  });
}

function treeFacts(proof: TlogProof, checkpoint: Checkpoint): TlogProofReport['tree'] {
  const { origin: log, treeSize, rootHash } = checkpoint;
  return { log, treeSize, leafIndex: proof.leafIndex, rootHash: hexFromBytes(rootHash) };
}

function skipped(id: CheckId, reason: string): Check {
  return { id, status: 'skipped', reason };
}

function reportUnreadable(error: VerificationError): TlogProofReport {
  const checks = TLOG_PROOF_CHECKS.map((id) =>
    id === 'format'
      ? failedCheck(id, error)
      : skipped(id, 'the file cannot be read as a tlog-proof'),
  );
  const verdict = verdictOfChecks(checks, MANDATORY);
  return { verdict, levels: [], checks, claims: null, tree: null, key: null, steps: [] };
}
