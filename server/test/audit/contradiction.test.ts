/** Findings: one line each, no more than a few of one column, and all of them counted. @module */
import { describe, expect, it } from 'vitest';
import {
  type Contradiction,
  describeContradiction,
  Findings,
} from '../../src/audit/contradiction.ts';

const FINDING = { where: 'merkle_leaves.leaf_hash', at: 'index 7', want: 'aa', got: 'bb' };

describe('describeContradiction', () => {
  it('is one line with the table, the place and both values', () => {
    expect(describeContradiction({ log: 'shared', ...FINDING })).toBe(
      'merkle_leaves.leaf_hash of log shared at index 7: want aa, got bb',
    );
  });
});

describe('Findings', () => {
  it('pass on the first of each column and count all', () => {
    const reported: Contradiction[] = [];
    const findings = new Findings('shared', (contradiction) => reported.push(contradiction));
    findings.addAll(Array.from({ length: 50 }, (_, i) => ({ ...FINDING, at: `index ${i}` })));
    findings.add({ ...FINDING, where: 'logs.origin' });
    expect(reported).toHaveLength(21);
    expect(reported.at(-1)).toEqual({ log: 'shared', ...FINDING, where: 'logs.origin' });
    expect(findings.count).toBe(51);
  });
});
