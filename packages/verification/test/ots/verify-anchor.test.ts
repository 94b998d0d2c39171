/** Verdicts on proofs: which evidence decides, whose word it is, and what somebody gains who brings his own. @module */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OtsAttestation } from '../../src/ots/attestation.ts';
import type { ChainParameters } from '../../src/ots/chain.ts';
import type { HeaderEvidence, HeaderSource } from '../../src/ots/header-evidence.ts';
import { parseHeaderRun } from '../../src/ots/header-run.ts';
import { bitcoinMainnet } from '../../src/ots/mainnet.ts';
import { type OtsProof, parseOtsProof } from '../../src/ots/proof.ts';
import { mergeOtsTimestamps, otsTimestampThrough } from '../../src/ots/timestamp.ts';
import { neededHeights, verifyAnchor } from '../../src/ots/verify-anchor.ts';
import { hex, utf8 } from '../make-package.ts';
import { joined, LAB, mine, mineRun, shownHash } from './make-headers.ts';

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../../fixtures/ots/${name}`, import.meta.url));

const STAMPED = utf8('a note\n');
const digest = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest());

/** A proof whose paths are one append each: the message is the digest and one byte, hashed. */
function proofOf(...ends: [number, OtsAttestation][]): OtsProof {
  const start = digest(STAMPED);
  const trees = ends.map(([byte, attestation]) =>
    otsTimestampThrough(
      start,
      [{ kind: 'append', argument: Uint8Array.of(byte) }, { kind: 'sha256' }],
      { message: rootOf(byte), attestations: [attestation], branches: [] },
    ),
  );
  return { fileHash: 'sha256', timestamp: trees.reduce(mergeOtsTimestamps) };
}

function rootOf(byte: number): Uint8Array {
  return digest(new Uint8Array([...digest(STAMPED), byte]));
}

const block = (height: number): OtsAttestation => ({ kind: 'bitcoin', height });
const CALENDAR: OtsAttestation = { kind: 'pending', uri: 'https://cal.example' };

function root(height: number, merkleRoot: Uint8Array): HeaderEvidence {
  return { source: 'user', height, merkleRoot };
}

function run(
  source: HeaderSource,
  headers: readonly Uint8Array[],
  firstHeight: number | null,
  chain: ChainParameters = LAB,
): HeaderEvidence {
  return { source, run: parseHeaderRun(joined(headers), firstHeight, chain) };
}

function verdict(proof: OtsProof, headers: HeaderEvidence[] = [], chain = LAB) {
  return verifyAnchor(proof, STAMPED, { chain, headers });
}

describe('the public example', () => {
  const proof = parseOtsProof(new Uint8Array(fixture('hello-world.txt.ots')));
  const stamped = new Uint8Array(fixture('hello-world.txt'));
  const header = new Uint8Array(Buffer.from(fixture('block-358391.hex').toString().trim(), 'hex'));
  const chain = bitcoinMainnet();
  const known = (bytes: Uint8Array): HeaderEvidence[] => [
    { source: 'user', run: parseHeaderRun(bytes, 358_391, chain) },
  ];

  it('is confirmed by the header of block 358391', () => {
    expect(neededHeights(proof)).toEqual([358_391]);
    const found = verifyAnchor(proof, stamped, { chain, headers: known(header) });
    expect(found).toMatchObject({ state: 'confirmed', chain: 'mainnet', digest: null });
    expect(found.decisive).toMatchObject({
      attestation: { kind: 'bitcoin', height: 358_391 },
      trust: { source: 'user' },
      merkleRoot: '8a1b66ecb7cbd07d8139a7e7d7f2c41aab1f5009b8364aaf61d03ad245e47e00',
      blockHash: '000000000000000003e892881a8cdcdc117c06d444057c98b6f04a9ee75a2319',
      blockTime: 1_432_827_678,
    });
  });

  it('is not decided without a header', () => {
    const found = verifyAnchor(proof, stamped, { chain, headers: [] });
    expect(found.state).toBe('header_not_given');
    expect(found.decisive?.merkleRoot).toMatch(/^8a1b66ec/);
  });

  it('contradicts any other root of that height, and any other file', () => {
    const headers: HeaderEvidence[] = [root(358_391, new Uint8Array(32).fill(1))];
    expect(verifyAnchor(proof, stamped, { chain, headers }).state).toBe('mismatch');
    const evidence = { chain, headers: known(header) };
    const changed = stamped.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
    const found = verifyAnchor(proof, changed, evidence);
    expect(found).toMatchObject({ state: 'mismatch', decisive: null });
    expect(found.digest?.actual).toBe(hex(digest(stamped)));
  });
});

describe('without a decision', () => {
  it('is pending while only calendars promise', () => {
    expect(verdict(proofOf([1, CALENDAR]))).toMatchObject({ state: 'pending', decisive: null });
  });

  it('counts no other chain and no unknown kind', () => {
    const unknown = {
      kind: 'unknown',
      tag: new Uint8Array(8),
      payload: new Uint8Array(0),
    } as const;
    const proof = proofOf([1, { kind: 'litecoin', height: 7 }], [2, unknown]);
    const found = verdict(proof, [root(7, rootOf(1))]);
    expect(found.state).toBe('pending');
    expect(found.attestations.map(({ state }) => state)).toEqual(['not_counted', 'not_counted']);
  });

  it('asks for the headers of all blocks, each once', () => {
    const proof = proofOf([1, block(9)], [2, block(7)], [3, block(9)], [4, CALENDAR]);
    expect(neededHeights(proof)).toEqual([7, 9]);
    expect(verdict(proof, [root(8, rootOf(1))]).state).toBe('header_not_given');
  });

  it('is never confirmed by two explorers that contradict each other', () => {
    const explorer = (merkleRoot: Uint8Array, name: string): HeaderEvidence => ({
      source: 'explorer',
      name,
      height: 7,
      merkleRoot,
    });
    const proof = proofOf([1, block(7)]);
    const both = [explorer(rootOf(1), 'a'), explorer(rootOf(2), 'b')];
    expect(verdict(proof, both).decisive).toMatchObject({
      state: 'header_not_given',
      isDisputed: true,
    });
    expect(verdict(proof, [...both, root(7, rootOf(1))]).state).toBe('confirmed');
    expect(verdict(proof, [...both, root(7, rootOf(2))]).state).toBe('mismatch');
  });
});

describe('a confirmed proof', () => {
  it('names the lowest of the confirmed heights, and lists what failed beside it', () => {
    const proof = proofOf([1, block(9)], [2, block(7)], [3, block(5)]);
    const found = verdict(proof, [
      root(9, rootOf(1)),
      root(7, rootOf(2)),
      root(5, new Uint8Array(32)),
    ]);
    expect(found.state).toBe('confirmed');
    expect(found.decisive?.attestation).toEqual(block(7));
    expect(found.attestations.map(({ state }) => state).sort()).toEqual([
      'confirmed',
      'confirmed',
      'mismatch',
    ]);
  });

  it('is found by its root in a file that does not say its heights, and says so', () => {
    const header = mine({ merkleRoot: rootOf(1) });
    const found = verdict(proofOf([1, block(7)]), [run('file', [mine(), header].slice(1), null)]);
    expect(found.decisive?.trust).toEqual({ source: 'file', name: null, isHeightClaimed: true });
    expect(verdict(proofOf([1, block(7)]), [run('file', [mine()], null)]).state).toBe(
      'header_not_given',
    );
  });

  it('names the source by its strength: a pinned block before the user, the user before a node', () => {
    const header = mine({ merkleRoot: rootOf(1) });
    const chain = { ...LAB, pins: [{ height: 7, hash: shownHash(header) }] };
    const proof = proofOf([1, block(7)]);
    const sources = [
      run('explorer', [header], 7),
      run('node', [header], 7),
      run('user', [header], 7),
      run('package', [header], null, chain),
    ];
    const names = sources.map(
      (_, i) => verdict(proof, sources.slice(0, i + 1), chain).decisive?.trust?.source,
    );
    expect(names).toEqual(['explorer', 'node', 'user', 'pinned']);
  });
});

describe('whoever makes a file', () => {
  const header = mine({ merkleRoot: rootOf(1) });
  const proof = proofOf([1, block(7)]);

  it('gains nothing by a header of their own with valid work', () => {
    const found = verdict(proof, [run('package', [header], null)]);
    expect(found.decisive).toMatchObject({ state: 'header_not_given', isHeaderCarried: true });
    expect(found.decisive?.blockTime).toBeNull();
  });

  it('gains nothing by headers that go on from a known block', () => {
    const first = mine();
    const chain = { ...LAB, pins: [{ height: 6, hash: shownHash(first) }] };
    const next = mine({
      merkleRoot: rootOf(1),
      previousHash: Buffer.from(shownHash(first), 'hex').reverse(),
    });
    const evidence = run('package', [first, next], null, chain);
    expect(verdict(proof, [evidence], chain).state).toBe('header_not_given');
    const known = run('file', [first, next], null, chain);
    expect(verdict(proof, [known], chain).decisive).toMatchObject({
      state: 'confirmed',
      trust: { source: 'file', isHeightClaimed: false },
    });
  });

  it('gains nothing by the time of a header beside a root that the user gave', () => {
    const found = verdict(proof, [root(7, rootOf(1)), run('package', [header], null)]);
    expect(found.decisive).toMatchObject({ state: 'confirmed', blockTime: null, blockHash: null });
  });

  it('is contradicted by a linked header of that height with another root', () => {
    const headers = mineRun(3);
    const chain = { ...LAB, pins: [{ height: 9, hash: shownHash(headers[2] as Uint8Array) }] };
    expect(verdict(proof, [run('package', headers, null, chain)], chain).state).toBe('mismatch');
  });

  it('is contradicted where a block attests what is no root', () => {
    const short = { message: digest(STAMPED).slice(0, 32), attestations: [], branches: [] };
    const timestamp = otsTimestampThrough(short.message, [{ kind: 'sha1' }], {
      message: new Uint8Array(createHash('sha1').update(short.message).digest()),
      attestations: [block(7)],
      branches: [],
    });
    expect(verdict({ fileHash: 'sha256', timestamp }).state).toBe('mismatch');
  });

  it('gains nothing by a sha1 of the same bytes', () => {
    const message = new Uint8Array(createHash('sha1').update(STAMPED).digest());
    const timestamp = { message, attestations: [block(7)], branches: [] };
    const found = verdict({ fileHash: 'sha1', timestamp });
    expect(found.state).toBe('mismatch');
    expect(found.digest?.actual).toMatch(/^sha1 /);
    const relabelled = { ...proofOf([1, block(7)]), fileHash: 'ripemd160' } as const;
    expect(verdict(relabelled, [root(7, rootOf(1))]).state).toBe('mismatch');
  });

  it('gains nothing by a proof of another chain', () => {
    const found = verifyAnchor(proof, STAMPED, { chain: bitcoinMainnet(), headers: [] });
    expect(found.state).toBe('header_not_given');
    expect(() => parseHeaderRun(header, 7, bitcoinMainnet())).toThrow();
  });
});
