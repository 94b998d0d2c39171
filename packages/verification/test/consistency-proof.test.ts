/** The JSON form of consistency proofs. @module */
import { describe, expect, it } from 'vitest';
import { parseConsistencyProof } from '../src/consistency-proof.ts';
import type { Json, JsonRecord } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const HASH = 'ab'.repeat(32);
const GOOD: JsonRecord = {
  old_size: 3,
  new_size: 7,
  old_root: HASH,
  new_root: HASH,
  proof_hashes: [HASH],
};

describe('consistency proofs', () => {
  it('are read', () => {
    const proof = parseConsistencyProof(JSON.stringify(GOOD));
    expect(proof).toMatchObject({ oldSize: 3, newSize: 7 });
    expect(proof.proofHashes).toHaveLength(1);
  });

  it('are read with sizes of 0, which the walk then refuses', () => {
    const proof = parseConsistencyProof(JSON.stringify({ ...GOOD, old_size: 0, new_size: 0 }));
    expect(proof).toMatchObject({ oldSize: 0, newSize: 0 });
  });

  it.each<[string, Json]>([
    ['old_size', -1],
    ['new_size', -1],
    ['new_size', '7'],
    ['old_root', 'ab'],
    ['new_root', null],
    ['proof_hashes', 'x'],
    ['more', 1],
  ])('are refused for a bad %s', (member, value) => {
    const text = JSON.stringify({ ...GOOD, [member]: value });
    expect(expectRefusal('E_FIELD', () => parseConsistencyProof(text)).field).toBe(member);
  });

  it('have at most 64 hashes and 64 KiB', () => {
    const hashes = (count: number): string =>
      JSON.stringify({ ...GOOD, proof_hashes: Array.from({ length: count }, () => HASH) });
    expect(() => parseConsistencyProof(hashes(64))).not.toThrow();
    expectRefusal('E_TOO_LARGE', () => parseConsistencyProof(hashes(65)));
    expect(() => parseConsistencyProof(hashes(1).padEnd(65_536))).not.toThrow();
    expectRefusal('E_TOO_LARGE', () => parseConsistencyProof(hashes(1).padEnd(65_537)));
  });
});
