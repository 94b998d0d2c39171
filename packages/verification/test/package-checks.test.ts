/** Leaf, inclusion and head of a package, one by one: what each finds, and what it leaves to others. @module */

import { describe, expect, it } from 'vitest';
import { checkHead, checkInclusion, checkLeaf, checksOfParts } from '../src/package-checks.ts';
import { type ProofPackage, parseProofPackage } from '../src/proof-package.ts';
import type { Check } from '../src/report.ts';
import { HEAD_TIME_MS, leafText, makePackage, NOW_MS } from './make-package.ts';

const GOOD = parseProofPackage(JSON.stringify(makePackage()));
const OTHER_HASH = new Uint8Array(32).fill(9);
const PASSED = { id: 'leaf', status: 'pass' } as const;

function withProof(changes: Partial<ProofPackage['inclusionProof']>): ProofPackage {
  return { ...GOOD, inclusionProof: { ...GOOD.inclusionProof, ...changes } };
}

function withHead(changes: Partial<ProofPackage['signedTreeHead']>): ProofPackage {
  return { ...GOOD, signedTreeHead: { ...GOOD.signedTreeHead, ...changes } };
}

describe('leaf', () => {
  it('passes, with the size and the hash of its text', () => {
    const { check, leaf, steps } = checkLeaf(GOOD);
    expect(check).toEqual(PASSED);
    expect(leaf?.attemptNumber).toBe(1);
    expect(steps).toMatchObject([{ kind: 'leaf', sizeBytes: GOOD.leafData.length }]);
  });

  it.each([
    ['leaf_hash', { ...GOOD, leafHash: OTHER_HASH }],
    ['inclusion_proof.leaf_hash', withProof({ leafHash: OTHER_HASH })],
  ] as const)('fails where %s is another', (field, proofPackage) => {
    const { check, leaf } = checkLeaf(proofPackage);
    expect(check).toMatchObject({ status: 'fail', code: 'E_LEAF_HASH', field });
    expect(leaf).not.toBeNull();
  });

  it('shows nothing of a text that breaks the rules', () => {
    const { check, leaf } = checkLeaf({ ...GOOD, leafData: ` ${GOOD.leafData}` });
    expect(check).toMatchObject({ status: 'fail', code: 'E_LEAF_TEXT' });
    expect(leaf).toBeNull();
  });
});

describe('inclusion', () => {
  it('passes and tells every rung and both roots', () => {
    const { check, steps } = checkInclusion(GOOD, PASSED);
    expect(check.status).toBe('pass');
    expect(steps().map((step) => step.kind)).toEqual(['path', 'path', 'path', 'path', 'root']);
    const root = steps().at(-1);
    expect(root?.kind === 'root' && root.computed === root.signed).toBe(true);
  });

  it('is skipped where the leaf failed', () => {
    const failed = { id: 'leaf', status: 'fail', code: 'E_LEAF_HASH' } as const;
    const { check, steps } = checkInclusion(GOOD, failed);
    expect(check).toMatchObject({ id: 'inclusion', status: 'skipped' });
    expect(steps()).toEqual([]);
  });

  it('fails for an index outside the tree and for a path of another length', () => {
    const outside = checkInclusion(withProof({ leafIndex: 11 }), PASSED);
    expect(outside.check).toMatchObject({
      code: 'E_INDEX_RANGE',
      field: 'inclusion_proof.leaf_index',
    });
    expect(outside.steps()).toEqual([]);
    const short = withProof({ proofHashes: GOOD.inclusionProof.proofHashes.slice(1) });
    expect(checkInclusion(short, PASSED).check).toMatchObject({
      code: 'E_PATH_LENGTH',
      field: 'inclusion_proof.proof_hashes',
    });
  });

  it('fails for another root, and names the signed copy where both agree', () => {
    const path = GOOD.inclusionProof.proofHashes.map((hash, i) => (i === 0 ? OTHER_HASH : hash));
    const { check, steps } = checkInclusion(withProof({ proofHashes: path }), PASSED);
    expect(check).toMatchObject({ code: 'E_ROOT_MISMATCH', field: 'signed_tree_head.root_hash' });
    expect(steps()).toHaveLength(5);
    const copy = checkInclusion(withProof({ rootHash: OTHER_HASH }), PASSED);
    expect(copy.check).toMatchObject({
      code: 'E_ROOT_MISMATCH',
      field: 'inclusion_proof.root_hash',
    });
  });
});

describe('head', () => {
  const { leaf } = checkLeaf(GOOD);

  it('passes where all doubled members agree', () => {
    expect(checkHead(GOOD, leaf, NOW_MS)).toEqual({ id: 'head', status: 'pass' });
  });

  it.each([
    ['inclusion_proof.tree_size', withProof({ treeSize: 12 })],
    ['inclusion_proof.root_hash', withProof({ rootHash: OTHER_HASH })],
    ['inclusion_proof.tree_size', withHead({ treeSize: 12 })],
    ['inclusion_proof.root_hash', withHead({ rootHash: OTHER_HASH })],
    ['signed_tree_head.log', withHead({ log: 'other.example' })],
    ['delivery_attempt_id', { ...GOOD, deliveryAttemptId: '0'.repeat(36) }],
  ] as const)('fails where %s differs from its other copy', (field, proofPackage) => {
    expect(checkHead(proofPackage, leaf, NOW_MS)).toMatchObject({
      status: 'fail',
      code: 'E_HEAD_MISMATCH',
      field,
    });
  });

  it('is not trusted more than 5 minutes ahead of now, or before the attempt', () => {
    const tooLate = checkHead(GOOD, leaf, HEAD_TIME_MS - 300_001);
    expect(tooLate).toMatchObject({ code: 'E_STH_TIME', field: 'signed_tree_head.timestamp' });
    expect(checkHead(GOOD, leaf, HEAD_TIME_MS - 300_000).status).toBe('pass');
    const attemptMs = HEAD_TIME_MS - 1_000;
    const atEdge = withHead({ timestampMs: attemptMs - 300_000 });
    expect(checkHead(atEdge, leaf, NOW_MS).status).toBe('pass');
    const before = withHead({ timestampMs: attemptMs - 300_001 });
    expect(checkHead(before, leaf, NOW_MS)).toEqual({
      id: 'head',
      status: 'fail',
      code: 'E_STH_TIME',
      field: 'signed_tree_head.timestamp',
      expected: 'at least 2026-01-15T10:25:44.000Z',
      actual: '2026-01-15T10:25:43.999Z',
    });
  });

  it('is not passed where there is no leaf to compare with, but still fails', () => {
    expect(checkHead(GOOD, null, NOW_MS)).toEqual({
      id: 'head',
      status: 'skipped',
      reason: 'the leaf cannot be read, so nothing to compare',
    });
    expect(checkHead(withHead({ treeSize: 12 }), null, NOW_MS).code).toBe('E_HEAD_MISMATCH');
  });
});

describe('what is not checked', () => {
  const ANCHOR: Check = { id: 'anchor', status: 'pending', reason: 'given' };

  it('says of each part whether it is there', () => {
    const reasons = (proofPackage: ProofPackage): unknown =>
      checksOfParts(proofPackage, ANCHOR).map(({ id, status, reason }) => [id, status, reason]);
    expect(reasons(GOOD)).toEqual([
      ['payload', 'skipped', 'no payload given'],
      ['receipt', 'skipped', 'none in the file'],
      ['anchor', 'pending', 'given'],
      ['disclosure', 'skipped', 'none in the file'],
    ]);
    const full = parseProofPackage(
      JSON.stringify({
        ...makePackage({ leafText: leafText({ receipt_hash: 'ab'.repeat(32) }) }),
        receipt: { receipt_data: '{}' },
        disclosures: [{ type: 'range' }],
      }),
    );
    const present = checksOfParts(full, ANCHOR).filter(({ id }) => /receipt|disclosure/.test(id));
    expect(present.map(({ status }) => status)).toEqual(['skipped', 'skipped']);
    for (const { reason } of present) expect(reason).toMatch(/not checked/);
  });
});
