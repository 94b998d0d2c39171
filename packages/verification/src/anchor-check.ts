/** The anchor check of a package: the stamps on its checkpoint, held against what is known of the blocks. @module */
import { anchorWords } from './anchor-words.ts';
import { equalBytes, joinBytes } from './bytes.ts';
import { refusalAs, refusalOf } from './errors.ts';
import { failedCheck } from './head-checks.ts';
import type { AnchorEvidence, HeaderEvidence } from './ots/header-evidence.ts';
import { parseHeaderRun } from './ots/header-run.ts';
import { parseOtsProof } from './ots/proof.ts';
import { stampFormOfCheckpoint } from './ots/stamp-form.ts';
import type { AnchorState, AnchorVerdict } from './ots/verify-anchor.ts';
import { heightOf, verifyAnchor } from './ots/verify-anchor.ts';
import type { Anchor, ProofPackage } from './proof-package.ts';
import type { Check } from './report.ts';
import type { AnchorChecker, AnchorResult } from './verify.ts';

const OPEN_CODES = {
  pending: 'E_ANCHOR_PENDING',
  header_not_given: 'E_ANCHOR_HEADER',
} as const;

/**
 * What `verifyProofPackage` takes as `checkAnchors`: the check under this chain and these headers. Headers that a
 * package brings along count where a known block of the chain vouches for them.
 * @example verifyProofPackage(bytes, trust, { nowMs, checkAnchors: anchorChecker({ chain: bitcoinMainnet(), headers: [] }) })
 */
export function anchorChecker(evidence: AnchorEvidence): AnchorChecker {
  // A bundle carries one anchored head in thousands of packages: the last answer is kept, since a proof takes as long
  // to follow as a signature to check.
  let last: { readonly asked: ProofPackage; readonly result: AnchorResult } | null = null;
  return function checkAnchors(proofPackage: ProofPackage): AnchorResult {
    if (last === null || !isSameQuestion(last.asked, proofPackage)) {
      last = { asked: proofPackage, result: check(proofPackage, evidence) };
    }
    return last.result;
  };
}

function check(proofPackage: ProofPackage, evidence: AnchorEvidence): AnchorResult {
  const { checkpoint, log, publicKey } = proofPackage.signedTreeHead;
  const anchors: AnchorVerdict[] = [];
  try {
    const stamped = stampFormOfCheckpoint(checkpoint ?? '', log, publicKey);
    for (const [i, anchor] of proofPackage.anchors.entries()) {
      anchors.push(verdictOf(anchor, stamped, evidence, `anchors[${i}]`));
    }
  } catch (error) {
    return { check: failedCheck('anchor', refusalOf(error)), anchors };
  }
  return { check: checkOf(anchors), anchors };
}

/** Everything that the answer depends on. */
function isSameQuestion(one: ProofPackage, other: ProofPackage): boolean {
  const [a, b] = [one.signedTreeHead, other.signedTreeHead];
  return (
    a.checkpoint === b.checkpoint &&
    a.log === b.log &&
    equalBytes(a.publicKey, b.publicKey) &&
    one.anchors.length === other.anchors.length &&
    one.anchors.every((anchor, i) => isSameAnchor(anchor, other.anchors[i] as Anchor))
  );
}

function isSameAnchor(one: Anchor, other: Anchor): boolean {
  return (
    equalBytes(one.proof, other.proof) &&
    equalBytes(joinBytes(one.headers), joinBytes(other.headers))
  );
}

function verdictOf(
  anchor: Anchor,
  stamped: Uint8Array,
  evidence: AnchorEvidence,
  field: string,
): AnchorVerdict {
  const proof = within(`${field}.proof`, () => parseOtsProof(anchor.proof));
  const carried = within(`${field}.headers`, () => carriedHeaders(anchor, evidence));
  return verifyAnchor(proof, stamped, {
    ...evidence,
    headers: [...evidence.headers, ...carried],
  });
}

function carriedHeaders({ headers }: Anchor, { chain }: AnchorEvidence): readonly HeaderEvidence[] {
  if (headers.length === 0) return [];
  return [{ source: 'package', run: parseHeaderRun(joinBytes(headers), null, chain) }];
}

function within<Value>(field: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw refusalAs(refusalOf(error), field);
  }
}

/** A contradiction before all else; then one confirmed anchor is enough, and the lowest height is told. */
function checkOf(anchors: readonly AnchorVerdict[]): Check {
  const contradicted = anchors.findIndex(({ state }) => state === 'mismatch');
  if (contradicted !== -1) {
    const verdict = anchors[contradicted] as AnchorVerdict;
    const field = `anchors[${contradicted}].proof`;
    return { id: 'anchor', status: 'fail', code: 'E_ANCHOR_MISMATCH', field, ...valuesOf(verdict) };
  }
  const told = bestOf(anchors);
  const reason = anchorWords(told);
  if (told.state === 'confirmed') return { id: 'anchor', status: 'pass', reason };
  const code = OPEN_CODES[told.state as keyof typeof OPEN_CODES];
  return { id: 'anchor', status: 'pending', code, field: 'anchors', reason };
}

function bestOf(anchors: readonly AnchorVerdict[]): AnchorVerdict {
  const order: readonly AnchorState[] = ['confirmed', 'header_not_given', 'pending'];
  const rank = ({ state, decisive }: AnchorVerdict): readonly [number, number] => [
    order.indexOf(state),
    decisive === null ? 0 : heightOf(decisive),
  ];
  const sorted = [...anchors].sort((one, other) => {
    const [a, b] = [rank(one), rank(other)];
    return a[0] - b[0] || a[1] - b[1];
  });
  return sorted[0] as AnchorVerdict; // called with at least one
}

function valuesOf({ digest, decisive }: AnchorVerdict): Pick<Check, 'expected' | 'actual'> {
  if (digest !== null) return digest;
  const { merkleRoot, knownRoot, message } = decisive ?? {};
  return {
    expected: knownRoot ?? 'a Merkle root of 32 bytes',
    actual: merkleRoot ?? `${(message ?? '').length / 2} bytes`,
  };
}
