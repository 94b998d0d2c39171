/** The whole verification of a tlog-proof: what passes, and each check that refuses. @module */
import { describe, expect, it } from 'vitest';
import { keyIdFromPublicKey } from '../src/public-key.ts';
import { leadingFailure } from '../src/report.ts';
import type { Trust } from '../src/trust.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { type TlogProofReport, verifyTlogProof } from '../src/verify-tlog-proof.ts';
import { cosignatureLine } from './make-cosignature.ts';
import {
  checkpointText,
  type JsonRecord,
  LOG_SIGNER,
  leafText,
  makePackage,
  NOW_MS,
  noteOf,
  ORIGIN,
  signerFromSeed,
  utf8,
} from './make-package.ts';
import { makeTlogProof, onePolicy, type TlogLines } from './make-tlog-proof.ts';
import { referenceLeafHash } from './reference-tree.ts';

const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: 'our log' }] };
const OPTIONS = { nowMs: NOW_MS };
const PACKAGE = makePackage();
const PROOF = PACKAGE.inclusion_proof as JsonRecord;
const ROOT = Buffer.from(String(PROOF.root_hash), 'hex');

function report(changes: Partial<TlogLines> = {}, made: JsonRecord = PACKAGE): TlogProofReport {
  return verifyTlogProof(makeTlogProof(made, changes), TRUST, OPTIONS);
}

function reasonOf(of: TlogProofReport, id: string): string | undefined {
  return of.checks.find((each) => each.id === id)?.reason;
}

function statusOf(of: TlogProofReport, id: string): string | undefined {
  const check = of.checks.find((each) => each.id === id);
  return check?.code ?? check?.status;
}

describe('a tlog-proof of a delivery', () => {
  it('is verified at level A, with the claims and the steps of its package', () => {
    const made = report();
    const ofPackage = verifyProofPackage(JSON.stringify(PACKAGE), TRUST, OPTIONS);
    expect([made.verdict, made.levels]).toEqual(['verified', ['A']]);
    expect(made.claims).toEqual(ofPackage.claims);
    expect(made.claims?.authenticated).toBe(true);
    expect(made.tree).toEqual({
      log: ORIGIN,
      treeSize: 11n,
      leafIndex: 5n,
      rootHash: PROOF.root_hash,
    });
    expect(made.key?.keyId).toBe(keyIdFromPublicKey(LOG_SIGNER.publicKey));
    const beforeSignature = ofPackage.steps.filter(({ kind }) => kind !== 'signature');
    expect(made.steps.slice(0, -1)).toEqual(beforeSignature);
    expect(made.steps.at(-1)?.kind).toBe('signature');
  });

  it('has the checks of a package in the same order, and says what the form has no place for', () => {
    const ofPackage = verifyProofPackage(JSON.stringify(PACKAGE), TRUST, OPTIONS);
    const made = report();
    expect(made.checks.map(({ id }) => id)).toEqual(ofPackage.checks.map(({ id }) => id));
    expect(made.checks.filter(({ status }) => status === 'pass').map(({ id }) => id)).toEqual([
      'format',
      'leaf',
      'inclusion',
      'head',
      'checkpoint',
      'key',
    ]);
    for (const check of made.checks.filter(({ status }) => status !== 'pass')) {
      expect([check.status, typeof check.reason]).toEqual(['skipped', 'string']);
    }
  });

  it('gets the same report from text and bytes', () => {
    const text = makeTlogProof(PACKAGE);
    expect(verifyTlogProof(utf8(text), TRUST, OPTIONS)).toEqual(
      verifyTlogProof(text, TRUST, OPTIONS),
    );
  });

  it('is untrusted without a pinned key, and its claims are not authenticated', () => {
    const made = verifyTlogProof(makeTlogProof(PACKAGE), { keys: [] }, OPTIONS);
    expect([made.verdict, made.levels]).toEqual(['untrusted', []]);
    expect(leadingFailure(made)?.code).toBe('E_KEY_UNKNOWN');
    expect(made.claims?.authenticated).toBe(false);
    expect(made.key).toBeNull();
  });

  it('is malformed where it is no tlog-proof, or of a later version', () => {
    for (const [text, code] of [
      ['{}', 'E_FIELD'],
      ['c2sp.org/tlog-proof@v2\nindex 5\n\n', 'E_VERSION'],
    ] as const) {
      const made = verifyTlogProof(text, TRUST, OPTIONS);
      expect(made.verdict).toBe('malformed');
      expect(leadingFailure(made)).toMatchObject({ id: 'format', code });
      expect(made.checks.map(({ id }) => id)).toEqual(report().checks.map(({ id }) => id));
      expect(made.checks.slice(1).every(({ status }) => status === 'skipped')).toBe(true);
      expect([made.claims, made.tree, made.key, made.steps]).toEqual([null, null, null, []]);
    }
  });

  it.each([
    ['no leaf data', null, { field: 'extra', expected: 'the leaf data', actual: 'none' }],
    [
      'leaf data that is no UTF-8',
      `extra ${Buffer.of(0xff).toString('base64')}`,
      { field: 'extra', expected: 'UTF-8', actual: 'other bytes' },
    ],
    ['another text as leaf data', `extra ${Buffer.from('hello').toString('base64')}`, {}],
  ])('is malformed with %s, and the path is not walked', (_, extra, details) => {
    const made = report({ extra });
    expect(made.verdict).toBe('malformed');
    expect(statusOf(made, 'leaf')).toBe('E_LEAF_TEXT');
    expect(made.checks.find(({ id }) => id === 'leaf')).toMatchObject(details);
    expect(['inclusion', 'head'].map((id) => reasonOf(made, id))).toEqual([
      'the leaf cannot be read',
      'the leaf cannot be read, so nothing to compare',
    ]);
    expect([statusOf(made, 'inclusion'), statusOf(made, 'head')]).toEqual(['skipped', 'skipped']);
    expect([statusOf(made, 'checkpoint'), statusOf(made, 'key')]).toEqual(['pass', 'pass']);
    expect(made.claims).toBeNull();
  });

  it('hashes no leaf data as an empty leaf', () => {
    const hash = Buffer.from(referenceLeafHash(new Uint8Array(0))).toString('hex');
    expect(report({ extra: null }).steps[0]).toEqual({ kind: 'leaf', sizeBytes: 0, hash });
  });

  it('is invalid with a changed leaf, index or path', () => {
    const other = `extra ${Buffer.from(leafText({ attempt_number: 2 })).toString('base64')}`;
    const hashes = (PROOF.proof_hashes as string[]).map((hash) =>
      Buffer.from(hash, 'hex').toString('base64'),
    );
    for (const [changes, code] of [
      [{ extra: other }, 'E_ROOT_MISMATCH'],
      [{ index: 'index 4' }, 'E_ROOT_MISMATCH'],
      [{ index: 'index 11' }, 'E_INDEX_RANGE'],
      [{ hashes: hashes.slice(1) }, 'E_PATH_LENGTH'],
      [{ hashes: hashes.toReversed() }, 'E_ROOT_MISMATCH'],
    ] as const) {
      const made = report(changes);
      expect(made.verdict).toBe('invalid');
      expect(leadingFailure(made)).toMatchObject({ id: 'inclusion', code });
      expect(made.claims?.authenticated).toBe(false);
    }
    const otherIndex = report({ index: 'index 4' });
    const step = otherIndex.steps.find(({ kind }) => kind === 'root');
    expect(step).toMatchObject({ signed: PROOF.root_hash });
    expect(leadingFailure(otherIndex)).toMatchObject({
      field: 'checkpoint root',
      expected: PROOF.root_hash,
    });
  });

  it('is invalid with a checkpoint that its key did not sign, or that cannot be read', () => {
    const forged = noteOf(checkpointText(ORIGIN, 11, ROOT), ORIGIN, LOG_SIGNER).replace(
      '\n11\n',
      '\n12\n',
    );
    const made = report({ checkpoint: forged });
    expect([made.verdict, statusOf(made, 'checkpoint')]).toEqual(['invalid', 'E_CHECKPOINT']);
    const unreadable = report({ checkpoint: 'no note' });
    expect([unreadable.verdict, statusOf(unreadable, 'checkpoint')]).toEqual([
      'invalid',
      'E_CHECKPOINT',
    ]);
    const depending = ['inclusion', 'head', 'key'];
    expect(depending.map((id) => statusOf(unreadable, id))).toEqual(Array(3).fill('skipped'));
    expect(depending.map((id) => reasonOf(unreadable, id))).toEqual([
      'the checkpoint cannot be read',
      'the checkpoint cannot be read, so nothing to compare',
      'the checkpoint cannot be read',
    ]);
    expect([unreadable.tree, unreadable.key]).toEqual([null, null]);
    expect(unreadable.claims?.authenticated).toBe(false);
  });

  it('is invalid where the leaf belongs to another log than the checkpoint', () => {
    const origin = 'other.example/1';
    const made = report({}, makePackage({ origin }));
    expect(made.verdict).toBe('invalid');
    expect(leadingFailure(made)).toMatchObject({
      id: 'head',
      code: 'E_HEAD_MISMATCH',
      field: 'checkpoint origin',
      expected: ORIGIN,
      actual: origin,
    });
  });

  it('is untrusted where the leaf is from the future, with five minutes of patience', () => {
    const at = (ms: number): JsonRecord => {
      const time = new Date(NOW_MS + ms).toISOString();
      return makePackage({ leafText: leafText({ attempted_at: time, completed_at: null }) });
    };
    expect(report({}, at(300_000)).verdict).toBe('verified');
    const made = report({}, at(300_001));
    expect(made.verdict).toBe('untrusted');
    expect(leadingFailure(made)).toMatchObject({
      id: 'head',
      code: 'E_STH_TIME',
      field: 'extra.attempted_at',
      expected: `at most ${new Date(NOW_MS + 300_000).toISOString()}`,
      actual: new Date(NOW_MS + 300_001).toISOString(),
    });
  });

  it('is untrusted when another key signed, whatever the name of its line', () => {
    const made = report({}, makePackage({ signer: signerFromSeed('22'.repeat(32)) }));
    expect([made.verdict, statusOf(made, 'checkpoint')]).toEqual(['untrusted', 'skipped']);
  });

  it('is untrusted under a key whose window has closed, since a checkpoint has no time', () => {
    const key = { publicKey: LOG_SIGNER.publicKey, name: null, untilMs: NOW_MS };
    const made = verifyTlogProof(makeTlogProof(PACKAGE), { keys: [key] }, OPTIONS);
    expect(made.verdict).toBe('untrusted');
    expect(leadingFailure(made)?.code).toBe('E_KEY_WINDOW');
  });

  it('needs the witnesses that the policy of the user wants', () => {
    const witness = signerFromSeed('33'.repeat(32));
    const trust = { ...TRUST, policy: onePolicy('w.example', witness) };
    const unseen = verifyTlogProof(makeTlogProof(PACKAGE), trust, OPTIONS);
    expect([unseen.verdict, leadingFailure(unseen)?.code]).toEqual(['untrusted', 'E_POLICY']);
    const text = checkpointText(ORIGIN, 11, ROOT);
    const line = cosignatureLine(text, 'w.example', witness, BigInt(NOW_MS / 1_000));
    const checkpoint = noteOf(text, ORIGIN, LOG_SIGNER) + line;
    const seen = verifyTlogProof(makeTlogProof(PACKAGE, { checkpoint }), trust, OPTIONS);
    expect([seen.verdict, statusOf(seen, 'policy')]).toEqual(['verified', 'pass']);
    const unreadable = verifyTlogProof(makeTlogProof(PACKAGE, { checkpoint: 'x' }), trust, OPTIONS);
    expect(unreadable.verdict).toBe('invalid');
  });
});
