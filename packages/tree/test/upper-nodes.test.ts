import { describe, expect, test } from 'vitest';
import {
  findUpperNode,
  rootFromUpperNodes,
  UPPER_NODES_BYTES,
  upperNodesOfTile,
} from '../src/upper-nodes.ts';
import { mthOfLeaves, numberedLeaves } from './reference.ts';

const LEAVES = numberedLeaves(256);
const TILE = Buffer.concat(LEAVES);

describe('upper nodes of a full tile', () => {
  const mth = mthOfLeaves(LEAVES);
  const nodes = upperNodesOfTile(TILE);

  test('are the subtrees of the RFC recursion over 16, 32, 64 and 128 hashes', () => {
    expect(nodes.length).toBe(UPPER_NODES_BYTES);
    const found: string[] = [];
    for (const count of [16, 32, 64, 128]) {
      for (let offset = 0; offset < 256; offset += count) {
        const node = findUpperNode(nodes, offset, count);
        expect(new Uint8Array(node)).toEqual(mth(offset, offset + count));
        found.push(Buffer.from(node).toString('hex'));
      }
    }
    // In this order, with nothing between them: the layout that is stored.
    expect(found.join('')).toBe(Buffer.from(nodes).toString('hex'));
  });

  test('lead to the root over the tile', () => {
    expect(rootFromUpperNodes(nodes)).toEqual(mth(0, 256));
  });

  test.each([
    [0, 8],
    [0, 256],
    [8, 16],
    [256, 16],
    [-16, 16],
    [0, 48],
    [0, 0],
  ])('none is over the hashes from %i on, %i of them', (offset, count) => {
    expect(() => findUpperNode(nodes, offset, count)).toThrow(RangeError);
  });

  test('are not taken from fewer bytes, nor made of a tile that is not full', () => {
    expect(() => findUpperNode(nodes.subarray(32), 0, 16)).toThrow(RangeError);
    expect(() => upperNodesOfTile(TILE.subarray(32))).toThrow(RangeError);
  });
});
