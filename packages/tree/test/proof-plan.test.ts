import { describe, expect, test } from 'vitest';
import type { NodeId } from '../src/node-id.ts';
import { planConsistency, planInclusion, planRoot, type SubtreePlan } from '../src/proof-plan.ts';

function stretchesOf(plan: readonly SubtreePlan[]): string[] {
  return plan.map(({ nodes }) => `${beginOf(nodes[0])}-${endOf(nodes.at(-1))}`);
}

function beginOf(node: NodeId | undefined): number {
  return node === undefined ? Number.NaN : node.index * 2 ** node.level;
}

function endOf(node: NodeId | undefined): number {
  return node === undefined ? Number.NaN : (node.index + 1) * 2 ** node.level;
}

describe('inclusion', () => {
  test('the only leaf needs nothing', () => {
    expect(planInclusion(0, 1)).toEqual([]);
  });

  test('the examples of RFC 6962 section 2.1.3', () => {
    // d0: b, h, l · d3: c, g, l · d4: f, j, k · d6: i, k
    expect(stretchesOf(planInclusion(0, 7))).toEqual(['1-2', '2-4', '4-7']);
    expect(stretchesOf(planInclusion(3, 7))).toEqual(['2-3', '0-2', '4-7']);
    expect(stretchesOf(planInclusion(4, 7))).toEqual(['5-6', '6-7', '0-4']);
    expect(stretchesOf(planInclusion(6, 7))).toEqual(['4-6', '0-4']);
  });

  test('only the right edge is folded from several nodes', () => {
    expect(planInclusion(0, 7).at(-1)).toEqual({
      nodes: [
        { level: 1, index: 2 },
        { level: 0, index: 6 },
      ],
    });
    for (let size = 1; size <= 130; size += 1) {
      for (let index = 0; index < size; index += 1) {
        for (const { nodes } of planInclusion(index, size)) {
          expect(nodes.length === 1 || endOf(nodes.at(-1)) === size).toBe(true);
        }
      }
    }
  });

  test('refuses an index outside the tree', () => {
    for (const [index, size] of [
      [0, 0],
      [7, 7],
      [-1, 7],
      [0.5, 7],
      [0, 2 ** 53],
    ] as const) {
      expect(() => planInclusion(index, size)).toThrow(RangeError);
    }
  });
});

describe('consistency', () => {
  test('the examples of RFC 6962 section 2.1.3', () => {
    // PROOF(3, D[7]) = [c, d, g, l] · PROOF(4, D[7]) = [l] · PROOF(6, D[7]) = [i, j, k]
    expect(stretchesOf(planConsistency(3, 7))).toEqual(['2-3', '3-4', '0-2', '4-7']);
    expect(stretchesOf(planConsistency(4, 7))).toEqual(['4-7']);
    expect(stretchesOf(planConsistency(6, 7))).toEqual(['4-6', '6-7', '0-4']);
    expect(stretchesOf(planConsistency(6, 8))).toEqual(['4-6', '6-8', '0-4']);
  });

  test('equal sizes need nothing', () => {
    expect(planConsistency(5, 5)).toEqual([]);
  });

  test('refuses a proof from nothing and a shrinking tree', () => {
    expect(() => planConsistency(0, 7)).toThrow(RangeError);
    expect(() => planConsistency(0, 0)).toThrow(RangeError);
    expect(() => planConsistency(8, 7)).toThrow(RangeError);
  });
});

describe('root', () => {
  test('is one node for each one bit of the size', () => {
    expect(planRoot(11)).toEqual({
      nodes: [
        { level: 3, index: 0 },
        { level: 1, index: 4 },
        { level: 0, index: 10 },
      ],
    });
    expect(planRoot(2 ** 52)).toEqual({ nodes: [{ level: 52, index: 0 }] });
    expect(planRoot(Number.MAX_SAFE_INTEGER).nodes).toHaveLength(53);
  });

  test('refuses the empty tree', () => {
    expect(() => planRoot(0)).toThrow(RangeError);
  });
});
