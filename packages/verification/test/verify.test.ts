/** Whole packages: which verdict each kind of package gets, and that a failure hides nothing it does not touch. @module */

import { describe, expect, it } from 'vitest';
import { hexFromBytes } from '../src/bytes.ts';
import type { ErrorCode, Verdict } from '../src/errors.ts';
import { followKeyStatements } from '../src/key-check.ts';
import { leadingFailure, type Report } from '../src/report.ts';
import type { Trust, TrustedKey } from '../src/trust.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { encodeVkey } from '../src/vkey.ts';
import { parseWitnessPolicy, type WitnessPolicy } from '../src/witness-policy.ts';
import { cosignatureLine } from './make-cosignature.ts';
import { makeChainPackage, rotationText, signerNumber, statementText } from './make-key-chain.ts';
import {
  HEAD_TIME_MS,
  headBytes,
  type Json,
  type JsonRecord,
  LOG_SIGNER,
  leafText,
  makePackage,
  NOW_MS,
  ORIGIN,
  signerFromSeed,
  withMember,
} from './make-package.ts';

const KEY: TrustedKey = { publicKey: LOG_SIGNER.publicKey, name: 'acme-prod', log: ORIGIN };
const TRUST: Trust = { keys: [KEY] };
const GOOD = makePackage();
const OTHER_HASH = 'ab'.repeat(32);

function verify(proofPackage: Json, trust: Trust = TRUST, nowMs: number = NOW_MS): Report {
  return verifyProofPackage(JSON.stringify(proofPackage), trust, { nowMs, followKeyStatements });
}

function statusOf(report: Report, id: string): string {
  const check = report.checks.find((each) => each.id === id);
  return check?.code ?? check?.status ?? 'absent';
}

function expectCode(report: Report, verdict: Verdict, code: ErrorCode): void {
  expect(report.verdict).toBe(verdict);
  expect(leadingFailure(report)?.code).toBe(code);
  expect(report.levels).toEqual([]);
  expect(report.claims?.authenticated ?? false).toBe(false);
}

describe('a good package under a pinned key', () => {
  const report = verify(GOOD);

  it('is verified at level A', () => {
    expect(report.verdict).toBe('verified');
    expect(report.levels).toEqual(['A']);
  });

  it('lists every check in order, none of them silently', () => {
    expect(report.checks.map(({ id, status }) => [id, status])).toEqual([
      ['format', 'pass'],
      ['leaf', 'pass'],
      ['inclusion', 'pass'],
      ['head', 'pass'],
      ['signature', 'pass'],
      ['checkpoint', 'pass'],
      ['key', 'pass'],
      ['payload', 'skipped'],
      ['receipt', 'skipped'],
      ['anchor', 'skipped'],
      ['disclosure', 'skipped'],
      ['policy', 'skipped'],
    ]);
    for (const check of report.checks) {
      if (check.status === 'skipped') expect(check.reason).toBeTruthy();
    }
  });

  it('authenticates what the leaf says', () => {
    expect(report.claims).toMatchObject({
      authenticated: true,
      endpointUrl: 'https://example.com/webhook',
      outcome: 'delivered',
      responseStatus: 200,
      attemptedAt: '2026-01-15T10:30:44.000Z',
    });
  });

  it('tells which head and whose key', () => {
    expect(report.tree).toMatchObject({
      log: ORIGIN,
      treeSize: 11,
      leafIndex: 5,
      timestampMs: HEAD_TIME_MS,
    });
    expect(report.key).toMatchObject({ name: 'acme-prod', source: 'pinned' });
  });

  it('gives every input of every step', () => {
    expect(report.steps.map((step) => step.kind)).toEqual([
      'leaf',
      'path',
      'path',
      'path',
      'path',
      'root',
      'signature',
    ]);
    const signature = report.steps.at(-1);
    const root = Buffer.from(report.tree?.rootHash ?? '', 'hex');
    expect(signature?.kind === 'signature' && signature.message).toBe(
      hexFromBytes(headBytes(HEAD_TIME_MS, 11, root)),
    );
  });

  it('is the same for bytes, and each time it is asked', () => {
    const bytes = new TextEncoder().encode(JSON.stringify(GOOD));
    expect(verifyProofPackage(bytes, TRUST, { nowMs: NOW_MS })).toEqual(report);
    expect(verify(GOOD)).toEqual(report);
  });

  it('is verified for every outcome, since a failed delivery is logged too', () => {
    for (const changes of [
      { outcome: 'rejected', response_status: 503 },
      { outcome: 'failed', response_status: null, error: 'timeout' },
      { outcome: 'unknown', response_status: null, completed_at: null },
    ] as const) {
      const text = leafText(changes);
      expect(verify(makePackage({ leafText: text })).claims).toMatchObject({
        authenticated: true,
        outcome: changes.outcome,
      });
    }
  });

  it('is verified without a checkpoint, which is said', () => {
    const bare = verify(withMember(GOOD, 'signed_tree_head.checkpoint', undefined));
    expect(bare.verdict).toBe('verified');
    expect(bare.checks.find(({ id }) => id === 'checkpoint')).toEqual({
      id: 'checkpoint',
      status: 'skipped',
      reason: 'log name not signed',
    });
  });

  it('is verified with parts this version does not check, none of which passes', () => {
    const full: JsonRecord = {
      ...GOOD,
      anchors: [{ type: 'opentimestamps', proof: 'AA==' }],
      receipt: { receipt_data: '{}' },
      disclosures: [{ type: 'range' }],
    };
    const whole = verify(full);
    expect(whole.verdict).toBe('verified');
    expect(whole.levels).toEqual(['A']);
    for (const id of ['receipt', 'anchor', 'disclosure'])
      expect(statusOf(whole, id)).toBe('skipped');
  });
});

describe('trust', () => {
  it('is never taken from the package', () => {
    expectCode(verify(GOOD, { keys: [] }), 'untrusted', 'E_KEY_UNKNOWN');
  });

  it('does not come from another key, or a name', () => {
    const stranger = signerFromSeed('44'.repeat(32));
    const other: Trust = { keys: [{ publicKey: stranger.publicKey, name: 'acme-prod' }] };
    expectCode(verify(GOOD, other), 'untrusted', 'E_KEY_UNKNOWN');
  });

  it('ends where the window of the key ends', () => {
    const closed: Trust = { keys: [{ ...KEY, untilMs: HEAD_TIME_MS }] };
    expectCode(verify(GOOD, closed), 'untrusted', 'E_KEY_WINDOW');
  });

  it('is for one log where the key is pinned for one', () => {
    const elsewhere: Trust = { keys: [{ ...KEY, log: 'other.example' }] };
    expectCode(verify(GOOD, elsewhere), 'untrusted', 'E_KEY_UNKNOWN');
  });

  it('is withheld from a head of the future and from one older than the attempt', () => {
    expectCode(verify(GOOD, TRUST, HEAD_TIME_MS - 300_001), 'untrusted', 'E_STH_TIME');
    const early = makePackage({ timestampMs: HEAD_TIME_MS - 400_000 });
    expectCode(verify(early), 'untrusted', 'E_STH_TIME');
  });

  it('is withheld from a head of a time that has no date', () => {
    const farAway = makePackage({ timestampMs: Number.MAX_SAFE_INTEGER });
    expectCode(verify(farAway), 'untrusted', 'E_STH_TIME');
  });

  it('does not make a broken package better: the worst verdict wins', () => {
    const broken = withMember(GOOD, 'leaf_hash', OTHER_HASH);
    expectCode(verify(broken, { keys: [] }), 'invalid', 'E_LEAF_HASH');
  });
});

describe('changed packages', () => {
  it.each<[string, string, Json, ErrorCode]>([
    ['leaf text', 'leaf_data', leafText({ response_status: 201 }), 'E_LEAF_HASH'],
    ['leaf hash', 'leaf_hash', OTHER_HASH, 'E_LEAF_HASH'],
    ['second copy of the leaf hash', 'inclusion_proof.leaf_hash', OTHER_HASH, 'E_LEAF_HASH'],
    ['index', 'inclusion_proof.leaf_index', 4, 'E_ROOT_MISMATCH'],
    ['index outside the tree', 'inclusion_proof.leaf_index', 11, 'E_INDEX_RANGE'],
    ['index of another path length', 'inclusion_proof.leaf_index', 10, 'E_PATH_LENGTH'],
    ['size of the proof', 'inclusion_proof.tree_size', 12, 'E_HEAD_MISMATCH'],
    ['empty path', 'inclusion_proof.proof_hashes', [], 'E_PATH_LENGTH'],
    ['root of the proof', 'inclusion_proof.root_hash', OTHER_HASH, 'E_ROOT_MISMATCH'],
    ['root of the head', 'signed_tree_head.root_hash', OTHER_HASH, 'E_HEAD_MISMATCH'],
    ['size of the head', 'signed_tree_head.tree_size', 12, 'E_HEAD_MISMATCH'],
    ['time of the head', 'signed_tree_head.timestamp', HEAD_TIME_MS + 1, 'E_STH_SIGNATURE'],
    ['signature', 'signed_tree_head.signature', '01'.repeat(64), 'E_STH_SIGNATURE'],
    ['log', 'signed_tree_head.log', 'other.example', 'E_HEAD_MISMATCH'],
    [
      'attempt id',
      'delivery_attempt_id',
      '018d2f1e-3b5c-7a10-8f00-000000000009',
      'E_HEAD_MISMATCH',
    ],
    ['checkpoint', 'signed_tree_head.checkpoint', 'x', 'E_CHECKPOINT'],
  ])('with another %s are invalid', (_, path, value, code) => {
    expectCode(verify(withMember(GOOD, path, value)), 'invalid', code);
  });

  it.each<[string, string, ErrorCode]>([
    ['no JSON', 'not json', 'E_JSON'],
    ['nothing', '', 'E_JSON'],
    ['a later format', '{"format":"kapsel.proof/v2"}', 'E_VERSION'],
    [
      'a duplicate member',
      '{"format":"kapsel.proof/v1","format":"kapsel.proof/v1"}',
      'E_DUPLICATE_MEMBER',
    ],
    ['a missing member', '{"format":"kapsel.proof/v1"}', 'E_FIELD'],
    ['too much', ' '.repeat(1_048_577), 'E_TOO_LARGE'],
  ])('that are %s are malformed, and nothing else is claimed', (_, text, code) => {
    const report = verifyProofPackage(text, TRUST, { nowMs: NOW_MS });
    expectCode(report, 'malformed', code);
    expect(report).toMatchObject({ claims: null, tree: null, key: null, steps: [] });
    expect(report.checks).toHaveLength(12);
    expect(report.checks.slice(1).every(({ status }) => status === 'skipped')).toBe(true);
  });

  it('with a leaf text against the rules are malformed, though its hash is logged', () => {
    const report = verify(makePackage({ leafText: `${leafText()} ` }));
    expectCode(report, 'malformed', 'E_LEAF_TEXT');
    expect(report.claims).toBeNull();
    expect(statusOf(report, 'signature')).toBe('pass');
  });

  it('whose size grew by one with the head of it are caught by the signature', () => {
    const bigger = withMember(GOOD, 'inclusion_proof.tree_size', 12);
    const report = verify(withMember(bigger, 'signed_tree_head.tree_size', 12));
    expect(report.verdict).toBe('invalid');
    expect(statusOf(report, 'signature')).toBe('E_STH_SIGNATURE');
  });

  it('made of two packages are caught, whatever part comes from the other', () => {
    const other = makePackage({ leafIndex: 3, leafText: leafText({ attempt_number: 2 }) });
    for (const name of ['leaf_data', 'leaf_hash', 'inclusion_proof', 'signed_tree_head']) {
      const mixed = { ...GOOD, [name]: other[name] as Json };
      expect(verify(mixed).verdict).toBe('invalid');
    }
  });

  it('signed by a key that no honest signer has are invalid even if somebody pinned it', () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    const forged = withMember(GOOD, 'signed_tree_head.public_key', hexFromBytes(identity));
    const signature = `01${'00'.repeat(31)}${'00'.repeat(32)}`;
    const report = verify(withMember(forged, 'signed_tree_head.signature', signature), {
      keys: [{ publicKey: identity, name: null }],
    });
    expect(report.verdict).toBe('invalid');
    expect(statusOf(report, 'signature')).toBe('E_STH_SIGNATURE');
  });
});

describe('a failure', () => {
  it('of the path hides nothing of the head', () => {
    const path = GOOD.inclusion_proof as JsonRecord;
    const hashes = [...(path.proof_hashes as readonly Json[])].reverse();
    const report = verify(withMember(GOOD, 'inclusion_proof.proof_hashes', hashes));
    expect(statusOf(report, 'inclusion')).toBe('E_ROOT_MISMATCH');
    for (const id of ['format', 'leaf', 'head', 'signature', 'checkpoint', 'key']) {
      expect(statusOf(report, id)).toBe('pass');
    }
  });

  it('of the signature hides nothing of the path', () => {
    const report = verify(withMember(GOOD, 'signed_tree_head.signature', '01'.repeat(64)));
    expect(statusOf(report, 'inclusion')).toBe('pass');
    expect(statusOf(report, 'checkpoint')).toBe('pass');
  });

  it('of the leaf stops the path alone', () => {
    const report = verify(withMember(GOOD, 'leaf_hash', OTHER_HASH));
    expect(statusOf(report, 'inclusion')).toBe('skipped');
    expect(statusOf(report, 'head')).toBe('pass');
    expect(statusOf(report, 'signature')).toBe('pass');
  });
});

describe('key statements', () => {
  const texts = [rotationText(0), rotationText(1)];
  const [second, third] = [signerNumber(1), signerNumber(2)];
  const chained = makeChainPackage(texts, third);

  it('lead from the pinned key to that of the head, and are listed', () => {
    const report = verify(chained);
    expect(report.verdict).toBe('verified');
    expect(report.levels).toEqual(['A']);
    expect(report.key).toMatchObject({
      name: 'acme-prod',
      source: 'chain',
      statements: [{ isLogged: false }, { isLogged: false }],
    });
    const key = report.checks.find(({ id }) => id === 'key');
    expect(key?.reason).toBe(
      'reached from a pinned key by 2 key statements, signed, not shown in the log',
    );
  });

  it('are told apart where the tree of the head holds them', () => {
    const report = verify(makeChainPackage(texts, third, { isLogged: true }));
    expect(report.verdict).toBe('verified');
    expect(report.key?.statements.map(({ isLogged }) => isLogged)).toEqual([true, true]);
  });

  it('never make a key trusted that nobody pinned', () => {
    const stranger: TrustedKey = { publicKey: signerNumber(9).publicKey, name: null };
    for (const keys of [[], [stranger]]) {
      expectCode(verify(chained, { keys }), 'untrusted', 'E_KEY_UNKNOWN');
    }
  });

  it('that contradict each other fail the package, also beside a pinned key', () => {
    const broken = makeChainPackage([...texts].reverse(), third);
    expectCode(verify(broken), 'invalid', 'E_KEY_CHAIN');
    const pinned: Trust = { keys: [{ publicKey: third.publicKey, name: null }] };
    expectCode(verify(broken, pinned), 'invalid', 'E_KEY_CHAIN');
  });

  it('that nobody was asked to follow are never verified, whoever is pinned', () => {
    const last: TrustedKey = { publicKey: third.publicKey, name: 'last' };
    const broken = makeChainPackage([...texts].reverse(), third);
    for (const made of [chained, broken, { ...GOOD, key_chain: [{ leaf_data: '{}' }] }]) {
      for (const keys of [[], [KEY], [KEY, last]]) {
        const report = verifyProofPackage(JSON.stringify(made), { keys }, { nowMs: NOW_MS });
        expect(report.verdict).toBe('inconclusive');
        expect(report.levels).toEqual([]);
        expect(report.claims?.authenticated).toBe(false);
        expect(report.checks.find(({ id }) => id === 'key')).toEqual({
          id: 'key',
          status: 'skipped',
          reason: 'key statements are present, and followKeyStatements was not given',
        });
      }
    }
  });

  it('that are none need nobody to follow them', () => {
    for (const made of [GOOD, { ...GOOD, key_chain: [] }]) {
      const report = verifyProofPackage(JSON.stringify(made), TRUST, { nowMs: NOW_MS });
      expect(report).toEqual(verify(made));
      expect(report.verdict).toBe('verified');
    }
  });

  it('that are no texts of the log are malformed', () => {
    const other = { ...GOOD, key_chain: [{ leaf_data: '{}' }] };
    expectCode(verify(other), 'malformed', 'E_LEAF_TEXT');
    const later = { ...GOOD, key_chain: [{ leaf_data: '{"type":"kapsel.key/v2"}' }] };
    expectCode(verify(later), 'malformed', 'E_VERSION');
  });

  it('that revoke the key of the head leave it untrusted, whatever time it claims', () => {
    for (const validFromMs of [HEAD_TIME_MS - 1, HEAD_TIME_MS, HEAD_TIME_MS + 1]) {
      const revoke = statementText({ action: 'revoke', by: second, of: third, validFromMs });
      const report = verify(makeChainPackage([...texts, revoke], third));
      expectCode(report, 'untrusted', 'E_KEY_REVOKED');
    }
  });
});

describe('a witness policy', () => {
  const witness = signerNumber(5);
  const vkey = encodeVkey('w.example', witness.publicKey, 'witness');
  const policy = parseWitnessPolicy(`witness w ${vkey}\nquorum w\n`);

  function cosigned(made: JsonRecord, timeMs: number): JsonRecord {
    const note = String((made.signed_tree_head as JsonRecord).checkpoint);
    const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
    const line = cosignatureLine(text, 'w.example', witness, BigInt(timeMs / 1000));
    return withMember(made, 'signed_tree_head.checkpoint', note + line);
  }

  it('that is met does not stand for key statements that nobody followed', () => {
    const made = makeChainPackage([rotationText(0)], signerNumber(1));
    const text = JSON.stringify(cosigned(made, HEAD_TIME_MS));
    const followed = verifyProofPackage(
      text,
      { ...TRUST, policy },
      { nowMs: NOW_MS, followKeyStatements },
    );
    expect(followed.verdict).toBe('verified');
    const report = verifyProofPackage(text, { ...TRUST, policy }, { nowMs: NOW_MS });
    expect([statusOf(report, 'policy'), statusOf(report, 'key')]).toEqual(['pass', 'skipped']);
    expect([report.verdict, report.levels]).toEqual(['inconclusive', []]);
  });

  it('must be met where it is trusted', () => {
    expectCode(verify(GOOD, { ...TRUST, policy }), 'untrusted', 'E_POLICY');
    const report = verify(cosigned(GOOD, HEAD_TIME_MS), { ...TRUST, policy });
    expect(report.verdict).toBe('verified');
    expect(statusOf(report, 'policy')).toBe('pass');
  });

  it('is not met by a head without checkpoint', () => {
    const bare = withMember(GOOD, 'signed_tree_head.checkpoint', undefined);
    expectCode(verify(bare, { ...TRUST, policy }), 'untrusted', 'E_POLICY');
  });

  it('does not replace the key of the log', () => {
    const report = verify(cosigned(GOOD, HEAD_TIME_MS), { keys: [], policy });
    expectCode(report, 'untrusted', 'E_KEY_UNKNOWN');
    expect(statusOf(report, 'policy')).toBe('pass');
  });

  it('trusts the logs that it lists, each for its own origin', () => {
    const listing = (name: string): WitnessPolicy =>
      parseWitnessPolicy(`log ${encodeVkey(name, LOG_SIGNER.publicKey)}\nquorum none\n`);
    const report = verify(GOOD, { keys: [], policy: listing(ORIGIN) });
    expect(report.verdict).toBe('verified');
    expect(report.key).toMatchObject({ name: ORIGIN, source: 'pinned' });
    const elsewhere: Trust = { keys: [], policy: listing('other.example') };
    expectCode(verify(GOOD, elsewhere), 'untrusted', 'E_KEY_UNKNOWN');
  });

  it('keeps a head good whose key was revoked after the witnesses had seen it', () => {
    const validFromMs = HEAD_TIME_MS + 60_000;
    const revoke = statementText({
      action: 'revoke',
      by: LOG_SIGNER,
      of: signerNumber(1),
      validFromMs,
    });
    const made = makeChainPackage([rotationText(0), revoke], signerNumber(1));
    const trust: Trust = { ...TRUST, policy };
    const intime = verify(cosigned(made, validFromMs - 1_000), trust);
    expect(intime.verdict).toBe('verified');
    expect(intime.checks.find(({ id }) => id === 'key')?.reason).toContain('revoked from');
    expectCode(verify(cosigned(made, validFromMs), trust), 'untrusted', 'E_KEY_REVOKED');
    expectCode(verify(cosigned(made, validFromMs - 1_000)), 'untrusted', 'E_KEY_REVOKED');
  });
});
