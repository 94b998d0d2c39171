/** The right edge of a growing tree: enough to append and to give the root. RFC 6962 section 2.1. @module */
import { emptyRoot, nodeHash } from '@kapsel/verification';
import { foldRightEdge } from './fold.ts';
import { assertHash, assertSize, isRightChild, type NodeId, parentOf } from './node-id.ts';

/** Told of each node that an append completes, lowest first, the leaf itself included. */
export type NodeListener = (node: NodeId, hash: Uint8Array) => void;

/**
 * Keeps one hash per set bit of the size, the largest subtree first: size 11 = 8 + 2 + 1 has three.
 * That is at most 53 hashes, whatever the tree holds. Hashes are kept, not copied: whoever hands
 * one in does not write to it afterwards.
 */
export class CompactRange {
  #size: number;
  readonly #hashes: Uint8Array[];

  constructor(size: number, hashes: readonly Uint8Array[]) {
    assertSize('size', size);
    const wanted = countOnes(size);
    if (hashes.length !== wanted) {
      throw new RangeError(`"hashes" expected ${wanted} for size ${size}, got ${hashes.length}`);
    }
    for (const hash of hashes) assertHash('hash', hash);
    this.#size = size;
    this.#hashes = [...hashes];
  }

  get size(): number {
    return this.#size;
  }

  /** The right edge, the largest subtree first. */
  get hashes(): readonly Uint8Array[] {
    return [...this.#hashes];
  }

  /** Adds one leaf: as many nodes are completed as the old size ends in one bits. */
  append(leafHash: Uint8Array, listener?: NodeListener): void {
    assertHash('leafHash', leafHash);
    assertSize('size', this.#size + 1);
    let node: NodeId = { level: 0, index: this.#size };
    let hash = leafHash;
    listener?.(node, hash);
    while (isRightChild(node)) {
      hash = nodeHash(this.#popLeft(), hash);
      node = parentOf(node);
      listener?.(node, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    return this.#size === 0 ? emptyRoot() : foldRightEdge(this.#hashes);
  }

  #popLeft(): Uint8Array {
    const left = this.#hashes.pop();
    if (left === undefined) throw new RangeError('"hashes" expected a left neighbour, got none');
    return left;
  }
}

/** Takes up a tree of `size` leaves where it was left. An empty tree is `(0, [])`. */
export function compactRangeFromHashes(size: number, hashes: readonly Uint8Array[]): CompactRange {
  return new CompactRange(size, hashes);
}

function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
