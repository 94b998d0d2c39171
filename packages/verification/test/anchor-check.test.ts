/** Anchors of a package: level C for what a header confirms, never for less, and what contradicts fails the package. @module */
import { describe, expect, it } from 'vitest';
import {
  bitcoinAttestation,
  encodeFile,
  follow,
  type OtsStep,
  pendingAttestation,
  sha256,
} from '../../../test/support/ots-writer.ts';
import { anchorChecker } from '../src/anchor-check.ts';
import { levelsText } from '../src/explain.ts';
import type { HeaderEvidence } from '../src/ots/header-evidence.ts';
import { parseHeaderRun } from '../src/ots/header-run.ts';
import type { Report } from '../src/report.ts';
import type { Trust } from '../src/trust.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { cosignatureLine } from './make-cosignature.ts';
import { signerNumber } from './make-key-chain.ts';
import {
  hex,
  type Json,
  type JsonRecord,
  LOG_SIGNER,
  makePackage,
  NOW_MS,
  withMember,
} from './make-package.ts';
import { LAB, mine, mineRun, shownHash, withoutWork } from './ots/make-headers.ts';

const GOOD = makePackage();
const NOTE = String((GOOD.signed_tree_head as JsonRecord).checkpoint);
const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: null }] };
const HEIGHT = 101;

const stepsOf = (byte: number): OtsStep[] => [['append', Buffer.of(byte)], ['sha256']];
const rootOf = (byte: number, note = NOTE): Buffer =>
  follow(sha256(Buffer.from(note)), stepsOf(byte));

/** A stamp on a note: one append, and an attestation. */
function stamp(attestation: Buffer, byte = 1, note = NOTE): JsonRecord {
  const end = { ways: [{ steps: stepsOf(byte), end: { attestations: [attestation] } }] };
  const proof = encodeFile(sha256(Buffer.from(note)), end).toString('base64');
  return { type: 'opentimestamps', proof };
}

const IN_BLOCK = stamp(bitcoinAttestation(HEIGHT));
const WAITING = stamp(pendingAttestation('https://cal.example'));
const HEADER = mine({ merkleRoot: rootOf(1) });

function given(header = HEADER, height = HEIGHT): HeaderEvidence {
  return { source: 'user', run: parseHeaderRun(header, height, LAB) };
}

function verify(
  anchors: Json,
  headers: readonly HeaderEvidence[] = [],
  chain = LAB,
  proofPackage = GOOD,
): Report {
  return verifyProofPackage(JSON.stringify({ ...proofPackage, anchors }), TRUST, {
    nowMs: NOW_MS,
    checkAnchors: anchorChecker({ chain, headers }),
  });
}

const anchorOf = (report: Report) => report.checks.find(({ id }) => id === 'anchor');

describe('a package with an anchor', () => {
  it('reaches level C by a header that was given', () => {
    const report = verify([IN_BLOCK], [given()]);
    expect(report).toMatchObject({ verdict: 'verified', levels: ['A', 'C'] });
    expect(anchorOf(report)).toMatchObject({ status: 'pass' });
    expect(report.anchors).toMatchObject([
      { state: 'confirmed', decisive: { blockHash: shownHash(HEADER) } },
    ]);
    expect(levelsText(report)).toBe(
      'Level A+C: logged; existed before block 101 of the chain "lab" (block time about 2026-01-15; header you gave). No receipt from the destination.',
    );
  });

  it.each([
    ['a header that was not given', [IN_BLOCK], 'E_ANCHOR_HEADER'],
    ['a calendar', [WAITING], 'E_ANCHOR_PENDING'],
    ['both', [WAITING, IN_BLOCK], 'E_ANCHOR_HEADER'],
  ])('stays at level A while it waits for %s', (_, anchors, code) => {
    const report = verify(anchors);
    expect(report).toMatchObject({ verdict: 'verified', levels: ['A'] });
    expect(anchorOf(report)).toMatchObject({ status: 'pending', code });
  });

  it('needs one confirmed anchor, and tells the lowest block', () => {
    const later = stamp(bitcoinAttestation(HEIGHT + 1), 2);
    const header = mine({ merkleRoot: rootOf(2) });
    const report = verify([WAITING, later, IN_BLOCK], [given(header, HEIGHT + 1), given()]);
    expect(report.levels).toEqual(['A', 'C']);
    expect(anchorOf(report)?.reason).toContain('block 101 ');
  });

  it('is skipped, and said so, where nobody checks anchors', () => {
    const report = verifyProofPackage(JSON.stringify({ ...GOOD, anchors: [IN_BLOCK] }), TRUST, {
      nowMs: NOW_MS,
    });
    expect(report).toMatchObject({ verdict: 'verified', levels: ['A'], anchors: [] });
    expect(anchorOf(report)?.status).toBe('skipped');
  });

  it('is anchored by the line of the log alone: witnesses may sign later', () => {
    const [text = ''] = NOTE.split('\n\n');
    const line = cosignatureLine(`${text}\n`, 'w.example', signerNumber(7), 1_768_473_045n);
    const cosigned = withMember(GOOD, 'signed_tree_head.checkpoint', NOTE + line);
    expect(verify([IN_BLOCK], [given()], LAB, cosigned).levels).toEqual(['A', 'C']);
  });

  it('is asked anew where anything of it differs from the one before', () => {
    const checkAnchors = anchorChecker({ chain: LAB, headers: [given()] });
    const levelsOf = (anchors: Json, proofPackage = GOOD): string => {
      const text = JSON.stringify({ ...proofPackage, anchors });
      return verifyProofPackage(text, TRUST, { nowMs: NOW_MS, checkAnchors }).levels.join('+');
    };
    const other = makePackage({ treeSize: 12 });
    expect(levelsOf([IN_BLOCK])).toBe('A+C');
    expect(levelsOf([IN_BLOCK], other)).toBe('');
    expect(levelsOf([IN_BLOCK])).toBe('A+C');
    expect(levelsOf([WAITING])).toBe('A');
    expect(levelsOf([IN_BLOCK, WAITING])).toBe('A+C');
    expect(levelsOf([{ ...IN_BLOCK, headers: [hex(withoutWork(HEADER))] }])).toBe('');
    expect(levelsOf([IN_BLOCK])).toBe('A+C');
  });

  it('shows level C to nobody who does not trust the key', () => {
    const report = verifyProofPackage(
      JSON.stringify({ ...GOOD, anchors: [IN_BLOCK] }),
      { keys: [] },
      { nowMs: NOW_MS, checkAnchors: anchorChecker({ chain: LAB, headers: [given()] }) },
    );
    expect(report).toMatchObject({ verdict: 'untrusted', levels: [] });
  });
});

describe('headers in the package', () => {
  it('count where they link to a known block', () => {
    const first = mine({ merkleRoot: rootOf(1) });
    const previousHash = Buffer.from(shownHash(first), 'hex').reverse();
    const next = mine({ previousHash });
    const chain = { ...LAB, pins: [{ height: HEIGHT + 1, hash: shownHash(next) }] };
    const anchor = { ...IN_BLOCK, headers: [hex(first), hex(next)] };
    const report = verify([anchor], [], chain);
    expect(report.levels).toEqual(['A', 'C']);
    expect(report.anchors[0]?.decisive?.trust).toMatchObject({ source: 'pinned', name: '102' });
  });

  it('show nothing by themselves', () => {
    const report = verify([{ ...IN_BLOCK, headers: [hex(HEADER)] }]);
    expect(report.levels).toEqual(['A']);
    expect(report.anchors[0]?.decisive).toMatchObject({ isHeaderCarried: true });
  });

  it.each([
    ['without work', [withoutWork(HEADER)]],
    ['that are not linked', mineRun(3).toReversed()],
  ])('%s are a contradiction', (_, headers) => {
    const report = verify([{ ...IN_BLOCK, headers: headers.map(hex) }], [given()]);
    expect(report.verdict).toBe('invalid');
    expect(anchorOf(report)).toMatchObject({
      code: 'E_ANCHOR_MISMATCH',
      field: 'anchors[0].headers',
    });
  });
});

describe('a contradiction', () => {
  it.each<[string, Json, string, string]>([
    [
      'another note',
      [stamp(bitcoinAttestation(HEIGHT), 1, `${NOTE}\n`)],
      'invalid',
      'E_ANCHOR_MISMATCH',
    ],
    ['another root', [stamp(bitcoinAttestation(HEIGHT), 2)], 'invalid', 'E_ANCHOR_MISMATCH'],
    [
      'one of two',
      [IN_BLOCK, stamp(bitcoinAttestation(HEIGHT), 2)],
      'invalid',
      'E_ANCHOR_MISMATCH',
    ],
    ['no proof', [{ type: 'opentimestamps', proof: 'AA==' }], 'malformed', 'E_FIELD'],
  ])('of %s fails the package', (_, anchors, verdict, code) => {
    const report = verify(anchors, [given()]);
    expect(report).toMatchObject({ verdict, levels: [] });
    expect(anchorOf(report)).toMatchObject({ status: 'fail', code });
    expect(anchorOf(report)?.field).toMatch(/^anchors\[[01]\]\.proof$/);
  });

  it('of a package without a checkpoint is that nothing was stamped', () => {
    const bare = withMember(GOOD, 'signed_tree_head.checkpoint', undefined);
    const report = verify([IN_BLOCK], [given()], LAB, bare);
    expect(report.verdict).toBe('malformed');
    expect(anchorOf(report)).toMatchObject({
      code: 'E_FIELD',
      field: 'signed_tree_head.checkpoint',
    });
  });

  it('of the checkpoint leaves the anchor open', () => {
    const other = withMember(GOOD, 'signed_tree_head.checkpoint', NOTE.replace('\n11\n', '\n12\n'));
    const report = verify([IN_BLOCK], [given()], LAB, other);
    expect(report.verdict).toBe('invalid');
    expect(anchorOf(report)?.status).toBe('skipped');
  });
});
