/** Anchors in reports for machines: what decided, and each end of the proof. @module */
import { describe, expect, it } from 'vitest';
import { anchorJson } from '../src/anchor-json.ts';
import type { AttestationVerdict } from '../src/ots/verify-anchor.ts';

const WAITING: AttestationVerdict = {
  attestation: { kind: 'pending', uri: 'https://a.example' },
  state: 'pending',
  message: 'ab'.repeat(44),
  operationCount: 7,
  merkleRoot: null,
  knownRoot: null,
  trust: null,
  blockHash: null,
  blockTime: null,
  isDisputed: false,
  isHeaderCarried: false,
};
const ROOT = 'ba'.repeat(32);
const CONFIRMED: AttestationVerdict = {
  ...WAITING,
  attestation: { kind: 'bitcoin', height: 7 },
  state: 'confirmed',
  merkleRoot: ROOT,
  knownRoot: ROOT,
  trust: { source: 'explorer', name: 'a.example', isHeightClaimed: false },
  blockHash: '00'.repeat(32),
  blockTime: 1_432_827_678,
};
const UNKNOWN: AttestationVerdict = {
  ...WAITING,
  attestation: { kind: 'unknown', tag: new Uint8Array(8), payload: new Uint8Array(1) },
  state: 'not_counted',
};

describe('an anchor', () => {
  it('names the block that decided, and whose word it was', () => {
    const attestations = [CONFIRMED, WAITING, UNKNOWN];
    const verdict = { chain: 'mainnet', decisive: CONFIRMED, attestations, digest: null };
    expect(anchorJson({ ...verdict, state: 'confirmed' })).toEqual({
      type: 'opentimestamps',
      state: 'confirmed',
      chain: 'mainnet',
      height: 7,
      merkle_root: ROOT,
      block_hash: '00'.repeat(32),
      block_time: 1_432_827_678,
      header_source: 'explorer',
      header_source_name: 'a.example',
      attestations: [
        { kind: 'bitcoin', state: 'confirmed', height: 7, merkle_root: ROOT },
        { kind: 'pending', state: 'pending', uri: 'https://a.example', merkle_root: null },
        { kind: 'unknown', state: 'not_counted', merkle_root: null },
      ],
    });
  });

  it('has nothing of a block while none decides', () => {
    const verdict = { chain: 'lab', decisive: null, attestations: [], digest: null };
    expect(anchorJson({ ...verdict, state: 'pending' })).toMatchObject({
      state: 'pending',
      chain: 'lab',
      height: null,
      block_hash: null,
      header_source: null,
    });
  });
});
