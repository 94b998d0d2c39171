/** The words of anchors: what was found, by whose word, and never more than a day of the block's time. @module */
import { describe, expect, it } from 'vitest';
import { anchorWords, blockWords } from '../src/anchor-words.ts';
import type { HeaderTrust } from '../src/ots/header-evidence.ts';
import type { AnchorVerdict, AttestationVerdict } from '../src/ots/verify-anchor.ts';

const DECISIVE: AttestationVerdict = {
  attestation: { kind: 'bitcoin', height: 358_391 },
  state: 'confirmed',
  message: 'ab'.repeat(32),
  operationCount: 22,
  merkleRoot: 'ba'.repeat(32),
  knownRoot: 'ba'.repeat(32),
  trust: { source: 'user', name: null, isHeightClaimed: false },
  blockHash: '00'.repeat(32),
  blockTime: 1_432_827_678,
  isDisputed: false,
  isHeaderCarried: false,
};

function verdict(state: AnchorVerdict['state'], change: Partial<AttestationVerdict> = {}) {
  const decisive = { ...DECISIVE, ...change };
  return { state, chain: 'mainnet', decisive, attestations: [decisive], digest: null } as const;
}

describe('a confirmed anchor', () => {
  it('names the block, its day and whose word the header is', () => {
    expect(anchorWords(verdict('confirmed'))).toBe(
      'existed before Bitcoin block 358391 (block time about 2015-05-28; header you gave)',
    );
  });

  it.each<[HeaderTrust, string]>([
    [{ source: 'pinned', name: '358847', isHeightClaimed: false }, 'linked to known block 358847'],
    [{ source: 'file', name: null, isHeightClaimed: false }, 'your header file'],
    [{ source: 'node', name: null, isHeightClaimed: false }, 'your node'],
    [
      { source: 'explorer', name: 'a.example', isHeightClaimed: false },
      'relies on explorer a.example',
    ],
    [
      { source: 'file', name: null, isHeightClaimed: true },
      'your header file, height as the proof claims it',
    ],
  ])('says of %o', (trust, words) => {
    expect(anchorWords(verdict('confirmed', { trust }))).toContain(`; ${words})`);
  });

  it('tells no time where only a root is known', () => {
    expect(anchorWords(verdict('confirmed', { blockTime: null }))).toBe(
      'existed before Bitcoin block 358391 (header you gave)',
    );
  });

  it('names a chain that is not the main one', () => {
    const words = blockWords({ ...verdict('confirmed'), chain: 'lab' });
    expect(words).toBe('block 358391 of the chain "lab"');
  });
});

describe('an open anchor', () => {
  it('gives height and root for a check by hand', () => {
    const words = anchorWords(verdict('header_not_given'));
    expect(words).toBe(
      `22 operations to Bitcoin block 358391, Merkle root ${'ba'.repeat(32)}; header not given`,
    );
  });

  it('says why a header that is there does not decide', () => {
    expect(anchorWords(verdict('header_not_given', { isHeaderCarried: true }))).toMatch(
      /not linked to a known block/,
    );
    expect(anchorWords(verdict('header_not_given', { isDisputed: true }))).toMatch(/contradict/);
    expect(anchorWords(verdict('header_not_given', { operationCount: 1 }))).toMatch(
      /^1 operation /,
    );
  });

  it('names the calendars that promise, each once', () => {
    const attestation = { kind: 'pending', uri: 'https://a.example' } as const;
    const pending = { ...DECISIVE, attestation };
    expect(
      anchorWords({ ...verdict('pending'), decisive: null, attestations: [pending, pending] }),
    ).toBe('not yet in a Bitcoin block; promised by https://a.example');
    expect(anchorWords({ ...verdict('pending'), decisive: null, attestations: [] })).toBe(
      'not yet in a Bitcoin block',
    );
  });
});

describe('a contradiction', () => {
  it('is of the block, or of the bytes', () => {
    expect(anchorWords(verdict('mismatch'))).toMatch(/another Merkle root$/);
    const digest = { expected: 'aa', actual: 'bb' };
    expect(anchorWords({ ...verdict('mismatch'), digest })).toMatch(/other bytes/);
  });
});
