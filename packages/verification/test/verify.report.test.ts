/** The exact report: every member of a good, a failed and an unreadable one, calculated here from the reference tree. @module */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { followKeyStatements } from '../src/key-check.ts';
import type { Check, Report } from '../src/report.ts';
import type { Trust } from '../src/trust.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { encodeVkey } from '../src/vkey.ts';
import { parseWitnessPolicy } from '../src/witness-policy.ts';
import { makeChainPackage, rotationText, signerNumber } from './make-key-chain.ts';
import {
  ATTEMPT_ID,
  HEAD_TIME_MS,
  headBytes,
  hex,
  type Json,
  type JsonRecord,
  LOG_SIGNER,
  leafMembers,
  leafText,
  makePackage,
  NOW_MS,
  ORIGIN,
  utf8,
  withMember,
} from './make-package.ts';
import { referenceLeafHash, referenceNodeHash } from './reference-tree.ts';

const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: 'acme-prod' }] };
const GOOD = makePackage();
const HEAD = GOOD.signed_tree_head as JsonRecord;
const ROOT = String(HEAD.root_hash);
const KEY_ID = createHash('sha256').update(LOG_SIGNER.publicKey).digest('hex');
const WITNESS = encodeVkey('w.example', signerNumber(5).publicKey, 'witness');
const POLICY = parseWitnessPolicy(`witness w ${WITNESS}\nquorum w\n`);
const BAD_SIGNATURE = '01'.repeat(64);

function verify(proofPackage: Json, trust: Trust = TRUST): Report {
  const options = { nowMs: NOW_MS, followKeyStatements };
  return verifyProofPackage(JSON.stringify(proofPackage), trust, options);
}

function failuresOf(report: Report): readonly Check[] {
  return report.checks.filter(({ status }) => status === 'fail');
}

/** The four rungs from leaf 5 of 11 to the root. */
function rungsOfGood(): { readonly hashes: readonly string[]; readonly steps: readonly Json[] } {
  const { proof_hashes: path } = GOOD.inclusion_proof as { proof_hashes: readonly string[] };
  const sides = ['left', 'right', 'left', 'right'] as const;
  const indexes = ['5', '2', '1', '0'];
  const hashes = [hex(referenceLeafHash(utf8(leafText())))];
  const steps = sides.map((siblingSide, i) => {
    const before = hashes[i] as string;
    const sibling = path[i] as string;
    const pair = siblingSide === 'left' ? [sibling, before] : [before, sibling];
    const [left, right] = pair.map((each) => Buffer.from(each, 'hex')) as [Buffer, Buffer];
    const after = hex(referenceNodeHash(left, right));
    hashes.push(after);
    const index = indexes[i] as string;
    return { kind: 'path', rung: i + 1, rungs: 4, index, siblingSide, sibling, before, after };
  });
  return { hashes, steps };
}

describe('the report', () => {
  it('of a good package says all there is, and nothing else', () => {
    const leaf = leafMembers();
    const { hashes, steps } = rungsOfGood();
    expect(hashes.at(-1)).toBe(ROOT);
    expect(verify(GOOD)).toStrictEqual({
      verdict: 'verified',
      levels: ['A'],
      checks: [
        { id: 'format', status: 'pass' },
        { id: 'leaf', status: 'pass' },
        { id: 'inclusion', status: 'pass' },
        { id: 'head', status: 'pass' },
        { id: 'signature', status: 'pass' },
        { id: 'checkpoint', status: 'pass' },
        { id: 'key', status: 'pass' },
        { id: 'payload', status: 'skipped', reason: 'no payload given' },
        { id: 'receipt', status: 'skipped', reason: 'none in the file' },
        { id: 'anchor', status: 'skipped', reason: 'none in the file' },
        { id: 'disclosure', status: 'skipped', reason: 'none in the file' },
        { id: 'policy', status: 'skipped', reason: 'no rule required' },
      ],
      claims: {
        authenticated: true,
        deliveryAttemptId: ATTEMPT_ID,
        eventId: leaf.event_id,
        endpointId: leaf.endpoint_id,
        endpointUrl: 'https://example.com/webhook',
        attemptNumber: 1,
        payloadHash: leaf.payload_hash,
        payloadSize: 7,
        attemptedAt: '2026-01-15T10:30:44.000Z',
        completedAt: '2026-01-15T10:30:44.250Z',
        outcome: 'delivered',
        responseStatus: 200,
        error: null,
      },
      tree: {
        log: ORIGIN,
        treeSize: 11,
        rootHash: ROOT,
        timestampMs: HEAD_TIME_MS,
        leafIndex: 5,
      },
      key: { keyId: KEY_ID, name: 'acme-prod', source: 'pinned', statements: [] },
      anchors: [],
      steps: [
        { kind: 'leaf', sizeBytes: utf8(leafText()).length, hash: hashes[0] },
        ...steps,
        { kind: 'root', computed: ROOT, signed: ROOT },
        {
          kind: 'signature',
          message: hex(headBytes(HEAD_TIME_MS, 11, Buffer.from(ROOT, 'hex'))),
          signature: HEAD.signature,
          publicKey: hex(LOG_SIGNER.publicKey),
          keyId: KEY_ID,
        },
      ],
    });
  });

  it('of a file that cannot be read names every check that was not made', () => {
    const reason = 'the file cannot be read as a proof package';
    const report = verifyProofPackage('{"format":"kapsel.proof/v2"}', TRUST, { nowMs: NOW_MS });
    const [format, ...others] = report.checks;
    expect(format).toStrictEqual({
      id: 'format',
      status: 'fail',
      code: 'E_VERSION',
      field: 'format',
      expected: 'kapsel.proof/v1',
      actual: 'kapsel.proof/v2',
    });
    expect(others).toStrictEqual([
      { id: 'leaf', status: 'skipped', reason },
      { id: 'inclusion', status: 'skipped', reason },
      { id: 'head', status: 'skipped', reason },
      { id: 'signature', status: 'skipped', reason },
      { id: 'checkpoint', status: 'skipped', reason },
      { id: 'key', status: 'skipped', reason },
      { id: 'payload', status: 'skipped', reason },
      { id: 'receipt', status: 'skipped', reason },
      { id: 'anchor', status: 'skipped', reason },
      { id: 'disclosure', status: 'skipped', reason },
      { id: 'policy', status: 'skipped', reason },
    ]);
    const rest = { ...report, checks: [] };
    expect(rest).toStrictEqual({
      verdict: 'malformed',
      levels: [],
      checks: [],
      claims: null,
      tree: null,
      key: null,
      anchors: [],
      steps: [],
    });
  });
});

describe('a failed check names its member by the path in the file', () => {
  it('that of the signature', () => {
    const report = verify(withMember(GOOD, 'signed_tree_head.signature', BAD_SIGNATURE));
    expect(failuresOf(report)).toStrictEqual([
      {
        id: 'signature',
        status: 'fail',
        code: 'E_STH_SIGNATURE',
        field: 'signed_tree_head.signature',
        expected: `a signature by the key ${hex(LOG_SIGNER.publicKey)}`,
        actual: BAD_SIGNATURE,
      },
    ]);
  });

  it('that of the checkpoint', () => {
    const [failure, ...others] = failuresOf(
      verify(withMember(GOOD, 'signed_tree_head.checkpoint', 'x')),
    );
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ id: 'checkpoint', code: 'E_CHECKPOINT' });
    expect(failure?.field).toBe('signed_tree_head.checkpoint');
  });

  it('that of the policy', () => {
    expect(failuresOf(verify(GOOD, { ...TRUST, policy: POLICY }))).toStrictEqual([
      {
        id: 'policy',
        status: 'fail',
        code: 'E_POLICY',
        field: 'signed_tree_head.checkpoint',
        expected: 'cosignatures that fulfil the quorum w',
        actual: 'cosigned by 0 of 1 witnesses',
      },
    ]);
  });

  it('that of the key, where nobody pinned it', () => {
    expect(failuresOf(verify(GOOD, { keys: [] }))).toStrictEqual([
      {
        id: 'key',
        status: 'fail',
        code: 'E_KEY_UNKNOWN',
        field: 'signed_tree_head.public_key',
        expected: 'a key you pinned',
        actual: KEY_ID,
      },
    ]);
  });

  it('that of the key, where a statement stands twice', () => {
    const twice = makeChainPackage([rotationText(0), rotationText(0)], signerNumber(1));
    expect(failuresOf(verify(twice))).toStrictEqual([
      {
        id: 'key',
        status: 'fail',
        code: 'E_KEY_CHAIN',
        field: 'key_chain[1].leaf_data',
        expected: 'each statement once',
        actual: 'a second one',
      },
    ]);
  });
});
