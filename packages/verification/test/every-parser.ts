/** Every function of the core that reads what others wrote, with inputs that it takes: for tests that try all of them. @module */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { bytesFromBase64, bytesFromHex, stringFromUtf8, utf8FromString } from '../src/bytes.ts';
import { parseCheckpoint } from '../src/checkpoint.ts';
import { parseConsistencyProof } from '../src/consistency-proof.ts';
import { parseCosignature, verifyCosignatures } from '../src/cosignature.ts';
import { verifyEd25519 } from '../src/ed25519.ts';
import { ERROR_CODES, VerificationError } from '../src/errors.ts';
import { followKeyStatements } from '../src/key-check.ts';
import { parseKeyLeaf } from '../src/key-leaf.ts';
import { parseLeaf } from '../src/leaf.ts';
import { parseNote, verifyNote } from '../src/note.ts';
import { isOrigin } from '../src/origin.ts';
import { parseBlockHeader } from '../src/ots/block-header.ts';
import { parseChainParameters } from '../src/ots/chain.ts';
import { parseGivenHeader, parseHeaderFile } from '../src/ots/given-headers.ts';
import { parseHeaderRun } from '../src/ots/header-run.ts';
import { bitcoinMainnet } from '../src/ots/mainnet.ts';
import { parseOtsProof } from '../src/ots/proof.ts';
import { stampFormOfCheckpoint } from '../src/ots/stamp-form.ts';
import { parseOtsTimestamp } from '../src/ots/timestamp.ts';
import { parseProofPackage } from '../src/proof-package.ts';
import { parsePublicKey } from '../src/public-key.ts';
import {
  parseEntryBundle,
  parseEntryBundlePath,
  parseHashTile,
  parseTilePath,
} from '../src/tile.ts';
import { parseTlogProof } from '../src/tlog-proof.ts';
import { parseTreeHead } from '../src/tree-head.ts';
import type { Trust } from '../src/trust.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { verifyHeadConsistency } from '../src/verify-consistency.ts';
import { verifyTlogProof } from '../src/verify-tlog-proof.ts';
import { parseVkey } from '../src/vkey.ts';
import { parseWitnessPolicy } from '../src/witness-policy.ts';
import { cosignatureLine } from './make-cosignature.ts';
import { signerNumber, statementText } from './make-key-chain.ts';
import {
  checkpointText,
  hex,
  LOG_SIGNER,
  leafText,
  makeHead,
  makePackage,
  NOW_MS,
  noteOf,
  ORIGIN,
  utf8,
} from './make-package.ts';
import { makeTlogProof } from './make-tlog-proof.ts';
import { MemoTree, numberedLeaves } from './reference-tree.ts';

export type Input = string | Uint8Array;

export interface Parser {
  readonly name: string;
  readonly read: (input: Input) => unknown;
  /** Inputs that it takes: what is made of them by small changes reaches further than chance. */
  readonly good: readonly Input[];
}

const TREE = new MemoTree(numberedLeaves(20));
const KEY = LOG_SIGNER.publicKey;
const TRUST: Trust = { keys: [{ publicKey: KEY, name: null }] };
const OPTIONS = { nowMs: NOW_MS, followKeyStatements };
const WITNESS = signerNumber(7);
const CHECKPOINT = checkpointText(ORIGIN, 11, TREE.root(11));
const NOTE = noteOf(CHECKPOINT, ORIGIN, LOG_SIGNER);
const COSIGNED = NOTE + cosignatureLine(CHECKPOINT, 'w.example', WITNESS, 1_768_473_045n);
const PACKAGE = JSON.stringify(makePackage());
const HEADS = [7, 20].map((size) => JSON.stringify(makeHead(size, TREE.root(size))));
const PROOF = JSON.stringify({
  old_size: 7,
  new_size: 20,
  old_root: hex(TREE.root(7)),
  new_root: hex(TREE.root(20)),
  proof_hashes: TREE.consistency(7, 20).map(hex),
});
const LEAF = leafText();
const STATEMENT = statementText({
  by: LOG_SIGNER,
  of: signerNumber(1),
  validFromMs: NOW_MS - 60_000,
});
const TLOG_PROOF = makeTlogProof(makePackage());
const KEY_HEX = hex(KEY);
const SPKI = Buffer.from(`302a300506032b6570032100${KEY_HEX}`, 'hex').toString('base64');
const KEY_TEXTS = [
  KEY_HEX,
  Buffer.from(KEY).toString('base64'),
  `-----BEGIN PUBLIC KEY-----\n${SPKI}\n-----END PUBLIC KEY-----\n`,
  JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(KEY).toString('base64url') }),
];
const VKEY = 'log.kapsel.example/t1+6942b0d7+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea';
const TILE = TREE.tile(0, 0n, 17);
const BUNDLE = Uint8Array.of(0, 1, 0x61, 0, 0, 0, 2, 0x62, 0x63);
const OTS = fixture('hello-world.txt.ots');
const DIGEST_END = 31 + 2 + 32;
const HEADER = new Uint8Array(
  Buffer.from(Buffer.from(fixture('block-358391.hex')).toString().trim(), 'hex'),
);
const CHAIN = JSON.stringify({
  format: 'kapsel.chain/v1',
  name: 'lab',
  pow_limit_bits: '207fffff',
  retargets: false,
  pins: [{ height: 0, hash: 'ff'.padStart(64, '0') }],
});

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../fixtures/ots/${name}`, import.meta.url)));
}

function textOf(input: Input): string {
  return typeof input === 'string' ? input : Buffer.from(input).toString('utf8');
}

function bytesOf(input: Input): Uint8Array {
  return typeof input === 'string' ? utf8(input) : input;
}

/** A function of text alone: bytes come as whatever text they make. */
function ofText(read: (text: string) => unknown): Parser['read'] {
  return (input) => read(textOf(input));
}

function ofBytes(read: (bytes: Uint8Array) => unknown): Parser['read'] {
  return (input) => read(bytesOf(input));
}

const BOTH_HEADS = HEADS as [string, string];

/** The functions that read a file or an answer and throw what they refuse. */
export const PARSERS: readonly Parser[] = [
  { name: 'parseProofPackage', read: parseProofPackage, good: [PACKAGE, utf8(PACKAGE)] },
  { name: 'parseTreeHead', read: parseTreeHead, good: HEADS },
  { name: 'parseConsistencyProof', read: parseConsistencyProof, good: [PROOF] },
  { name: 'parseLeaf', read: ofText(parseLeaf), good: [LEAF] },
  { name: 'parseKeyLeaf', read: ofText(parseKeyLeaf), good: [STATEMENT] },
  { name: 'parseNote', read: ofText(parseNote), good: [NOTE, COSIGNED] },
  {
    name: 'verifyNote',
    read: ofText((text) => verifyNote(text, [{ name: ORIGIN, publicKey: KEY }])),
    good: [NOTE, COSIGNED],
  },
  {
    name: 'verifyCosignatures',
    read: ofText((text) =>
      verifyCosignatures(text, [{ name: 'w.example', publicKey: WITNESS.publicKey }]),
    ),
    good: [COSIGNED],
  },
  { name: 'parseCosignature', read: ofBytes(parseCosignature), good: [new Uint8Array(72)] },
  { name: 'parseCheckpoint', read: ofText(parseCheckpoint), good: [CHECKPOINT] },
  { name: 'parseTlogProof', read: parseTlogProof, good: [TLOG_PROOF, utf8(TLOG_PROOF)] },
  {
    name: 'parseHashTile',
    read: ofBytes((bytes) => parseHashTile(bytes, 17)),
    good: [TILE, new Uint8Array(8_192)],
  },
  {
    name: 'parseEntryBundle',
    read: ofBytes((bytes) => parseEntryBundle(bytes, 3)),
    good: [BUNDLE],
  },
  { name: 'parseTilePath', read: ofText(parseTilePath), good: ['tile/0/x001/x234/067.p/17'] },
  {
    name: 'parseEntryBundlePath',
    read: ofText(parseEntryBundlePath),
    good: ['tile/entries/x001/234'],
  },
  { name: 'parsePublicKey', read: ofText(parsePublicKey), good: [...KEY_TEXTS, VKEY] },
  { name: 'parseVkey', read: ofText((text) => parseVkey(text, 'log')), good: [VKEY] },
  {
    name: 'parseWitnessPolicy',
    read: ofText(parseWitnessPolicy),
    good: [`# one log\nlog ${VKEY}\nquorum none\n`],
  },
  { name: 'parseOtsProof', read: ofBytes(parseOtsProof), good: [OTS] },
  {
    name: 'parseOtsTimestamp',
    read: ofBytes((bytes) => parseOtsTimestamp(bytes, OTS.subarray(DIGEST_END - 32, DIGEST_END))),
    good: [OTS.slice(DIGEST_END)],
  },
  {
    name: 'parseBlockHeader',
    read: ofBytes((bytes) => parseBlockHeader(bytes, bitcoinMainnet().powLimitBits)),
    good: [HEADER],
  },
  {
    name: 'parseHeaderRun',
    read: ofBytes((bytes) => parseHeaderRun(bytes, null, bitcoinMainnet())),
    good: [HEADER],
  },
  {
    name: 'parseHeaderFile',
    read: ofBytes((bytes) => parseHeaderFile(bytes, null, bitcoinMainnet())),
    good: [HEADER, fixture('block-358391.hex')],
  },
  {
    name: 'parseGivenHeader',
    read: ofText((text) => parseGivenHeader(text, bitcoinMainnet())),
    good: [`358391:${hex(HEADER)}`, `358391:${'ab'.repeat(32)}`],
  },
  { name: 'parseChainParameters', read: parseChainParameters, good: [CHAIN, utf8(CHAIN)] },
  {
    name: 'stampFormOfCheckpoint',
    read: ofText((text) => stampFormOfCheckpoint(text, ORIGIN, KEY)),
    good: [NOTE, COSIGNED],
  },
  { name: 'bytesFromHex', read: ofText(bytesFromHex), good: [KEY_HEX] },
  { name: 'bytesFromBase64', read: ofText(bytesFromBase64), good: [SPKI] },
  { name: 'stringFromUtf8', read: ofBytes(stringFromUtf8), good: [utf8('é€😀')] },
  { name: 'utf8FromString', read: ofText(utf8FromString), good: ['é€😀'] },
];

/** The functions that answer every input: with a report, or with yes or no. */
export const JUDGES: readonly Parser[] = [
  {
    name: 'verifyProofPackage',
    read: (input) => verifyProofPackage(input, TRUST, OPTIONS),
    good: [PACKAGE],
  },
  {
    name: 'verifyTlogProof',
    read: (input) => verifyTlogProof(input, TRUST, OPTIONS),
    good: [TLOG_PROOF],
  },
  ...([0, 1, 2] as const).map((place) => ({
    name: `verifyHeadConsistency, argument ${place + 1}`,
    read: (input: Input) => {
      const [older, newer, proof] = [...BOTH_HEADS, PROOF].map((text, i) =>
        i === place ? input : text,
      ) as [Input, Input, Input];
      return verifyHeadConsistency(older, newer, proof, TRUST, OPTIONS);
    },
    good: [[...BOTH_HEADS, PROOF][place] as string],
  })),
  {
    name: 'verifyEd25519',
    read: ofBytes((bytes) => verifyEd25519(bytes.subarray(0, 64), bytes, bytes.subarray(64, 96))),
    good: [new Uint8Array([...LOG_SIGNER.sign(new Uint8Array(0)), ...KEY])],
  },
  { name: 'isOrigin', read: ofText(isOrigin), good: [ORIGIN] },
];

/** Calls it; whatever is thrown but a refusal with a known code is a fault. Gives whether the input was taken. */
export function readOrRefuse({ name, read }: Parser, input: Input): boolean {
  try {
    read(input);
    return true;
  } catch (error) {
    if (error instanceof VerificationError && ERROR_CODES.includes(error.code)) return false;
    throw new Error(`${name} threw something else than a refusal`, { cause: error });
  }
}

/** One change of a text or of bytes: a part gone, doubled, replaced or moved, or single bits. */
function changesOf(good: Input): fc.Arbitrary<Input> {
  const place = fc.nat({ max: good.length });
  const filler = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      '\n',
      '\n\n',
      '"',
      '\\',
      '{',
      '[',
      ',',
      '=',
      '+',
      ' ',
      '\u2014 ',
      '\ud800',
      '0',
      '-',
    ),
  );
  return fc.tuple(place, place, filler, fc.nat({ max: 3 })).map(([a, b, text, kind]): Input => {
    const [from, to] = a < b ? [a, b] : [b, a];
    if (typeof good === 'string') {
      const [before, part, after] = [good.slice(0, from), good.slice(from, to), good.slice(to)];
      return (
        [before + after, before + part + part + after, before + text + after, before][kind] ?? ''
      );
    }
    const [before, part, after] = [good.slice(0, from), good.slice(from, to), good.slice(to)];
    const joined = [
      [...before, ...after],
      [...before, ...part, ...part, ...after],
      [...before, ...Buffer.from(text), ...after],
      [...before.map((byte, i) => (i === from - 1 ? byte ^ 0x20 : byte)), ...part, ...after],
    ][kind];
    return Uint8Array.from(joined ?? []);
  });
}

/** Chance, changed good inputs, and good inputs cut short. */
export function hostileInputs(parser: Parser): fc.Arbitrary<Input> {
  const good = fc.constantFrom(...parser.good);
  const once = good.chain(changesOf);
  return fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.json(),
    good.chain((input) => fc.nat({ max: input.length }).map((end): Input => input.slice(0, end))),
    once,
    once.chain(changesOf),
    once.chain(changesOf).chain(changesOf),
  );
}

/** The folder of the source, for the test that looks for parsers that stand on neither list. */
export const SOURCE: string = fileURLToPath(new URL('../src/index.ts', import.meta.url));
