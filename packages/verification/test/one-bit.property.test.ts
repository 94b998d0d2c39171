/** Any one-bit change of leaf, index, size, path, root, head, key or signature is refused, member by member. @module */

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { followKeyStatements } from '../src/key-check.ts';
import type { Trust } from '../src/trust.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { verifyHeadConsistency } from '../src/verify-consistency.ts';
import { verifyTlogProof } from '../src/verify-tlog-proof.ts';
import {
  hex,
  type Json,
  type JsonRecord,
  LOG_SIGNER,
  makeHead,
  makePackage,
  NOW_MS,
  utf8,
  withMember,
} from './make-package.ts';
import { makeTlogProof } from './make-tlog-proof.ts';
import { MemoTree, numberedLeaves } from './reference-tree.ts';

vi.setConfig({ testTimeout: 60_000 }); // hundreds of signatures, on a machine that may be busy

const SETTINGS = { seed: 6962 };
const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: null }] };
const OPTIONS = { nowMs: NOW_MS, followKeyStatements };
const PACKAGE = makePackage();

function memberOf(source: JsonRecord, path: string): Json {
  return path.split('.').reduce<Json>((value, name) => (value as JsonRecord)[name] as Json, source);
}

/** The value with one bit changed: of the bytes that hex or text stand for, or of the integer below 2^53. */
function withFlippedBit(value: Json, bit: number): Json {
  if (typeof value === 'number') return Number(BigInt(value) ^ (1n << BigInt(bit % 53)));
  if (Array.isArray(value)) {
    const at = bit % value.length;
    return (value as readonly Json[]).with(at, withFlippedBit(value[at] as Json, bit));
  }
  const isHex = /^(?:[0-9a-f]{2})+$/.test(value as string);
  const bytes = Buffer.from(value as string, isHex ? 'hex' : 'latin1');
  const at = (bit >> 3) % bytes.length;
  bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
  return bytes.toString(isHex ? 'hex' : 'latin1');
}

function changedAt(paths: readonly string[], bit: number): JsonRecord {
  return paths.reduce(
    (made, path) => withMember(made, path, withFlippedBit(memberOf(PACKAGE, path), bit)),
    PACKAGE,
  );
}

// A size or root that stands twice is changed in each place alone, and in both at once.
const MEMBERS: readonly (readonly [string, readonly string[]])[] = [
  ['the leaf', ['leaf_data']],
  ['the leaf hash', ['leaf_hash']],
  ['the leaf hash of the proof', ['inclusion_proof.leaf_hash']],
  ['both leaf hashes', ['leaf_hash', 'inclusion_proof.leaf_hash']],
  ['the index', ['inclusion_proof.leaf_index']],
  ['the size of the proof', ['inclusion_proof.tree_size']],
  ['the size of the head', ['signed_tree_head.tree_size']],
  ['both sizes', ['inclusion_proof.tree_size', 'signed_tree_head.tree_size']],
  ['the path', ['inclusion_proof.proof_hashes']],
  ['the root of the proof', ['inclusion_proof.root_hash']],
  ['the root of the head', ['signed_tree_head.root_hash']],
  ['both roots', ['inclusion_proof.root_hash', 'signed_tree_head.root_hash']],
  ['the time of the head', ['signed_tree_head.timestamp']],
  ['the log of the head', ['signed_tree_head.log']],
  ['the checkpoint', ['signed_tree_head.checkpoint']],
  ['the key', ['signed_tree_head.public_key']],
  ['the signature', ['signed_tree_head.signature']],
  ['the attempt id', ['delivery_attempt_id']],
];

describe('a package with one bit changed', () => {
  it.each(MEMBERS)('is refused where it is a bit of %s', (_, paths) => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 20 }), (bit) => {
        const report = verifyProofPackage(JSON.stringify(changedAt(paths, bit)), TRUST, OPTIONS);
        expect(['invalid', 'malformed', 'untrusted']).toContain(report.verdict);
        expect(report.levels).toEqual([]);
        expect(report.claims?.authenticated ?? false).toBe(false);
      }),
      { ...SETTINGS, numRuns: 25 },
    );
  });

  it('is refused at each bit of index and size', () => {
    for (const [, paths] of MEMBERS.filter(([name]) => /index|size/.test(name))) {
      for (let bit = 0; bit < 53; bit++) {
        const text = JSON.stringify(changedAt(paths, bit));
        expect(verifyProofPackage(text, TRUST, OPTIONS).verdict).toBe('invalid');
      }
    }
  });

  it('is untrusted where it is a bit of the pinned key', () => {
    fc.assert(
      fc.property(fc.nat({ max: 255 }), (bit) => {
        const pinned = withFlippedBit(hex(LOG_SIGNER.publicKey), bit) as string;
        const key = { publicKey: new Uint8Array(Buffer.from(pinned, 'hex')), name: null };
        const report = verifyProofPackage(JSON.stringify(PACKAGE), { keys: [key] }, OPTIONS);
        expect(report.verdict).toBe('untrusted');
      }),
      { ...SETTINGS, numRuns: 30 },
    );
  });
});

/** The bytes of the text with one bit changed, or null where nothing signs it: the uuid of a head. */
function flippedText(text: string, place: number): Uint8Array | null {
  const bytes = utf8(text);
  const bit = place % (8 * bytes.length);
  const uuidAt = text.indexOf('018d2f1e-3b5c-7a10-8f00-0000000000ff');
  const at = bit >> 3;
  if (uuidAt !== -1 && at >= uuidAt && at < uuidAt + 36) return null;
  bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
  return bytes;
}

describe('a tlog-proof with one bit changed', () => {
  const text = makeTlogProof(PACKAGE);

  it('is refused, wherever the bit is', () => {
    expect(verifyTlogProof(text, TRUST, OPTIONS).verdict).toBe('verified');
    fc.assert(
      fc.property(fc.nat({ max: 8 * utf8(text).length - 1 }), (bit) => {
        const changed = flippedText(text, bit) as Uint8Array;
        expect(verifyTlogProof(changed, TRUST, OPTIONS).verdict).not.toBe('verified');
      }),
      { ...SETTINGS, numRuns: 600 },
    );
  });

  it('gets the same report as the same bytes once more', () => {
    fc.assert(
      fc.property(fc.nat({ max: 8 * utf8(text).length - 1 }), (bit) => {
        const changed = flippedText(text, bit) as Uint8Array;
        const first = verifyTlogProof(changed, TRUST, OPTIONS);
        expect(verifyTlogProof(changed, TRUST, OPTIONS)).toEqual(first);
      }),
      { ...SETTINGS, numRuns: 60 },
    );
  });
});

describe('two heads and the proof between them', () => {
  const tree = new MemoTree(numberedLeaves(20));
  const [older, newer] = [7, 20].map((size, i) =>
    JSON.stringify(makeHead(size, tree.root(size), { timestampMs: NOW_MS - 60_000 + i })),
  ) as [string, string];
  const proof = JSON.stringify({
    old_size: 7,
    new_size: 20,
    old_root: hex(tree.root(7)),
    new_root: hex(tree.root(20)),
    proof_hashes: tree.consistency(7, 20).map(hex),
  });
  const texts = [older, newer, proof] as const;
  const places = fc.tuple(fc.constantFrom(0, 1, 2), fc.nat({ max: 2 ** 24 }));

  it('are refused after any one-bit change, in whichever of the three', () => {
    expect(verifyHeadConsistency(...texts, TRUST, OPTIONS).verdict).toBe('verified');
    fc.assert(
      fc.property(places, ([which, bit]) => {
        const changed = flippedText(texts[which] as string, bit);
        if (changed === null) return;
        const given = (i: number): string | Uint8Array =>
          i === which ? changed : (texts[i] as string);
        const report = verifyHeadConsistency(given(0), given(1), given(2), TRUST, OPTIONS);
        expect(report.verdict).not.toBe('verified');
      }),
      { ...SETTINGS, numRuns: 400 },
    );
  });

  it('get the same report when they are given once more', () => {
    fc.assert(
      fc.property(places, ([which, bit]) => {
        const changed = flippedText(texts[which] as string, bit) ?? new Uint8Array(0);
        const first = verifyHeadConsistency(changed, newer, proof, TRUST, OPTIONS);
        expect(verifyHeadConsistency(changed, newer, proof, TRUST, OPTIONS)).toEqual(first);
      }),
      { ...SETTINGS, numRuns: 60 },
    );
  });
});
