/** Joins the hashes of neighbouring subtrees into the hash above them. RFC 6962 section 2.1. @module */
import { nodeHash } from '@kapsel/verification';

/**
 * Joins full subtrees that stand side by side, the largest first, into the root over all of them:
 * `h0 h1 h2` gives `node(h0, node(h1, h2))`, because the RFC splits at the largest power of two.
 */
export function foldRightEdge(hashes: readonly Uint8Array[]): Uint8Array {
  const last = hashes.at(-1);
  if (last === undefined) throw new RangeError('"hashes" expected at least 1 hash, got 0');
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** Joins 1, 2, 4, 8, … hashes of one level into the root of the full subtree over them. */
export function foldFullSubtree(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) row = joinPairs(row);
  const [root] = row;
  if (root === undefined) throw new RangeError('"hashes" expected at least 1 hash, got 0');
  return root;
}

function joinPairs(row: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i < row.length; i += 2) {
    const [left, right] = [row[i], row[i + 1]];
    if (left === undefined || right === undefined) {
      throw new RangeError(`"hashes" expected a power of two, got a row of ${row.length}`);
    }
    above.push(nodeHash(left, right));
  }
  return above;
}
