/** Reading packages: the strict form, the version before everything else, limits before work. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VerificationError } from '../src/errors.ts';
import { parseProofPackage } from '../src/proof-package.ts';
import { type Json, type JsonRecord, makePackage, utf8, withMember } from './make-package.ts';
import { expectRefusal, inWords } from './refusal.ts';

const GOOD = makePackage();
const GOOD_TEXT = JSON.stringify(GOOD);
const HASH = 'ab'.repeat(32);
const PROOF = GOOD.inclusion_proof as JsonRecord;
const ANCHOR: JsonRecord = { type: 'opentimestamps', proof: 'AA==' };
const FIELD: JsonRecord = { type: 'field', field: '', index: 3, path: [] };

function parse(path: string, value: Json | undefined): ReturnType<typeof parseProofPackage> {
  return parseProofPackage(JSON.stringify(withMember(GOOD, path, value)));
}

describe('a good package', () => {
  it('is read alike from text, from bytes and pretty-printed', () => {
    const fromText = parseProofPackage(GOOD_TEXT);
    expect(fromText.leafData).toBe(GOOD.leaf_data);
    expect(fromText.inclusionProof.proofHashes).toHaveLength(4);
    expect(fromText).toMatchObject({ keyChain: [], anchors: [], receipt: null, disclosures: [] });
    expect(parseProofPackage(utf8(GOOD_TEXT))).toEqual(fromText);
    expect(parseProofPackage(JSON.stringify(GOOD, null, 2))).toEqual(fromText);
  });

  it('may have all optional parts', () => {
    const full = parseProofPackage(
      JSON.stringify({
        ...GOOD,
        key_chain: [{ leaf_data: 'x' }, { leaf_data: 'y', inclusion_proof: PROOF }],
        anchors: [
          { type: 'opentimestamps', proof: 'AA==' },
          { type: 'opentimestamps', proof: 'AA==', headers: ['cd'.repeat(80)] },
        ],
        receipt: { receipt_data: '{}', key: { leaf_data: 'k' }, late: { leaf_data: 'l' } },
        disclosures: [
          { type: 'field', field: '["s","/a",1]', index: 3, path: [HASH, HASH, HASH] },
          { type: 'range', proof: 'of another package' },
        ],
      }),
    );
    expect(full.keyChain.map((item) => item.inclusionProof === null)).toEqual([true, false]);
    expect(full.anchors.map((anchor) => anchor.headers.length)).toEqual([0, 1]);
    expect(full.anchors[0]).toMatchObject({ type: 'opentimestamps', proof: Uint8Array.of(0) });
    expect(full.receipt?.receiptData).toBe('{}');
    expect(full.receipt?.key?.leafData).toBe('k');
    expect(full.receipt?.late?.leafData).toBe('l');
    expect(full.disclosures).toMatchObject([
      { type: 'field', field: '["s","/a",1]', index: 3 },
      { type: 'range' },
    ]);
  });

  it('may have a receipt without logged leaves', () => {
    const { receipt } = parse('receipt', { receipt_data: '{}' });
    expect(receipt).toEqual({ receiptData: '{}', key: null, late: null });
  });

  it('may have 0 for each number: whether it fits is for later checks', () => {
    expect(parse('inclusion_proof.leaf_index', 0).inclusionProof.leafIndex).toBe(0);
    expect(parse('inclusion_proof.tree_size', 0).inclusionProof.treeSize).toBe(0);
    const { disclosures } = parse('disclosures', [{ ...FIELD, index: 0 }]);
    expect(disclosures).toMatchObject([{ index: 0 }]);
  });
});

describe('versions', () => {
  it.each(['kapsel.proof/v2', 'kapsel.proof/v1 ', 'KAPSEL.PROOF/V1', '', 'something else'])(
    'calls the format %j unsupported',
    (format) => {
      const { actual } = expectRefusal('E_VERSION', () => parse('format', format));
      expect(actual).toBe(format);
    },
  );

  it('says so before it complains of unknown, missing or changed members', () => {
    const later = '{"format":"kapsel.proof/v3","leaf":"AA","proof":{"path":[null]},"head":[]}';
    expectRefusal('E_VERSION', () => parseProofPackage(later));
  });

  it('quotes at most 64 characters of it', () => {
    const { actual } = expectRefusal('E_VERSION', () => parse('format', 'x'.repeat(10_000)));
    expect(actual).toHaveLength(64);
  });

  it('calls a missing format, or one that is no string, a bad member', () => {
    for (const format of [undefined, 1, null, ['kapsel.proof/v1']] as const) {
      expect(expectRefusal('E_FIELD', () => parse('format', format)).field).toBe('format');
    }
  });
});

describe('refusals', () => {
  it.each<[string, string, Json | undefined]>([
    ['an unknown member', 'more', 1],
    ['an unknown member of the proof', 'inclusion_proof.more', 1],
    ['an unknown member of the head', 'signed_tree_head.more', 1],
    ['an attempt id in another form', 'delivery_attempt_id', 'x'],
    ['leaf data as an object', 'leaf_data', {}],
    ['an upper-case leaf hash', 'leaf_hash', HASH.toUpperCase()],
    ['a short leaf hash', 'leaf_hash', HASH.slice(2)],
    ['a long leaf hash', 'leaf_hash', `${HASH}00`],
    ['a leaf hash with 0x', 'leaf_hash', `0x${HASH.slice(2)}`],
    ['a proof that is no object', 'inclusion_proof', []],
    ['a negative index', 'inclusion_proof.leaf_index', -1],
    ['a negative size', 'inclusion_proof.tree_size', -1],
    ['an index as text', 'inclusion_proof.leaf_index', '5'],
    ['a size as null', 'inclusion_proof.tree_size', null],
    ['a path that is no array', 'inclusion_proof.proof_hashes', {}],
    ['a short root', 'inclusion_proof.root_hash', HASH.slice(2)],
    ['a head that is no object', 'signed_tree_head', 'x'],
    ['a short signature', 'signed_tree_head.signature', HASH],
    ['a checkpoint as null', 'signed_tree_head.checkpoint', null],
    ['a key chain that is no array', 'key_chain', {}],
    ['a receipt as null', 'receipt', null],
    ['disclosures as null', 'disclosures', null],
  ])('refuses %s', (_, path, value) => {
    expect(expectRefusal('E_FIELD', () => parse(path, value)).field).toBe(path);
  });

  it.each([
    'delivery_attempt_id',
    'leaf_data',
    'leaf_hash',
    'inclusion_proof',
    'inclusion_proof.leaf_hash',
    'inclusion_proof.leaf_index',
    'inclusion_proof.tree_size',
    'inclusion_proof.proof_hashes',
    'inclusion_proof.root_hash',
    'signed_tree_head',
    'signed_tree_head.tree_size',
    'signed_tree_head.log',
  ])('refuses a package without %s', (path) => {
    expect(expectRefusal('E_FIELD', () => parse(path, undefined)).field).toBe(path);
  });

  it.each<[string, string, Json, string]>([
    [
      'a path item',
      'inclusion_proof.proof_hashes',
      [HASH, 'xy'],
      'inclusion_proof.proof_hashes[1]',
    ],
    ['a key statement', 'key_chain', [{ leaf_data: 1 }], 'key_chain[0].leaf_data'],
    [
      'the path of a key statement',
      'key_chain',
      [{ leaf_data: '', inclusion_proof: { ...PROOF, leaf_index: -1 } }],
      'key_chain[0].inclusion_proof.leaf_index',
    ],
    ['a key of a receipt', 'receipt', { receipt_data: '', key: {} }, 'receipt.key.leaf_data'],
    ['an anchor type', 'anchors', [{ type: 'x', proof: '' }], 'anchors[0].type'],
    ['anchor base64', 'anchors', [{ type: 'opentimestamps', proof: 'A' }], 'anchors[0].proof'],
    [
      'a block header of 79 bytes',
      'anchors',
      [{ type: 'opentimestamps', proof: '', headers: ['cd'.repeat(79)] }],
      'anchors[0].headers[0]',
    ],
    ['a receipt member', 'receipt', { receipt_data: '', more: 1 }, 'receipt.more'],
    [
      'a disclosure type',
      'disclosures',
      [{ type: 'x', field: '', index: 0, path: [] }],
      'disclosures[0].type',
    ],
    [
      'a disclosure index',
      'disclosures',
      [{ type: 'field', field: '', index: -1, path: [] }],
      'disclosures[0].index',
    ],
  ])('names %s that is wrong', (_, path, value, member) => {
    expect(expectRefusal('E_FIELD', () => parse(path, value)).field).toBe(member);
  });

  it('refuses duplicate members anywhere', () => {
    const twice = GOOD_TEXT.replace('"leaf_index":5', '"leaf_index":5,"leaf_index":5');
    expect(expectRefusal('E_DUPLICATE_MEMBER', () => parseProofPackage(twice)).field).toBe(
      'inclusion_proof.leaf_index',
    );
  });

  it.each([
    ['a cut-off file', GOOD_TEXT.slice(0, -1)],
    ['an empty file', ''],
    ['a byte order mark', `\ufeff${GOOD_TEXT}`],
    ['two packages', `${GOOD_TEXT}\n${GOOD_TEXT}`],
  ])('refuses %s, as text and as bytes', (_, text) => {
    expectRefusal('E_JSON', () => parseProofPackage(text));
    expectRefusal('E_JSON', () => parseProofPackage(utf8(text)));
  });

  it('refuses bytes that are not UTF-8', () => {
    const bytes = utf8(GOOD_TEXT);
    bytes[GOOD_TEXT.indexOf('webhook')] = 0xff;
    expectRefusal('E_JSON', () => parseProofPackage(bytes));
  });

  it.each(['null', '[]', '1', '"kapsel.proof/v1"'])('refuses %s in place of a package', (text) => {
    expectRefusal('E_FIELD', () => parseProofPackage(text));
  });

  it('has limits: 1 MiB, 63 path hashes, 64 key statements', () => {
    const padded = GOOD_TEXT + ' '.repeat(1_048_576 - utf8(GOOD_TEXT).length);
    expect(() => parseProofPackage(padded)).not.toThrow();
    const tooLong = expectRefusal('E_TOO_LARGE', () => parseProofPackage(`${padded} `));
    expect(inWords(tooLong)).toMatchObject({
      field: 'package',
      expected: 'at most 1048576 bytes',
      actual: '1048577 bytes',
    });
    const path = (count: number): Json => Array.from({ length: count }, () => HASH);
    expect(() => parse('inclusion_proof.proof_hashes', path(63))).not.toThrow();
    expectRefusal('E_TOO_LARGE', () => parse('inclusion_proof.proof_hashes', path(64)));
    const chain = (count: number): Json => Array.from({ length: count }, () => ({ leaf_data: '' }));
    expect(() => parse('key_chain', chain(64))).not.toThrow();
    expectRefusal('E_TOO_LARGE', () => parse('key_chain', chain(65)));
  });

  it.each<[string, number, (count: number) => Json]>([
    ['anchors', 8, (count) => Array(count).fill(ANCHOR)],
    [
      'anchors[0].headers',
      2_016,
      (count) => [{ ...ANCHOR, headers: Array(count).fill('cd'.repeat(80)) }],
    ],
    ['disclosures', 4_096, (count) => Array(count).fill(FIELD)],
    ['disclosures[0].path', 63, (count) => [{ ...FIELD, path: Array(count).fill(HASH) }]],
  ])('limits %s to %i', (field, limit, make) => {
    const member = field.replace(/\[.*/, '');
    expect(() => parse(member, make(limit))).not.toThrow();
    const refusal = expectRefusal('E_TOO_LARGE', () => parse(member, make(limit + 1)));
    expect(inWords(refusal)).toMatchObject({
      field,
      expected: `at most ${limit} items`,
      actual: `${limit + 1} items`,
    });
  });

  it('says which types of evidence it knows', () => {
    const anchors = [{ ...ANCHOR, type: 'x' }];
    expect(expectRefusal('E_FIELD', () => parse('anchors', anchors)).expected).toBe(
      'opentimestamps',
    );
    const disclosures = [{ ...FIELD, type: 'x' }];
    expect(expectRefusal('E_FIELD', () => parse('disclosures', disclosures)).expected).toBe(
      'field or range',
    );
  });

  it('throws nothing but its own error on random bytes and on changed packages', () => {
    const good = utf8(GOOD_TEXT);
    const changed = fc
      .tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }))
      .map(([at, byte]) => good.map((old, i) => (i === at ? byte : old)));
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          parseProofPackage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(VerificationError);
        }
      }),
      { seed: 6962, numRuns: 1_000 },
    );
  });
});
