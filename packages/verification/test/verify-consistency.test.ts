/** Two heads: growth, split view, rollback, and who may be accused of it. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode, Verdict } from '../src/errors.ts';
import { type ConsistencyReport, leadingFailure } from '../src/report.ts';
import type { Trust, TrustedKey } from '../src/trust.ts';
import { verifyHeadConsistency } from '../src/verify-consistency.ts';
import { makeChainPackage, rotationText, signerNumber, statementText } from './make-key-chain.ts';
import {
  HEAD_TIME_MS,
  hex,
  type JsonRecord,
  LOG_SIGNER,
  makeHead,
  makePackage,
  NOW_MS,
  type Signer,
  signerFromSeed,
  withMember,
} from './make-package.ts';
import { numberedLeaves, referenceConsistency, referenceRoot } from './reference-tree.ts';

const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: null }] };
const LEAVES = numberedLeaves(16);
const OTHER_ROOT = new Uint8Array(32).fill(9);

function rootOf(size: number): Uint8Array {
  return referenceRoot(LEAVES.slice(0, size));
}

function headOf(size: number, minutes: number, root: Uint8Array = rootOf(size)): JsonRecord {
  return makeHead(size, root, { timestampMs: HEAD_TIME_MS + minutes * 60_000 });
}

function proofOf(m: number, n: number): JsonRecord {
  return {
    old_size: m,
    new_size: n,
    old_root: hex(rootOf(m)),
    new_root: hex(rootOf(n)),
    proof_hashes: referenceConsistency(m, LEAVES.slice(0, n)).map(hex),
  };
}

function verify(
  oldHead: JsonRecord,
  newHead: JsonRecord,
  proof: JsonRecord | null,
  trust: Trust = TRUST,
  nowMs: number = NOW_MS + 600_000,
): ConsistencyReport {
  const proofText = proof === null ? null : JSON.stringify(proof);
  const [first, second] = [JSON.stringify(oldHead), JSON.stringify(newHead)];
  return verifyHeadConsistency(first, second, proofText, trust, { nowMs });
}

function statusOf(report: ConsistencyReport, id: string): string | undefined {
  return report.checks.find((check) => check.id === id)?.status;
}

function expectCode(report: ConsistencyReport, verdict: Verdict, code: ErrorCode): void {
  expect(report.verdict).toBe(verdict);
  expect(leadingFailure(report)?.code).toBe(code);
}

describe('a log that grows', () => {
  it('is verified, with all checks in order', () => {
    const report = verify(headOf(3, 0), headOf(7, 1), proofOf(3, 7));
    expect(report.verdict).toBe('verified');
    expect(report.checks.map(({ id, status }) => [id, status])).toEqual([
      ['format', 'pass'],
      ['head', 'pass'],
      ['signature', 'pass'],
      ['checkpoint', 'pass'],
      ['key', 'pass'],
      ['consistency', 'pass'],
    ]);
    expect(report.old).toMatchObject({ treeSize: 3, timestampMs: HEAD_TIME_MS });
    expect(report.new).toMatchObject({ treeSize: 7, rootHash: hex(rootOf(7)) });
  });

  it('is verified for the heads in the other order too: time tells which is old', () => {
    const report = verify(headOf(7, 1), headOf(3, 0), proofOf(3, 7));
    expect(report.verdict).toBe('verified');
    expect(report.old?.treeSize).toBe(3);
  });

  it('is verified from packages, whose heads are taken', () => {
    const report = verify(makePackage(), makePackage({ timestampMs: HEAD_TIME_MS + 1 }), null);
    expect(report.verdict).toBe('verified');
  });

  it('needs no proof for equal sizes and equal roots, nor from an empty tree', () => {
    expect(verify(headOf(5, 0), headOf(5, 1), null).verdict).toBe('verified');
    const empty = headOf(0, 0, referenceRoot([]));
    expect(verify(empty, headOf(5, 1), null).verdict).toBe('verified');
  });

  it('is verified without checkpoints, which is said', () => {
    const bare = withMember(headOf(3, 0), 'checkpoint', undefined);
    const report = verify(bare, headOf(7, 1), proofOf(3, 7));
    expect(report.verdict).toBe('verified');
    expect(statusOf(report, 'checkpoint')).toBe('skipped');
  });

  it('may have changed its key if both are pinned', () => {
    const next = signerFromSeed('55'.repeat(32));
    const newer = makeHead(7, rootOf(7), { timestampMs: HEAD_TIME_MS + 1, signer: next });
    const both: Trust = { keys: [...TRUST.keys, { publicKey: next.publicKey, name: null }] };
    expect(verify(headOf(3, 0), newer, proofOf(3, 7), both).verdict).toBe('verified');
    expectCode(verify(headOf(3, 0), newer, proofOf(3, 7)), 'untrusted', 'E_KEY_UNKNOWN');
  });

  it('is not decided without the proof', () => {
    const report = verify(headOf(3, 0), headOf(7, 1), null);
    expect(report.verdict).toBe('inconclusive');
    expect(statusOf(report, 'consistency')).toBe('skipped');
  });
});

describe('a log that contradicts itself', () => {
  it('shows two trees of one size', () => {
    const report = verify(headOf(5, 0), headOf(5, 1, OTHER_ROOT), null);
    expectCode(report, 'invalid', 'E_SPLIT_VIEW');
  });

  it('shows them also beside a proof, of whatever heads', () => {
    for (const proof of [proofOf(5, 5), proofOf(3, 7)]) {
      const report = verify(headOf(5, 0), headOf(5, 1, OTHER_ROOT), proof);
      expectCode(report, 'invalid', 'E_SPLIT_VIEW');
    }
  });

  it('shrinks with time', () => {
    expectCode(verify(headOf(7, 0), headOf(3, 1), null), 'invalid', 'E_ROLLBACK');
    expectCode(verify(headOf(7, 0), headOf(3, 1), proofOf(3, 7)), 'invalid', 'E_ROLLBACK');
  });

  it('replaces leaves between two sizes', () => {
    const forged = headOf(7, 1, OTHER_ROOT);
    const proof = { ...proofOf(3, 7), new_root: hex(OTHER_ROOT) };
    expectCode(verify(headOf(3, 0), forged, proof), 'invalid', 'E_CONSISTENCY');
  });

  it('starts from an empty tree that has a root of its own', () => {
    const report = verify(headOf(0, 0, OTHER_ROOT), headOf(5, 1), null);
    expectCode(report, 'invalid', 'E_CONSISTENCY');
  });
});

describe('an accusation', () => {
  it('needs pinned keys: anybody can make two heads under a key of their own', () => {
    const report = verify(headOf(5, 0), headOf(5, 1, OTHER_ROOT), null, { keys: [] });
    expectCode(report, 'untrusted', 'E_KEY_UNKNOWN');
    expect(statusOf(report, 'consistency')).toBe('skipped');
  });

  it('needs good signatures', () => {
    const unsigned = withMember(headOf(5, 1, OTHER_ROOT), 'signature', '01'.repeat(64));
    const report = verify(headOf(5, 0), unsigned, null);
    expectCode(report, 'invalid', 'E_STH_SIGNATURE');
    expect(report.checks.find(({ id }) => id === 'signature')?.field).toBe('new_head.signature');
    expect(statusOf(report, 'consistency')).toBe('skipped');
  });

  it('is not made against two logs', () => {
    const foreign = makeHead(5, OTHER_ROOT, { origin: 'other.example' });
    const report = verify(headOf(5, 1), foreign, null);
    expect(report.verdict).toBe('inconclusive');
    expect(statusOf(report, 'consistency')).toBe('skipped');
  });

  it('is not made from a proof of other heads', () => {
    const report = verify(headOf(3, 0), headOf(7, 1), proofOf(4, 7));
    expectCode(report, 'invalid', 'E_HEAD_MISMATCH');
    expect(statusOf(report, 'consistency')).toBe('skipped');
  });
});

describe('a log whose key changed', () => {
  const [, second, third] = [0, 1, 2].map(signerNumber) as [Signer, Signer, Signer];
  const newer = makeChainPackage([rotationText(0), rotationText(1)], third);

  it('is verified from a package that brings the statements', () => {
    const older = makePackage({ timestampMs: HEAD_TIME_MS - 1 });
    expect(verify(older, newer, null).verdict).toBe('verified');
    expect(verify(newer, older, null).verdict).toBe('verified');
  });

  it('is verified where both heads need them', () => {
    const older = makeChainPackage([rotationText(0)], second, { timestampMs: HEAD_TIME_MS - 1 });
    expect(verify(older, newer, null).verdict).toBe('verified');
    const bare = (older as { signed_tree_head: JsonRecord }).signed_tree_head;
    expectCode(verify(bare, newer, null), 'untrusted', 'E_KEY_UNKNOWN');
  });

  it('is refused where statements do not hold, under the name of the file', () => {
    const broken = makeChainPackage([rotationText(1), rotationText(0)], third);
    const report = verify(makePackage({ timestampMs: HEAD_TIME_MS - 1 }), broken, null);
    expectCode(report, 'invalid', 'E_KEY_CHAIN');
    expect(leadingFailure(report)?.field).toMatch(/^new_head\.key_chain\[1\]/);
    expect(statusOf(report, 'consistency')).toBe('skipped');
  });
});

describe('a log whose first key was revoked', () => {
  const nextKey = signerNumber(1);
  const revoke = (validFromMs: number): string =>
    statementText({ action: 'revoke', by: nextKey, of: LOG_SIGNER, validFromMs });
  const newerOf = (validFromMs: number): JsonRecord =>
    makeChainPackage([rotationText(0), revoke(validFromMs)], nextKey);
  const older = makePackage({ timestampMs: HEAD_TIME_MS - 10 });

  it('keeps an older head that a head of the next key continues', () => {
    expect(verify(older, newerOf(HEAD_TIME_MS), null).verdict).toBe('verified');
  });

  it('does not keep one that nothing continues', () => {
    const other = makePackage({ timestampMs: HEAD_TIME_MS - 10, treeSize: 8 });
    const report = verify(other, newerOf(HEAD_TIME_MS), null);
    expectCode(report, 'untrusted', 'E_KEY_REVOKED');
    expect(leadingFailure(report)?.field).toBe('old_head.timestamp');
  });

  it('does not keep one from after the theft', () => {
    const report = verify(older, newerOf(HEAD_TIME_MS - 10), null);
    expectCode(report, 'untrusted', 'E_KEY_REVOKED');
  });

  it('does not keep one that only a later head of the same key continues', () => {
    const late = makeChainPackage([rotationText(0), revoke(HEAD_TIME_MS + 1)], LOG_SIGNER);
    expectCode(verify(older, late, null), 'untrusted', 'E_KEY_REVOKED');
  });

  it('does not keep one that a head of an unknown key continues', () => {
    const trust: Trust = {
      keys: [{ ...(TRUST.keys[0] as TrustedKey), untilMs: HEAD_TIME_MS - 5 }],
    };
    const shifted = makeChainPackage(
      [rotationText(0, { validFromMs: HEAD_TIME_MS - 4 }), revoke(HEAD_TIME_MS)],
      nextKey,
    );
    expectCode(verify(older, shifted, null, trust), 'untrusted', 'E_KEY_REVOKED');
  });

  it('is another matter for another log', () => {
    const foreign = makePackage({ timestampMs: HEAD_TIME_MS - 10, origin: 'other.example' });
    const report = verify(foreign, newerOf(HEAD_TIME_MS - 20), null);
    expect(report.verdict).toBe('inconclusive');
    expect(statusOf(report, 'key')).toBe('pass');
  });
});

describe('other faults', () => {
  it('finds a head from the future', () => {
    const report = verify(headOf(3, 0), headOf(7, 30), proofOf(3, 7), TRUST, NOW_MS);
    expectCode(report, 'untrusted', 'E_STH_TIME');
    expect(report.checks.find(({ id }) => id === 'head')?.field).toBe('new_head.timestamp');
  });

  it('finds a changed checkpoint', () => {
    const changed = withMember(headOf(7, 1), 'checkpoint', 'x');
    expectCode(verify(headOf(3, 0), changed, proofOf(3, 7)), 'invalid', 'E_CHECKPOINT');
  });

  it.each([
    ['the old head', 'x', '{}', null, 'E_JSON'],
    ['the new head', JSON.stringify(headOf(3, 0)), '{', null, 'E_JSON'],
    ['a package of a later format', '{"format":"kapsel.proof/v9"}', '{}', null, 'E_VERSION'],
    ['the proof', JSON.stringify(headOf(3, 0)), JSON.stringify(headOf(7, 1)), '[]', 'E_FIELD'],
  ] as const)('names %s that cannot be read', (_, oldHead, newHead, proof, code) => {
    const report = verifyHeadConsistency(oldHead, newHead, proof, TRUST, { nowMs: NOW_MS });
    expectCode(report, 'malformed', code);
    expect(report).toMatchObject({ old: null, new: null });
  });

  it('never throws on random input', () => {
    const inputs = fc.oneof(fc.json(), fc.uint8Array({ maxLength: 100 }));
    fc.assert(
      fc.property(inputs, inputs, inputs, (oldHead, newHead, proof) => {
        const report = verifyHeadConsistency(oldHead, newHead, proof, TRUST, { nowMs: NOW_MS });
        expect(report.verdict).toBe('malformed');
      }),
      { seed: 6962, numRuns: 200 },
    );
  });
});
