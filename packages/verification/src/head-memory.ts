/** Remembers the heads that passed a check: a bundle carries one head in thousands of packages. @module */
import { equalBytes } from './bytes.ts';
import type { TreeHead } from './tree-head.ts';

// A remembered head costs a comparison of some hundred bytes in place of two hashes and a note (docs/benchmarks.md).
const KEPT_HEADS = 16;

/**
 * Heads that passed, newest last; beyond the bound the oldest is forgotten. It changes the time of an answer, never the
 * answer: what it holds are copies, and only a head equal in every member is the same head.
 */
export class HeadMemory {
  readonly #heads: TreeHead[] = [];

  has(head: TreeHead): boolean {
    return this.#heads.some((kept) => isSameHead(kept, head));
  }

  add(head: TreeHead): void {
    if (this.#heads.length >= KEPT_HEADS) this.#heads.shift();
    this.#heads.push({
      ...head,
      rootHash: head.rootHash.slice(),
      signature: head.signature.slice(),
      publicKey: head.publicKey.slice(),
    });
  }
}

function isSameHead(one: TreeHead, other: TreeHead): boolean {
  return (
    one.treeSize === other.treeSize &&
    one.timestampMs === other.timestampMs &&
    one.sthId === other.sthId &&
    one.log === other.log &&
    one.checkpoint === other.checkpoint &&
    equalBytes(one.rootHash, other.rootHash) &&
    equalBytes(one.signature, other.signature) &&
    equalBytes(one.publicKey, other.publicKey)
  );
}
