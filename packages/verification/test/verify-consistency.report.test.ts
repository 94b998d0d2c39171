/** What the report on two heads says beside its verdict: which head, which member, and why a check was not made. @module */
import { describe, expect, it } from 'vitest';
import type { Check, ConsistencyReport } from '../src/report.ts';
import type { Trust } from '../src/trust.ts';
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
  signerFromSeed,
  withMember,
} from './make-package.ts';
import { numberedLeaves, referenceConsistency, referenceRoot } from './reference-tree.ts';

const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: null }] };
const LEAVES = numberedLeaves(16);
const OTHER_ROOT = new Uint8Array(32).fill(9);
const IDS = ['format', 'head', 'signature', 'checkpoint', 'key', 'consistency'];

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
): ConsistencyReport {
  const proofText = proof === null ? null : JSON.stringify(proof);
  const [first, second] = [JSON.stringify(oldHead), JSON.stringify(newHead)];
  return verifyHeadConsistency(first, second, proofText, trust, { nowMs: NOW_MS + 600_000 });
}

function checkOf(report: ConsistencyReport, id: string): Check | undefined {
  return report.checks.find((check) => check.id === id);
}

describe('files that cannot be read', () => {
  const head = JSON.stringify(headOf(3, 0));
  it.each([
    ['old_head', '{', head, null, 'E_JSON', /^old_head: ./],
    ['new_head', head, '{', null, 'E_JSON', /^new_head: ./],
    ['proof', head, head, '{', 'E_JSON', /^proof: ./],
    ['old_head by a member', '{"tree_size":-1}', head, null, 'E_FIELD', /^old_head: [a-z_]+$/],
    ['proof by a member', head, head, '{"old_size":-1}', 'E_FIELD', /^proof: [a-z_]+$/],
    ['old_head as a whole', '[]', head, null, 'E_FIELD', /^old_head$/],
  ] as const)('are told by name: %s', (_, oldHead, newHead, proof, code, field) => {
    const report = verifyHeadConsistency(oldHead, newHead, proof, TRUST, { nowMs: NOW_MS });
    const [format, ...others] = report.checks;
    expect(format).toMatchObject({ id: 'format', status: 'fail', code });
    expect(format?.field).toMatch(field);
    expect(report.checks.map(({ id }) => id)).toEqual(IDS);
    for (const check of others) {
      expect(check).toMatchObject({ status: 'skipped', reason: 'a file cannot be read' });
    }
  });

  it('are told by their name alone where the whole file is no text', () => {
    const bytes = Uint8Array.of(0xff);
    const report = verifyHeadConsistency(bytes, head, null, TRUST, { nowMs: NOW_MS });
    expect(report.checks[0]).toMatchObject({ code: 'E_JSON', field: 'old_head' });
  });
});

describe('which head is the old one', () => {
  it('is told by the sizes where the times are equal', () => {
    for (const [a, b] of [
      [headOf(3, 0), headOf(7, 0)],
      [headOf(7, 0), headOf(3, 0)],
    ] as const) {
      const report = verify(a, b, proofOf(3, 7));
      expect([report.verdict, report.old?.treeSize, report.new?.treeSize]).toEqual([
        'verified',
        3,
        7,
      ]);
    }
  });

  it('is told by the order of the files where the sizes are equal too', () => {
    const report = verify(headOf(5, 0, OTHER_ROOT), headOf(5, 0), null);
    expect([report.old?.rootHash, report.new?.rootHash]).toEqual([hex(OTHER_ROOT), hex(rootOf(5))]);
  });
});

describe('a check of both heads', () => {
  const noCheckpoint = (head: JsonRecord): JsonRecord => withMember(head, 'checkpoint', undefined);
  const badCheckpoint = (head: JsonRecord): JsonRecord => withMember(head, 'checkpoint', 'x');

  it('fails where one of them fails, whatever the other one is', () => {
    const [older, newer] = [headOf(3, 0), headOf(7, 1)];
    for (const [a, b] of [
      [badCheckpoint(older), newer],
      [older, badCheckpoint(newer)],
      [noCheckpoint(older), badCheckpoint(newer)],
      [badCheckpoint(older), noCheckpoint(newer)],
    ] as const) {
      const check = checkOf(verify(a, b, proofOf(3, 7)), 'checkpoint');
      expect(check).toMatchObject({ status: 'fail', code: 'E_CHECKPOINT' });
    }
  });

  it('is passed only where both pass', () => {
    const [older, newer] = [headOf(3, 0), headOf(7, 1)];
    for (const [a, b] of [
      [noCheckpoint(older), newer],
      [older, noCheckpoint(newer)],
      [noCheckpoint(older), noCheckpoint(newer)],
    ] as const) {
      expect(checkOf(verify(a, b, proofOf(3, 7)), 'checkpoint')?.status).toBe('skipped');
    }
  });

  it('names the head that fails', () => {
    const unsigned = (head: JsonRecord): JsonRecord =>
      withMember(head, 'signature', '01'.repeat(64));
    const old = verify(unsigned(headOf(3, 0)), headOf(7, 1), proofOf(3, 7));
    expect(checkOf(old, 'signature')?.field).toBe('old_head.signature');
    const later = verify(headOf(3, 0), unsigned(headOf(7, 1)), proofOf(3, 7));
    expect(checkOf(later, 'signature')?.field).toBe('new_head.signature');
  });

  it('names the head whose key is unknown', () => {
    const signer = signerFromSeed('55'.repeat(32));
    const foreign = (size: number, timestampMs: number): JsonRecord =>
      makeHead(size, rootOf(size), { timestampMs, signer });
    const old = verify(foreign(3, HEAD_TIME_MS - 1), headOf(7, 0), proofOf(3, 7));
    expect(checkOf(old, 'key')?.field).toMatch(/^old_head\./);
    const later = verify(headOf(3, 0), foreign(7, HEAD_TIME_MS + 1), proofOf(3, 7));
    expect(checkOf(later, 'key')?.field).toMatch(/^new_head\./);
  });

  it('names the old head where both are from the future', () => {
    const check = checkOf(verify(headOf(3, 30), headOf(7, 31), proofOf(3, 7)), 'head');
    expect(check).toMatchObject({ code: 'E_STH_TIME', field: 'old_head.timestamp' });
  });
});

describe('a proof', () => {
  it.each([
    ['old_size', 4, '4', '3'],
    ['new_size', 8, '8', '7'],
    ['old_root', hex(OTHER_ROOT), hex(OTHER_ROOT), hex(rootOf(3))],
    ['new_root', hex(OTHER_ROOT), hex(OTHER_ROOT), hex(rootOf(7))],
  ] as const)('of another %s is not of these heads', (member, value, actual, expected) => {
    const proof = { ...proofOf(3, 7), [member]: value };
    const report = verify(headOf(3, 0), headOf(7, 1), proof);
    const head = { code: 'E_HEAD_MISMATCH', field: `proof.${member}`, expected, actual };
    expect(checkOf(report, 'head')).toMatchObject(head);
    expect(checkOf(report, 'consistency')).toMatchObject({
      status: 'skipped',
      reason: 'the proof is of other heads',
    });
  });

  it('is named where it leads to another root', () => {
    const forged = headOf(7, 1, OTHER_ROOT);
    const proof = { ...proofOf(3, 7), new_root: hex(OTHER_ROOT) };
    const report = verify(headOf(3, 0), forged, proof);
    expect(checkOf(report, 'consistency')?.field).toBe('proof.new_root');
  });

  it('is needed from a tree of one leaf on', () => {
    const [one, seven] = [headOf(1, 0), headOf(7, 1)];
    expect(verify(one, seven, null).verdict).toBe('inconclusive');
    expect(verify(one, seven, proofOf(1, 7)).verdict).toBe('verified');
    const forged = { ...proofOf(1, 7), old_root: hex(OTHER_ROOT) };
    expect(verify(headOf(1, 0, OTHER_ROOT), seven, forged).verdict).toBe('invalid');
  });
});

describe('a contradiction', () => {
  it.each([
    ['E_ROLLBACK', headOf(7, 0), headOf(3, 1), 'new_head.tree_size', 'at least 7', '3'],
    [
      'E_SPLIT_VIEW',
      headOf(5, 0),
      headOf(5, 1, OTHER_ROOT),
      'new_head.root_hash',
      hex(rootOf(5)),
      hex(OTHER_ROOT),
    ],
    [
      'E_CONSISTENCY',
      headOf(0, 0, OTHER_ROOT),
      headOf(5, 1),
      'old_head.root_hash',
      hex(rootOf(0)),
      hex(OTHER_ROOT),
    ],
  ] as const)('%s names the member and both values', (code, a, b, field, expected, actual) => {
    const details = { code, field, expected, actual };
    expect(checkOf(verify(a, b, null), 'consistency')).toMatchObject(details);
  });

  it('is none between two logs, whose checks are all there', () => {
    const report = verify(headOf(5, 1), makeHead(5, OTHER_ROOT, { origin: 'other.example' }), null);
    expect(report.checks.map(({ id }) => id)).toEqual(IDS);
    const reason = 'the heads are of two logs';
    expect(checkOf(report, 'head')).toMatchObject({ status: 'skipped', reason });
    expect(checkOf(report, 'consistency')).toMatchObject({ status: 'skipped', reason });
  });
});

describe('keys of both heads', () => {
  const [second, third] = [signerNumber(1), signerNumber(2)];
  const revokeFirst = (validFromMs: number): string =>
    statementText({ action: 'revoke', by: second, of: LOG_SIGNER, validFromMs });

  it('name the old head where its statements do not hold', () => {
    const broken = makeChainPackage([rotationText(1), rotationText(0)], third, {
      timestampMs: HEAD_TIME_MS - 1,
    });
    const report = verify(broken, makePackage(), null);
    expect(checkOf(report, 'key')).toMatchObject({ code: 'E_KEY_CHAIN' });
    expect(checkOf(report, 'key')?.field).toMatch(/^old_head\.key_chain\[1\]/);
  });

  it('count a revocation that came with a head, also beside a head of another log', () => {
    const revoked = makeChainPackage([rotationText(0), revokeFirst(HEAD_TIME_MS - 20)], LOG_SIGNER);
    const foreign = makePackage({ timestampMs: HEAD_TIME_MS - 10, origin: 'other.example' });
    expect(checkOf(verify(foreign, revoked, null), 'key')).toMatchObject({
      code: 'E_KEY_REVOKED',
      field: 'new_head.timestamp',
    });
  });

  it('keep no revoked key of a newer head, whatever its tree continues', () => {
    const revoke = statementText({
      action: 'revoke',
      by: third,
      of: second,
      validFromMs: HEAD_TIME_MS + 1,
    });
    const newer = makeChainPackage([rotationText(0), rotationText(1), revoke], second);
    const report = verify(makePackage({ timestampMs: HEAD_TIME_MS - 10 }), newer, null);
    expect(checkOf(report, 'key')).toMatchObject({
      code: 'E_KEY_REVOKED',
      field: 'new_head.timestamp',
    });
  });

  it('keep a revoked key only by a head that is signed and not from the future', () => {
    const older = makePackage({ timestampMs: HEAD_TIME_MS - 10 });
    const texts = [rotationText(0), revokeFirst(HEAD_TIME_MS)];
    const good = makeChainPackage(texts, second);
    const unsigned = withMember(good, 'signed_tree_head.signature', '01'.repeat(64));
    const future = makeChainPackage(texts, second, { timestampMs: NOW_MS + 1_200_000 });
    expect(checkOf(verify(older, good, null), 'key')?.status).toBe('pass');
    for (const newer of [unsigned, future]) {
      expect(checkOf(verify(older, newer, null), 'key')).toMatchObject({
        code: 'E_KEY_REVOKED',
        field: 'old_head.timestamp',
      });
    }
  });
});
