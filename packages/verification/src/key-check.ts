/** The key check of a head: pinned by the user, or reached from a pinned key by statements, and not revoked. @module */
import { equalBytes } from './bytes.ts';
import { refusalOf, VerificationError } from './errors.ts';
import { failedCheck, runCheck } from './head-checks.ts';
import type { KeyChain, KeyRevocation, KeyStatement } from './key-chain.ts';
import { verifyKeyChain } from './key-chain.ts';
import type { KeyWay } from './key-way.ts';
import { findKeyWay } from './key-way.ts';
import type { KeyResult } from './pinned-key.ts';
import type { LoggedLeaf, ProofPackage } from './proof-package.ts';
import { keyIdFromPublicKey } from './public-key.ts';
import type { Check, KeyFacts, KeyStatementFacts } from './report.ts';
import { textOfMs } from './time.ts';
import type { TreeHead } from './tree-head.ts';
import type { Trust } from './trust.ts';
import { allTrustedKeys } from './trust.ts';

/** The statements that came with a head: a chain that holds, none at all, or why they do not hold. */
export interface ChainResult {
  readonly chain: KeyChain | null;
  readonly refusal: Check | null;
}

/** Reads the statements beside a head; the prefix says in which file they stand. */
export function checkKeyChain(
  statements: readonly LoggedLeaf[],
  head: TreeHead,
  prefix: string,
): ChainResult {
  if (statements.length === 0) return { chain: null, refusal: null };
  try {
    return { chain: verifyKeyChain(statements, head), refusal: null };
  } catch (cause) {
    const error = refusalOf(cause);
    return { chain: null, refusal: failedCheck('key', error, prefix) };
  }
}

/**
 * The key check of a package with key statements: hand it to `verifyProofPackage` in its options. It is apart from it
 * because it is large, and many logs never change their key.
 * @example verifyProofPackage(bytes, trust, { nowMs: Date.now(), followKeyStatements })
 */
export function followKeyStatements(
  { keyChain, signedTreeHead: head }: ProofPackage,
  trust: Trust,
  isFixedBefore: (timeMs: number) => boolean,
): KeyResult {
  const result = checkKeyChain(keyChain, head, '');
  const revocations = result.chain?.revocations ?? [];
  return checkHeadKey(head, trust, 'signed_tree_head', { ...result, revocations, isFixedBefore });
}

/** What besides the pinned keys bears on the key of a head. */
export interface KeyEvidence extends ChainResult {
  /** Revocations that hold, also those of a chain that came with another head of the log. */
  readonly revocations: readonly KeyRevocation[];
  /** Whether something else than the key's own word shows that this head is older than the moment. */
  readonly isFixedBefore: (timeMs: number) => boolean;
}

/** A head that stands alone: no statement, no revocation. */
export const NO_EVIDENCE: KeyEvidence = {
  chain: null,
  refusal: null,
  revocations: [],
  isFixedBefore: () => false,
};

/**
 * Whether the user vouches for the head's key, for this log and this time: by pinning it, or by pinning a key that
 * leads to it. Statements that contradict themselves fail the check even beside a pinned key, as a bad checkpoint does.
 */
export function checkHeadKey(
  head: TreeHead,
  trust: Trust,
  prefix: string,
  evidence: KeyEvidence = NO_EVIDENCE,
): KeyResult {
  const keyId = keyIdFromPublicKey(head.publicKey);
  const way = findKeyWay(head, allTrustedKeys(trust), evidence.chain);
  const facts: KeyFacts = {
    keyId,
    name: way.name,
    source: way.source,
    statements: way.statements.map(factsOfStatement),
  };
  if (evidence.refusal !== null) return { check: evidence.refusal, facts };
  const check = runCheck('key', prefix, () => {
    if (way.refusal !== null) throw way.refusal;
    assertWayNotRevoked(way, evidence.revocations);
    assertHeadNotRevoked(head, evidence);
  });
  return { check: withReason(check, reasonOf(check, head, way, evidence)), facts };
}

/**
 * A key that its predecessor revoked named its next key after the presumed theft: that statement is worth nothing.
 * Where the successor revokes, the statement is the log's own way out of the theft, and is as good as without it.
 */
function assertWayNotRevoked({ statements }: KeyWay, revocations: readonly KeyRevocation[]): void {
  for (const { leaf } of statements) {
    const revocation = revocations.find(
      (each) =>
        each.by === 'predecessor' &&
        isRevocationOf(each, leaf.previousPublicKey as Uint8Array) &&
        leaf.validFromMs >= each.leaf.validFromMs,
    );
    if (revocation === undefined) continue;
    throw new VerificationError('E_KEY_REVOKED', {
      field: 'public_key',
      expected: `a key named before ${revocation.leaf.validFrom}`,
      actual: `one named from ${leaf.validFrom} by a revoked key`,
    });
  }
}

function assertHeadNotRevoked(head: TreeHead, evidence: KeyEvidence): void {
  const revocation = earliestRevocation(head, evidence.revocations);
  if (revocation === null) return;
  const { validFromMs } = revocation.leaf;
  if (head.timestampMs < validFromMs && evidence.isFixedBefore(validFromMs)) return;
  throw new VerificationError('E_KEY_REVOKED', {
    field: 'timestamp',
    expected: revocation.leaf.validFrom,
    actual: textOfMs(head.timestampMs),
  });
}

function earliestRevocation(
  head: TreeHead,
  revocations: readonly KeyRevocation[],
): KeyRevocation | null {
  const ofHead = revocations.filter((each) => isRevocationOf(each, head.publicKey));
  return ofHead.reduce<KeyRevocation | null>(
    (first, each) =>
      first === null || each.leaf.validFromMs < first.leaf.validFromMs ? each : first,
    null,
  );
}

function isRevocationOf({ leaf }: KeyRevocation, publicKey: Uint8Array): boolean {
  return equalBytes(leaf.publicKey, publicKey);
}

function withReason(check: Check, reason: string | null): Check {
  return reason === null ? check : { ...check, reason };
}

// What neither the code nor the values say.
function reasonOf(check: Check, head: TreeHead, way: KeyWay, evidence: KeyEvidence): string | null {
  const revocation = earliestRevocation(head, evidence.revocations);
  if (check.code === 'E_KEY_REVOKED') return revokedReason(head, revocation);
  if (check.status !== 'pass' || revocation === null) return way.reason;
  const older = `revoked from ${revocation.leaf.validFrom}, and the head is older`;
  return way.reason === null ? older : `${way.reason}; ${older}`;
}

function revokedReason(head: TreeHead, revocation: KeyRevocation | null): string | null {
  if (revocation === null || head.timestampMs >= revocation.leaf.validFromMs) return null;
  return 'the head claims an earlier time, but a thief of the key could write that too, and nothing else that was checked shows it';
}

function factsOfStatement({ leaf, isLogged }: KeyStatement): KeyStatementFacts {
  return {
    previousKeyId: keyIdFromPublicKey(leaf.previousPublicKey as Uint8Array),
    keyId: keyIdFromPublicKey(leaf.publicKey),
    validFrom: leaf.validFrom,
    isLogged,
  };
}
