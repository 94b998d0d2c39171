/** The text of a tlog-proof: read strictly, written in one way, made from packages that hold. C2SP tlog-proof v1. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VerificationError } from '../src/errors.ts';
import { parseProofPackage } from '../src/proof-package.ts';
import {
  encodeTlogProof,
  parseTlogProof,
  tlogProofFromPackage,
  verifyTlogProofInclusion,
} from '../src/tlog-proof.ts';
import {
  LOG_SIGNER,
  leafText,
  makeHead,
  makePackage,
  noteOf,
  ORIGIN,
  utf8,
  withMember,
} from './make-package.ts';
import { makeTlogProof, type TlogLines } from './make-tlog-proof.ts';
import { numberedLeaves, referenceLeafHash, referenceRoot } from './reference-tree.ts';
import { expectRefusal } from './refusal.ts';

const PACKAGE = makePackage();
const GOOD = makeTlogProof(PACKAGE);
const HASH_LINE = Buffer.alloc(32, 7).toString('base64');

function changed(changes: Partial<TlogLines>): string {
  return makeTlogProof(PACKAGE, changes);
}

describe('reading a tlog-proof', () => {
  it('takes it apart: leaf data, index, path and the note verbatim', () => {
    const proof = parseTlogProof(GOOD);
    expect(proof.extra).toEqual(utf8(leafText()));
    expect(proof.leafIndex).toBe(5n);
    expect(proof.proofHashes).toHaveLength(4);
    expect(proof.checkpoint).toBe((PACKAGE.signed_tree_head as typeof PACKAGE).checkpoint);
    expect(parseTlogProof(utf8(GOOD))).toEqual(proof);
  });

  it('takes one without extra data, without hashes, and with an index up to 2^63-1', () => {
    expect(parseTlogProof(changed({ extra: null })).extra).toBeNull();
    expect(parseTlogProof(changed({ hashes: [] })).proofHashes).toEqual([]);
    const index = 2n ** 63n - 1n;
    expect(parseTlogProof(changed({ index: `index ${index}` })).leafIndex).toBe(index);
    expect(parseTlogProof(changed({ index: 'index 0' })).leafIndex).toBe(0n);
    expect(parseTlogProof(changed({ hashes: Array(63).fill(HASH_LINE) })).proofHashes).toHaveLength(
      63,
    );
  });

  it('keeps a checkpoint with empty lines whole: the proof ends at the first one', () => {
    const checkpoint = 'a\n\nb\n\nc\n';
    expect(parseTlogProof(changed({ checkpoint })).checkpoint).toBe(checkpoint);
  });

  it.each([
    ['another version', { format: 'c2sp.org/tlog-proof@v2' }, 'E_VERSION', 'format'],
    ['no version', { format: 'c2sp.org/tlog-proof' }, 'E_FIELD', 'format'],
    ['an empty first line', { format: '' }, 'E_FIELD', 'format'],
    ['a byte order mark', { format: '\ufeffc2sp.org/tlog-proof@v1' }, 'E_FIELD', 'format'],
    ['carriage returns', { format: 'c2sp.org/tlog-proof@v1\r' }, 'E_VERSION', 'format'],
    ['extra data in no base64', { extra: 'extra !' }, 'E_FIELD', 'extra'],
    ['extra data without padding', { extra: 'extra YQ' }, 'E_FIELD', 'extra'],
    ['extra data with spare bits', { extra: 'extra YR==' }, 'E_FIELD', 'extra'],
    ['an empty extra line', { extra: 'extra ' }, 'E_FIELD', 'extra'],
    ['two spaces after extra', { extra: 'extra  YQ==' }, 'E_FIELD', 'extra'],
    ['no space after extra', { extra: 'extraYQ==' }, 'E_FIELD', 'index'],
    ['extra data twice', { extra: 'extra YQ==\nextra YQ==' }, 'E_FIELD', 'index'],
    [
      'the index before extra',
      { extra: 'index 5', index: 'extra YQ==' },
      'E_FIELD',
      'proof_hashes[0]',
    ],
    ['no index', { index: null }, 'E_FIELD', 'index'],
    ['no index and no hashes', { index: null, hashes: [] }, 'E_FIELD', 'index'],
    ['an index with a leading zero', { index: 'index 05' }, 'E_FIELD', 'index'],
    ['an index with a sign', { index: 'index +5' }, 'E_FIELD', 'index'],
    ['a negative index', { index: 'index -5' }, 'E_FIELD', 'index'],
    ['an index in hex', { index: 'index 0x5' }, 'E_FIELD', 'index'],
    ['an index with a space behind', { index: 'index 5 ' }, 'E_FIELD', 'index'],
    ['an index of 2^63', { index: `index ${2n ** 63n}` }, 'E_FIELD', 'index'],
    ['an index of 20 digits', { index: `index ${10n ** 19n}` }, 'E_FIELD', 'index'],
    ['an empty index', { index: 'index ' }, 'E_FIELD', 'index'],
    ['an index behind another word', { index: 'the index 5' }, 'E_FIELD', 'index'],
    [
      'a hash of 31 bytes',
      { hashes: [HASH_LINE, Buffer.alloc(31).toString('base64')] },
      'E_FIELD',
      'proof_hashes[1]',
    ],
    [
      'a hash of 33 bytes',
      { hashes: [Buffer.alloc(33).toString('base64')] },
      'E_FIELD',
      'proof_hashes[0]',
    ],
    ['a hash in no base64', { hashes: ['*'.repeat(44)] }, 'E_FIELD', 'proof_hashes[0]'],
    ['64 hashes', { hashes: Array(64).fill(HASH_LINE) }, 'E_TOO_LARGE', 'proof_hashes'],
    ['no checkpoint', { checkpoint: '' }, 'E_FIELD', 'checkpoint'],
  ] as const)('refuses %s', (_, changes, code, field) => {
    const refusal = expectRefusal(code, () => parseTlogProof(changed(changes)));
    expect(refusal.field).toBe(field);
  });

  it('refuses a file without an empty line, an empty one, no UTF-8 and more than 1 MiB', () => {
    const header = GOOD.slice(0, GOOD.indexOf('\n\n'));
    expect(expectRefusal('E_FIELD', () => parseTlogProof(header)).field).toBe('checkpoint');
    expect(expectRefusal('E_FIELD', () => parseTlogProof('')).field).toBe('format');
    expectRefusal('E_FIELD', () => parseTlogProof(Uint8Array.of(0xc3, 0x28)));
    const limit = 1_048_576;
    const fill = (lengthBytes: number): string =>
      GOOD + 'x'.repeat(lengthBytes - utf8(GOOD).length);
    expect(parseTlogProof(fill(limit)).leafIndex).toBe(5n);
    for (const tooLarge of [fill(limit + 1), utf8(fill(limit + 1))]) {
      const refusal = expectRefusal('E_TOO_LARGE', () => parseTlogProof(tooLarge));
      expect(refusal.field).toBe('tlog-proof');
      expect(refusal.actual).toBe('1048577 bytes');
    }
  });

  it('shows no more than 64 characters of another version, and nothing of another first line', () => {
    const format = `c2sp.org/tlog-proof@${'9'.repeat(500)}`;
    expect(expectRefusal('E_VERSION', () => parseTlogProof(format)).actual).toHaveLength(64);
    expect(expectRefusal('E_FIELD', () => parseTlogProof('{}'))).toMatchObject({
      expected: 'c2sp.org/tlog-proof@v1',
      actual: 'another first line',
    });
  });

  it('says what was expected and what was there', () => {
    const refusalOf = (code: 'E_FIELD' | 'E_TOO_LARGE', changes: Partial<TlogLines>) =>
      expectRefusal(code, () => parseTlogProof(changed(changes)));
    expect(refusalOf('E_TOO_LARGE', { hashes: Array(64).fill(HASH_LINE) })).toMatchObject({
      expected: 'at most 63 hashes',
      actual: 'more',
    });
    const noData = { expected: 'data, or no such line', actual: 'none' };
    expect(refusalOf('E_FIELD', { extra: 'extra ' })).toMatchObject(noData);
    const noNote = { expected: 'a checkpoint after an empty line', actual: 'none' };
    expect(refusalOf('E_FIELD', { checkpoint: '' })).toMatchObject(noNote);
    expect(refusalOf('E_FIELD', { extra: 'extra !' }).cause).toBeInstanceOf(VerificationError);
  });
});

describe('writing a tlog-proof', () => {
  it('gives the same text that was read, and the same proof that was written', () => {
    expect(encodeTlogProof(parseTlogProof(GOOD))).toBe(GOOD);
    const proofs = fc.record({
      extra: fc.option(fc.uint8Array({ minLength: 1, maxLength: 100 })),
      leafIndex: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      proofHashes: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 }),
      checkpoint: fc.constant(parseTlogProof(GOOD).checkpoint),
    });
    fc.assert(
      fc.property(proofs, (proof) => {
        expect(parseTlogProof(encodeTlogProof(proof))).toEqual(proof);
      }),
      { seed: 6962, numRuns: 100 },
    );
  });

  it('writes no extra line for no extra data', () => {
    const proof = { ...parseTlogProof(GOOD), extra: new Uint8Array(0) };
    expect(encodeTlogProof(proof)).toBe(changed({ extra: null }));
    expect(encodeTlogProof({ ...proof, extra: null })).toBe(changed({ extra: null }));
  });

  it('writes no proof that could not be read', () => {
    const proof = parseTlogProof(GOOD);
    const hash = new Uint8Array(32);
    const longest = { ...proof, proofHashes: Array(63).fill(hash) };
    expect(parseTlogProof(encodeTlogProof(longest))).toEqual(longest);
    expect(() => encodeTlogProof({ ...proof, leafIndex: -1n })).toThrow(RangeError);
    expect(() => encodeTlogProof({ ...proof, leafIndex: 2n ** 63n })).toThrow(RangeError);
    expect(() => encodeTlogProof({ ...proof, proofHashes: Array(64).fill(hash) })).toThrow(
      RangeError,
    );
    expect(() => encodeTlogProof({ ...proof, proofHashes: [hash.slice(1)] })).toThrow(TypeError);
    expectRefusal('E_CHECKPOINT', () => encodeTlogProof({ ...proof, checkpoint: '' }));
    expectRefusal('E_CHECKPOINT', () => encodeTlogProof({ ...proof, checkpoint: 'a\n\n' }));
    const checkpoint = noteOf('a note, but no checkpoint\n', ORIGIN, LOG_SIGNER);
    expectRefusal('E_CHECKPOINT', () => encodeTlogProof({ ...proof, checkpoint }));
  });
});

describe('a package as a tlog-proof', () => {
  it('has the leaf data as extra, and says the same', () => {
    const made = tlogProofFromPackage(parseProofPackage(JSON.stringify(PACKAGE)));
    expect(encodeTlogProof(made)).toBe(GOOD);
  });

  const otherRoot = referenceRoot(numberedLeaves(11));
  it.each([
    [
      'has no checkpoint',
      'signed_tree_head.checkpoint',
      undefined,
      'E_CHECKPOINT',
      { field: 'signed_tree_head.checkpoint', expected: 'a checkpoint', actual: 'none' },
    ],
    [
      'has the checkpoint of another head',
      'signed_tree_head',
      {
        ...makeHead(11, otherRoot),
        root_hash: (PACKAGE.inclusion_proof as typeof PACKAGE).root_hash as string,
      },
      'E_CHECKPOINT',
      { field: 'checkpoint root' },
    ],
    [
      'has a proof for another size',
      'inclusion_proof.tree_size',
      12,
      'E_HEAD_MISMATCH',
      { field: 'inclusion_proof.tree_size', expected: '11', actual: '12' },
    ],
    [
      'has a proof for another root',
      'inclusion_proof.root_hash',
      '00'.repeat(32),
      'E_HEAD_MISMATCH',
      { field: 'inclusion_proof.root_hash', actual: '00'.repeat(32) },
    ],
    ['has another leaf', 'leaf_data', leafText({ attempt_number: 2 }), 'E_ROOT_MISMATCH', {}],
    ['has another index', 'inclusion_proof.leaf_index', 4, 'E_ROOT_MISMATCH', {}],
    ['has an index beyond the tree', 'inclusion_proof.leaf_index', 11, 'E_INDEX_RANGE', {}],
    ['has too short a path', 'inclusion_proof.proof_hashes', [], 'E_PATH_LENGTH', {}],
  ] as const)('is refused where it %s', (_, path, value, code, details) => {
    const parsed = parseProofPackage(JSON.stringify(withMember(PACKAGE, path, value)));
    expect(expectRefusal(code, () => tlogProofFromPackage(parsed))).toMatchObject(details);
  });
});

describe('a tlog-proof of any log', () => {
  const proof = parseTlogProof(changed({ extra: null }));
  const hash = referenceLeafHash(utf8(leafText()));

  it('shows that a leaf stands in the tree of the checkpoint', () => {
    const checkpoint = verifyTlogProofInclusion(hash, proof, ORIGIN, LOG_SIGNER.publicKey);
    expect(checkpoint.treeSize).toBe(11n);
  });

  it('is refused for another leaf, index, path, origin or key', () => {
    const { publicKey } = LOG_SIGNER;
    const other = numberedLeaves(1)[0] as Uint8Array;
    const verify = (leaf: Uint8Array, of: typeof proof, origin: string, key: Uint8Array) => () =>
      verifyTlogProofInclusion(leaf, of, origin, key);
    expectRefusal('E_ROOT_MISMATCH', verify(other, proof, ORIGIN, publicKey));
    expectRefusal('E_ROOT_MISMATCH', verify(hash, { ...proof, leafIndex: 4n }, ORIGIN, publicKey));
    expectRefusal('E_PATH_LENGTH', verify(hash, { ...proof, proofHashes: [] }, ORIGIN, publicKey));
    expectRefusal('E_CHECKPOINT', verify(hash, proof, `${ORIGIN}x`, publicKey));
    expectRefusal('E_CHECKPOINT', verify(hash, proof, ORIGIN, publicKey.with(0, 0)));
  });
});
