/** The whole verification of two heads of one log: is the later tree a continuation of the earlier one? Pure. @module */
import { equalBytes, hexFromBytes } from './bytes.ts';
import { verifyConsistency } from './consistency.ts';
import type { ConsistencyProof } from './consistency-proof.ts';
import { parseConsistencyProof } from './consistency-proof.ts';
import { VerificationError } from './errors.ts';
import { emptyRoot } from './hash.ts';
import {
  assertHeadNotInFuture,
  checkHeadCheckpoint,
  checkHeadKey,
  checkHeadSignature,
  factsOfHead,
  failedCheck,
  runCheck,
} from './head-checks.ts';
import { parseJson, textFromInput } from './json.ts';
import { isJsonObject } from './members.ts';
import { MAX_PACKAGE_BYTES, readProofPackage } from './proof-package.ts';
import type { Check, CheckId, ConsistencyReport } from './report.ts';
import { verdictOfChecks } from './report.ts';
import type { TreeHead } from './tree-head.ts';
import { readTreeHead } from './tree-head.ts';
import type { Trust } from './trust.ts';
import type { VerifyOptions } from './verify.ts';

const HEAD_CHECKS: readonly CheckId[] = [
  'format',
  'head',
  'signature',
  'checkpoint',
  'key',
  'consistency',
];
const MANDATORY: readonly CheckId[] = ['format', 'head', 'signature', 'key', 'consistency'];

/**
 * Verifies two heads (or packages, whose heads are taken) and the proof between them. The head with the earlier
 * timestamp counts as the old one, in whichever order they are given. The proof may be null where both trees have
 * the same size, or the old one none. Hostile input never throws.
 * @example verifyHeadConsistency(oldText, newText, proofText, trust, { nowMs: Date.now() }).verdict
 */
export function verifyHeadConsistency(
  oldHead: string | Uint8Array,
  newHead: string | Uint8Array,
  proof: string | Uint8Array | null,
  trust: Trust,
  options: VerifyOptions,
): ConsistencyReport {
  let older: TreeHead;
  let newer: TreeHead;
  let path: ConsistencyProof | null;
  try {
    // from the files
    [older, newer] = inTimeOrder(
      readInput('old_head', () => headFromInput(oldHead)),
      readInput('new_head', () => headFromInput(newHead)),
    );
    path = proof === null ? null : readInput('proof', () => parseConsistencyProof(proof));
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error; // a mistake of ours is no verdict
    return reportUnreadable(error);
  }
  const head = checkHeadsMatch(older, newer, path, options.nowMs);
  const signature = ofBoth(older, newer, checkHeadSignature);
  const key = ofBoth(older, newer, (each, name) => checkHeadKey(each, trust, name).check);
  const obstacle = findObstacle(head, signature, key);
  const checks: readonly Check[] = [
    { id: 'format', status: 'pass' },
    head,
    signature,
    ofBoth(older, newer, checkHeadCheckpoint),
    key,
    obstacle === null
      ? checkConsistency(older, newer, path)
      : { id: 'consistency', status: 'skipped', reason: obstacle },
  ];
  return {
    verdict: verdictOfChecks(checks, MANDATORY),
    checks,
    old: factsOfHead(older),
    new: factsOfHead(newer),
  };
}

// Two contradicting heads accuse a log, so both must be signed, by keys the user vouches for: anybody can make two
// heads under a key of their own.
function findObstacle(head: Check, signature: Check, key: Check): string | null {
  if (head.status === 'skipped') return 'the heads are of two logs';
  if (head.code === 'E_HEAD_MISMATCH') return 'the proof is of other heads';
  if (signature.status === 'fail') return 'a head is not signed by its key';
  return key.status === 'fail' ? 'a head is not signed by a key you pinned' : null;
}

function headFromInput(input: string | Uint8Array): TreeHead {
  const value = parseJson(textFromInput(input, MAX_PACKAGE_BYTES, 'tree head'));
  const isPackage = isJsonObject(value) && value.has('format');
  return isPackage ? readProofPackage(value).signedTreeHead : readTreeHead(value, '');
}

function readInput<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    throw new VerificationError(error.code, {
      field: error.field === undefined ? name : `${name}: ${error.field}`,
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      ...(error.actual === undefined ? {} : { actual: error.actual }),
      cause: error,
    });
  }
}

// A log's timestamps grow strictly, so time tells which head is the old one; at equal times the smaller tree is.
function inTimeOrder(a: TreeHead, b: TreeHead): readonly [TreeHead, TreeHead] {
  const aIsOlder =
    a.timestampMs === b.timestampMs ? a.treeSize <= b.treeSize : a.timestampMs < b.timestampMs;
  return aIsOlder ? [a, b] : [b, a];
}

function ofBoth(
  older: TreeHead,
  newer: TreeHead,
  check: (head: TreeHead, name: string) => Check,
): Check {
  const ofOld = check(older, 'old_head');
  const ofNew = check(newer, 'new_head');
  return (
    [ofOld, ofNew].find(({ status }) => status === 'fail') ??
    (ofOld.status === 'pass' ? ofNew : ofOld)
  );
}

function checkHeadsMatch(
  older: TreeHead,
  newer: TreeHead,
  proof: ConsistencyProof | null,
  nowMs: number,
): Check {
  if (older.log !== newer.log) {
    // No contradiction: two logs owe each other nothing. But nothing is shown either.
    return { id: 'head', status: 'skipped', reason: 'the heads are of two logs' };
  }
  return runCheck('head', '', () => {
    if (proof !== null && needsProof(older, newer)) assertProofFits(proof, older, newer);
    assertHeadNotInFuture(older, nowMs, 'old_head.timestamp');
    assertHeadNotInFuture(newer, nowMs, 'new_head.timestamp');
  });
}

function assertProofFits(proof: ConsistencyProof, older: TreeHead, newer: TreeHead): void {
  const pairs = [
    ['proof.old_size', `${proof.oldSize}`, `${older.treeSize}`],
    ['proof.new_size', `${proof.newSize}`, `${newer.treeSize}`],
    ['proof.old_root', hexFromBytes(proof.oldRoot), hexFromBytes(older.rootHash)],
    ['proof.new_root', hexFromBytes(proof.newRoot), hexFromBytes(newer.rootHash)],
  ] as const;
  for (const [field, actual, expected] of pairs) {
    if (actual !== expected)
      throw new VerificationError('E_HEAD_MISMATCH', { field, expected, actual });
  }
}

function checkConsistency(older: TreeHead, newer: TreeHead, proof: ConsistencyProof | null): Check {
  if (!needsProof(older, newer))
    return runCheck('consistency', '', () => assertHeadsAgree(older, newer));
  if (proof === null) {
    return { id: 'consistency', status: 'skipped', reason: 'no consistency proof given' };
  }
  return runCheck('consistency', 'proof', () =>
    verifyConsistency(
      older.rootHash,
      newer.rootHash,
      older.treeSize,
      newer.treeSize,
      proof.proofHashes,
    ),
  );
}

// Same size, a shrinking tree and the empty tree are decided by the heads: no file beside them may hide that.
function needsProof(older: TreeHead, newer: TreeHead): boolean {
  return older.treeSize > 0 && older.treeSize < newer.treeSize;
}

function assertHeadsAgree(older: TreeHead, newer: TreeHead): void {
  if (older.treeSize > newer.treeSize) {
    throw new VerificationError('E_ROLLBACK', {
      field: 'new_head.tree_size',
      expected: `at least ${older.treeSize}`,
      actual: `${newer.treeSize}`,
    });
  }
  if (older.treeSize === newer.treeSize && !equalBytes(older.rootHash, newer.rootHash)) {
    throw new VerificationError('E_SPLIT_VIEW', {
      field: 'new_head.root_hash',
      expected: hexFromBytes(older.rootHash),
      actual: hexFromBytes(newer.rootHash),
    });
  }
  if (older.treeSize === 0 && !equalBytes(older.rootHash, emptyRoot())) {
    throw new VerificationError('E_CONSISTENCY', {
      field: 'old_head.root_hash',
      expected: hexFromBytes(emptyRoot()),
      actual: hexFromBytes(older.rootHash),
    });
  }
}

function reportUnreadable(error: VerificationError): ConsistencyReport {
  const reason = 'a file cannot be read';
  const checks = HEAD_CHECKS.map(
    (id): Check =>
      id === 'format' ? failedCheck('format', error) : { id, status: 'skipped', reason },
  );
  return { verdict: verdictOfChecks(checks, MANDATORY), checks, old: null, new: null };
}
