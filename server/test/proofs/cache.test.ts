import { describe, expect, it } from 'vitest';
import type { LogId } from '../../src/base/ids.ts';
import { FinishedProofs, type InclusionProofJson } from '../../src/proofs/cache.ts';
import { START_MS } from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';

const LOG = 'one' as LogId;
const HASH = new Uint8Array(32).fill(1);
const ROOT = new Uint8Array(32).fill(2);

function proofOf(treeSize: number, length = 1): InclusionProofJson {
  return {
    leaf_hash: '01'.repeat(32),
    leaf_index: 4,
    tree_size: treeSize,
    proof_hashes: Array.from({ length }, () => '03'.repeat(32)),
    root_hash: '02'.repeat(32),
  };
}

function open(clock = new ManualClock(START_MS)): { finished: FinishedProofs; results: string[] } {
  const results: string[] = [];
  return { finished: new FinishedProofs(clock, (result) => results.push(result)), results };
}

describe('FinishedProofs', () => {
  it('finds a proof by log, leaf and size, and no other', () => {
    const { finished, results } = open();
    finished.keep(LOG, proofOf(8));
    expect(finished.find(LOG, HASH, 8, null)).toEqual(proofOf(8));
    expect(finished.find(LOG, HASH, 9, null)).toBeNull();
    expect(finished.find('two' as LogId, HASH, 8, null)).toBeNull();
    expect(finished.find(LOG, ROOT, 8, null)).toBeNull();
    expect(results).toEqual(['hit', 'miss', 'miss', 'miss']);
  });

  it('never answers with a proof that ends in another root than the head’s', () => {
    const { finished, results } = open();
    finished.keep(LOG, proofOf(8));
    expect(finished.find(LOG, HASH, 8, ROOT)).toEqual(proofOf(8));
    expect(finished.find(LOG, HASH, 8, HASH)).toBeNull();
    expect(results).toEqual(['hit', 'miss']);
  });

  it('lets a proof go after ten minutes', () => {
    const clock = new ManualClock(START_MS);
    const { finished } = open(clock);
    finished.keep(LOG, proofOf(8));
    clock.advance(600_000);
    expect(finished.find(LOG, HASH, 8, null)).not.toBeNull();
    clock.advance(1);
    expect(finished.find(LOG, HASH, 8, null)).toBeNull();
  });

  it('keeps consistency proofs by log and sizes', () => {
    const { finished, results } = open();
    const proof = {
      old_size: 2,
      new_size: 8,
      old_root: '04'.repeat(32),
      new_root: '02'.repeat(32),
      proof_hashes: ['03'.repeat(32)],
    };
    finished.keepConsistency(LOG, proof);
    expect(finished.findConsistency(LOG, 2, 8)).toEqual(proof);
    expect(finished.findConsistency(LOG, 2, 9)).toBeNull();
    expect(finished.findConsistency('two' as LogId, 2, 8)).toBeNull();
    expect(results).toEqual(['hit', 'miss', 'miss']);
  });

  it('has a bound: what was used longest ago goes', () => {
    const { finished } = open();
    const count = 20_000;
    for (let size = 1; size <= count; size++) finished.keep(LOG, proofOf(size, 20));
    expect(finished.find(LOG, HASH, 1, null)).toBeNull();
    expect(finished.find(LOG, HASH, count, null)).not.toBeNull();
  });
});
