/** The words on two heads: a contradiction is called one, anything else is not. @module */
import { type ConsistencyReport, verifyHeadConsistency } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { painterOfLevel } from '../../src/render/colour.ts';
import { consistencyLines } from '../../src/render/consistency.ts';
import { HEAD_TIME_MS, makeLog } from '../support/make-proof.ts';

const LOG = makeLog(1, [{}, {}, {}]);
const OTHER_TREE = makeLog(1, [{}, {}, { attempt_number: 7 }]);
const LOOK = { amount: 'normal', paint: painterOfLevel(0), ascii: false } as const;

function compare(old: unknown, newer: unknown, proof: unknown = null): ConsistencyReport {
  const trust = { keys: [{ publicKey: Buffer.from(LOG.publicKeyHex, 'hex'), name: null }] };
  const [a, b] = [JSON.stringify(old), JSON.stringify(newer)];
  const path = proof === null ? null : JSON.stringify(proof);
  return verifyHeadConsistency(a, b, path, trust, { nowMs: HEAD_TIME_MS });
}

describe('consistencyLines', () => {
  it('says what a good proof means, for a grown tree and for the same one', () => {
    const grown = compare(LOG.head(2, HEAD_TIME_MS - 1), LOG.head(3), LOG.consistency(2, 3));
    expect(consistencyLines(grown, LOOK)).toHaveLength(4);
    expect(consistencyLines(grown, LOOK)[3]).toContain('Every leaf of the old tree');
    const same = compare(LOG.head(3, HEAD_TIME_MS - 1), LOG.head(3));
    expect(consistencyLines(same, LOOK)[3]).toContain('same tree');
  });

  it('speaks of a contradiction only where two signed heads contradict', () => {
    const split = consistencyLines(compare(LOG.head(3, 1), OTHER_TREE.head(3)), LOOK);
    expect(split[0]).toBe('✗ The tree heads contradict each other');
    const unsigned = { ...OTHER_TREE.head(3), signature: '00'.repeat(64) };
    const broken = consistencyLines(compare(LOG.head(3, 1), unsigned), LOOK);
    expect(broken[0]).toBe('✗ Tree head verification failed');
    expect(broken.join()).not.toContain('contradict each other');
  });

  it('says what is missing when nothing was decided', () => {
    const lines = consistencyLines(compare(LOG.head(2, 1), LOG.head(3)), LOOK);
    expect(lines[0]).toBe('~ Consistency not decided');
    expect(lines.at(-1)).toContain('--proof');
  });

  it('does not point to --explain, which this command has not', () => {
    const unsigned = { ...LOG.head(3), signature: '00'.repeat(64) };
    expect(consistencyLines(compare(LOG.head(3, 1), unsigned), LOOK).join()).not.toContain(
      '--explain',
    );
  });

  it('prints both roots in full with details', () => {
    const report = compare(LOG.head(3, 1), OTHER_TREE.head(3));
    const text = consistencyLines(report, { ...LOOK, amount: 'details' }).join('\n');
    expect(text).toContain(String(LOG.head(3).root_hash));
    expect(text).toContain(String(OTHER_TREE.head(3).root_hash));
  });
});
