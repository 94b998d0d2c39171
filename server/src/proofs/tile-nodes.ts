/** Pieces of tiles in memory that give out subtrees: hashes with the nodes above them, each joined once, and stored upper nodes. @module */
import { findUpperNode, UPPER_NODES_BYTES } from '@kapsel/tree';
import { nodeHash } from '@kapsel/verification';

const HASH_BYTES = 32;
const MAX_HEIGHT = 8; // 2^8 = 256 hashes

/** What a cache keeps of a tile. */
export interface TilePiece {
  readonly sizeBytes: number;
  /** The root over `count` hashes of the tile from position `offset`: a power of two, and a multiple of it. A view. */
  subtreeRoot(offset: number, count: number): Uint8Array;
}

/**
 * Neighbouring hashes of a tile: all of them, or one group of 16. The nodes above are joined when first asked for and
 * kept, so that the next proof through them is a look-up.
 */
export class TileNodes implements TilePiece {
  readonly #hashes: Uint8Array;
  readonly #firstOffset: number;
  readonly #height: number;
  /** In heap order: the root at 1, below it 2 and 3, and so on. Owned here, filled as they are asked for. */
  readonly #inner: Uint8Array;
  /** 1 where `#inner` is filled. */
  readonly #isKnown: Uint8Array;

  /** Copies the hashes: what a database driver hands out may be a piece of a much larger buffer. */
  constructor(hashes: Uint8Array, firstOffset = 0) {
    if (hashes.length === 0 || hashes.length % HASH_BYTES !== 0) {
      throw new RangeError(`"hashes" expected whole hashes, got ${hashes.length} bytes`);
    }
    this.#hashes = Uint8Array.from(hashes);
    this.#firstOffset = firstOffset;
    this.#height = Math.ceil(Math.log2(this.width));
    this.#inner = new Uint8Array(2 ** this.#height * HASH_BYTES);
    this.#isKnown = new Uint8Array(2 ** this.#height);
  }

  /** All hashes, side by side. Not to be written to. */
  get bytes(): Uint8Array {
    return this.#hashes;
  }

  get width(): number {
    return this.#hashes.length / HASH_BYTES;
  }

  get sizeBytes(): number {
    return this.#hashes.length + this.#inner.length + this.#isKnown.length;
  }

  subtreeRoot(offset: number, count: number): Uint8Array {
    const height = Math.log2(count);
    if (!Number.isInteger(height) || height > MAX_HEIGHT || offset % count !== 0) {
      throw new RangeError(`no subtree has ${count} hashes from ${offset}`);
    }
    const begin = offset - this.#firstOffset;
    if (begin < 0 || begin + count > this.width) {
      throw new RangeError(`${this.width} hashes have no ${count} from ${begin}`);
    }
    return this.#node(height, begin / count);
  }

  #node(height: number, place: number): Uint8Array {
    if (height === 0) return hashAt(this.#hashes, place);
    const at = 2 ** (this.#height - height) + place;
    if (this.#isKnown[at] === 0) {
      const left = this.#node(height - 1, 2 * place);
      this.#inner.set(nodeHash(left, this.#node(height - 1, 2 * place + 1)), at * HASH_BYTES);
      this.#isKnown[at] = 1;
    }
    return hashAt(this.#inner, at);
  }
}

/** The stored upper nodes of a full tile. */
export class UpperNodes implements TilePiece {
  readonly #nodes: Uint8Array;

  /** Copies them. */
  constructor(nodes: Uint8Array) {
    if (nodes.length !== UPPER_NODES_BYTES) {
      throw new RangeError(`"nodes" expected ${UPPER_NODES_BYTES} bytes, got ${nodes.length}`);
    }
    this.#nodes = Uint8Array.from(nodes);
  }

  get sizeBytes(): number {
    return this.#nodes.length;
  }

  subtreeRoot(offset: number, count: number): Uint8Array {
    return findUpperNode(this.#nodes, offset, count);
  }
}

function hashAt(hashes: Uint8Array, place: number): Uint8Array {
  return hashes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
}
