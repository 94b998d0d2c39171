/** The packages of `fixtures/` as tlog-proofs: what verifies here verifies there, and nothing more. @module */
import {
  bytesFromHex,
  encodeTlogProof,
  followKeyStatements,
  parseProofPackage,
  parseTlogProof,
  type TlogProofReport,
  type Trust,
  tlogProofFromPackage,
  VerificationError,
  verifyProofPackage,
  verifyTlogProof,
} from '@kapsel/verification';
import { describe, expect, test } from 'vitest';
import {
  FIXTURES_NOW_MS,
  type FixturePackage,
  readFixturePackages,
} from '../support/fixture-packages.ts';

const OPTIONS = { nowMs: FIXTURES_NOW_MS, followKeyStatements };
const FIXTURES = readFixturePackages();

function trustOf(fixture: FixturePackage): Trust {
  return { keys: [{ publicKey: bytesFromHex(fixture.publicKey), name: null }] };
}

/** The report about the exported package, or null where it is refused. */
function reportOfExport(fixture: FixturePackage): TlogProofReport | null {
  try {
    const text = encodeTlogProof(tlogProofFromPackage(parseProofPackage(fixture.text)));
    return verifyTlogProof(text, trustOf(fixture), OPTIONS);
  } catch (error) {
    if (error instanceof VerificationError) return null;
    throw error;
  }
}

const WITH_CHECKPOINT = FIXTURES.filter(
  ({ expect, text }) => expect === 'verified' && text.includes('"checkpoint"'),
);
// A tlog-proof has no place for key statements: a key that only they lead to is unknown there.
const needsChain = (fixture: FixturePackage): boolean =>
  verifyProofPackage(fixture.text, trustOf(fixture), OPTIONS).key?.source === 'chain';
const EXPORTABLE = WITH_CHECKPOINT.filter((fixture) => !needsChain(fixture));

test.each(WITH_CHECKPOINT.filter(needsChain))('$name is untrusted as a tlog-proof', (fixture) => {
  const report = reportOfExport(fixture);
  expect(report?.verdict).toBe('untrusted');
  expect(report?.checks.find(({ status }) => status === 'fail')?.code).toBe('E_KEY_UNKNOWN');
});

test('some fixtures can be exported', () => {
  expect(EXPORTABLE.length).toBeGreaterThan(10);
});

describe.each(EXPORTABLE)('$name: $desc', (fixture) => {
  test('verifies as a tlog-proof with the same claims, place, key and steps', () => {
    const report = reportOfExport(fixture);
    const ofPackage = verifyProofPackage(fixture.text, trustOf(fixture), OPTIONS);
    expect([report?.verdict, report?.levels]).toEqual(['verified', ['A']]);
    expect(report?.claims).toEqual(ofPackage.claims);
    expect(report?.tree).toEqual({
      log: ofPackage.tree?.log,
      treeSize: BigInt(ofPackage.tree?.treeSize ?? -1),
      leafIndex: BigInt(ofPackage.tree?.leafIndex ?? -1),
      rootHash: ofPackage.tree?.rootHash,
    });
    expect(report?.key).toEqual(ofPackage.key);
    expect(report?.steps.slice(0, -1)).toEqual(ofPackage.steps.slice(0, -1));
  });

  test('reads back to what the package says', () => {
    const made = parseProofPackage(fixture.text);
    const proof = parseTlogProof(encodeTlogProof(tlogProofFromPackage(made)));
    expect(new TextDecoder().decode(proof.extra ?? undefined)).toBe(made.leafData);
    expect(proof.leafIndex).toBe(BigInt(made.inclusionProof.leafIndex));
    expect(proof.proofHashes).toEqual(made.inclusionProof.proofHashes);
    expect(proof.checkpoint).toBe(made.signedTreeHead.checkpoint);
  });
});

// What these are refused for does not stand in a tlog-proof: repeated members, the 50-byte signature and its time, key
// statements (whoever learns of a revocation ends the window of the key in their trust).
const LOST_IN_EXPORT = [
  'E_LEAF_HASH',
  'E_HEAD_MISMATCH',
  'E_STH_SIGNATURE',
  'E_STH_TIME',
  'E_KEY_CHAIN',
  'E_KEY_REVOKED',
];
const OTHERS = FIXTURES.filter(
  (each) => each.expect !== 'verified' && !LOST_IN_EXPORT.includes(each.expect),
);

test.each(OTHERS)('$name is no verified tlog-proof either', (fixture) => {
  expect(reportOfExport(fixture)?.verdict).not.toBe('verified');
});
