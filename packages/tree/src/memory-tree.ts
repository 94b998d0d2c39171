/** A whole tree in memory, for tests and tools. RFC 6962 section 2.1. @module */
import { emptyRoot } from '@kapsel/verification';
import { CompactRange } from './compact-range.ts';
import { foldRightEdge } from './fold.ts';
import { assertHash, assertSize, type NodeId } from './node-id.ts';
import { planConsistency, planInclusion, planRoot, type SubtreePlan } from './proof-plan.ts';

/** Keeps every node, so any proof at any size up to the present one needs no hashing to speak of. */
export class MemoryTree {
  readonly #edge = new CompactRange(0, []);
  readonly #levels: Uint8Array[][] = []; // [level][index], full nodes only

  get size(): number {
    return this.#edge.size;
  }

  /** Adds a leaf by its hash (`leafHash(leafData)`) and gives its index. */
  append(leafHash: Uint8Array): number {
    assertHash('leafHash', leafHash);
    const index = this.size;
    this.#edge.append(leafHash, (node, hash) => {
      let row = this.#levels[node.level];
      if (row === undefined) {
        row = [];
        this.#levels.push(row);
      }
      row.push(hash);
    });
    return index;
  }

  /** The root now, or as it was at a smaller size. */
  root(size: number = this.size): Uint8Array {
    this.#assertReached('size', size);
    return size === 0 ? emptyRoot() : this.#fold(planRoot(size));
  }

  proveInclusion(index: number, size: number = this.size): Uint8Array[] {
    this.#assertReached('size', size);
    return planInclusion(index, size).map((subtree) => this.#fold(subtree));
  }

  proveConsistency(oldSize: number, newSize: number = this.size): Uint8Array[] {
    this.#assertReached('newSize', newSize);
    return planConsistency(oldSize, newSize).map((subtree) => this.#fold(subtree));
  }

  /** The hash of a full node; throws where there is none yet. */
  hashOfNode(node: NodeId): Uint8Array {
    const hash = this.#levels[node.level]?.[node.index];
    if (hash === undefined) {
      throw new RangeError(`node ${node.level}/${node.index} is not complete at size ${this.size}`);
    }
    return hash;
  }

  #fold(subtree: SubtreePlan): Uint8Array {
    return foldRightEdge(subtree.nodes.map((node) => this.hashOfNode(node)));
  }

  #assertReached(name: string, size: number): void {
    assertSize(name, size);
    if (size > this.size) {
      throw new RangeError(`"${name}" expected at most ${this.size}, got ${size}`);
    }
  }
}
