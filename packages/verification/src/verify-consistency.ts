/** The whole verification of two heads of one log: is the later tree a continuation of the earlier one? Pure. @module */
import { equalBytes, hexFromBytes } from './bytes.ts';
import { verifyConsistency } from './consistency.ts';
import type { ConsistencyProof } from './consistency-proof.ts';
import { parseConsistencyProof } from './consistency-proof.ts';
import { refusalAs, refusalOf, VerificationError } from './errors.ts';
import { emptyRoot } from './hash.ts';
import {
  assertHeadNotInFuture,
  checkHeadCheckpoint,
  checkHeadSignature,
  factsOfHead,
  failedCheck,
  runCheck,
} from './head-checks.ts';
import { parseJson, textFromInput } from './json.ts';
import type { ChainResult } from './key-check.ts';
import { checkHeadKey, checkKeyChain } from './key-check.ts';
import { isJsonObject } from './members.ts';
import type { LoggedLeaf } from './proof-package.ts';
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
 * Verifies two heads (or packages, whose heads and key statements are taken) and the proof between them. The head
 * with the earlier timestamp counts as the old one, in whichever order they are given. The proof may be null where
 * both trees have the same size, or the old one none. Hostile input never throws.
 * @example verifyHeadConsistency(oldText, newText, proofText, trust, { nowMs: Date.now() }).verdict
 */
export function verifyHeadConsistency(
  oldHead: string | Uint8Array,
  newHead: string | Uint8Array,
  proof: string | Uint8Array | null,
  trust: Trust,
  options: VerifyOptions,
): ConsistencyReport {
  let olderInput: HeadInput;
  let newerInput: HeadInput;
  let path: ConsistencyProof | null;
  try {
    // from the files
    [olderInput, newerInput] = inTimeOrder(
      readInput('old_head', () => headFromInput(oldHead)),
      readInput('new_head', () => headFromInput(newHead)),
    );
    path = proof === null ? null : readInput('proof', () => parseConsistencyProof(proof));
  } catch (cause) {
    const error = refusalOf(cause);
    return reportUnreadable(error);
  }
  const [older, newer] = [olderInput.head, newerInput.head];
  const head = checkHeadsMatch(older, newer, path, options.nowMs);
  const signature = ofBoth(older, newer, checkHeadSignature);
  const relation =
    head.status === 'pass' && signature.status === 'pass'
      ? checkConsistency(older, newer, path)
      : null;
  const key = checkBothKeys(olderInput, newerInput, trust, relation?.status === 'pass');
  const obstacle = findObstacle(head, signature, key);
  const checks: readonly Check[] = [
    { id: 'format', status: 'pass' },
    head,
    signature,
    ofBoth(older, newer, checkHeadCheckpoint),
    key,
    obstacle === null
      ? (relation ?? checkConsistency(older, newer, path))
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

/**
 * A revocation that came with one head is held against the other too. An older head by the revoked key stays good if
 * a head by another key, which is trusted, continues its tree: that key vouches for all that is in it.
 */
function checkBothKeys(
  older: HeadInput,
  newer: HeadInput,
  trust: Trust,
  isContinued: boolean,
): Check {
  const chains: readonly ChainResult[] = [
    checkKeyChain(older.keyChain, older.head, 'old_head'),
    checkKeyChain(newer.keyChain, newer.head, 'new_head'),
  ];
  const isOneLog = older.head.log === newer.head.log;
  const checkKey = ({ head }: HeadInput, i: 0 | 1, isFixed: boolean): Check => {
    const own = chains[i] as ChainResult;
    const from = isOneLog ? chains : [own];
    return checkHeadKey(head, trust, i === 0 ? 'old_head' : 'new_head', {
      ...own,
      revocations: from.flatMap(({ chain }) => chain?.revocations ?? []),
      isFixedBefore: () => isFixed,
    }).check;
  };
  const ofNew = checkKey(newer, 1, false);
  const isOtherKey = !equalBytes(older.head.publicKey, newer.head.publicKey);
  const ofOld = checkKey(older, 0, isContinued && isOtherKey && ofNew.status === 'pass');
  return worse(ofOld, ofNew);
}

/** A head, and the key statements that came with it. */
interface HeadInput {
  readonly head: TreeHead;
  readonly keyChain: readonly LoggedLeaf[];
}

function headFromInput(input: string | Uint8Array): HeadInput {
  const value = parseJson(textFromInput(input, MAX_PACKAGE_BYTES, 'tree head'));
  const isPackage = isJsonObject(value) && value.has('format');
  if (!isPackage) return { head: readTreeHead(value), keyChain: [] };
  const { signedTreeHead, keyChain } = readProofPackage(value);
  return { head: signedTreeHead, keyChain };
}

function readInput<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    const error = refusalOf(cause);
    throw refusalAs(error, [name, error.field].filter(Boolean).join(': '));
  }
}

// A log's timestamps grow strictly, so time tells which head is the old one; at equal times the smaller tree is.
function inTimeOrder(a: HeadInput, b: HeadInput): readonly [HeadInput, HeadInput] {
  const [first, second] = [a.head, b.head];
  const aIsOlder =
    first.timestampMs === second.timestampMs
      ? first.treeSize <= second.treeSize
      : first.timestampMs < second.timestampMs;
  return aIsOlder ? [a, b] : [b, a];
}

function ofBoth(
  older: TreeHead,
  newer: TreeHead,
  check: (head: TreeHead, name: string) => Check,
): Check {
  return worse(check(older, 'old_head'), check(newer, 'new_head'));
}

function worse(ofOld: Check, ofNew: Check): Check {
  const failed = [ofOld, ofNew].find(({ status }) => status === 'fail');
  if (failed !== undefined) return failed;
  return ofOld.status === 'pass' ? ofNew : ofOld;
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
