/** One tile in memory, with the nodes between its hashes and its root: each is joined once, when first asked for. @module */
import { nodeHash } from '@kapsel/verification';

const HASH_BYTES = 32;
const HEIGHT = 8; // 2^8 = 256 hashes

/**
 * A proof through a full tile needs 8 of its 255 inner nodes, which are made of nearly all 256 hashes. Kept, they make the
 * next proof through the tile a look-up, at the price of as many bytes again.
 */
export class TileNodes {
  readonly #hashes: Uint8Array;
  /** In heap order: the root at 1, below it 2 and 3, and so on. Owned here, filled as they are asked for. */
  readonly #inner: Uint8Array;
  /** 1 where `#inner` is filled. */
  readonly #isKnown = new Uint8Array(2 ** HEIGHT);

  /** Copies the hashes: what a database driver hands out may be a piece of a much larger buffer. */
  constructor(hashes: Uint8Array) {
    if (hashes.length === 0 || hashes.length % HASH_BYTES !== 0) {
      throw new RangeError(`"hashes" expected whole hashes, got ${hashes.length} bytes`);
    }
    this.#hashes = Uint8Array.from(hashes);
    this.#inner = new Uint8Array(2 ** HEIGHT * HASH_BYTES);
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

  /** The root over `count` hashes from `offset`: `count` is a power of two and `offset` a multiple of it. */
  subtreeRoot(offset: number, count: number): Uint8Array {
    const height = Math.log2(count);
    if (!Number.isInteger(height) || height > HEIGHT || offset % count !== 0) {
      throw new RangeError(`no subtree has ${count} hashes from ${offset}`);
    }
    if (offset < 0 || offset + count > this.width) {
      throw new RangeError(`a tile of width ${this.width} has no ${count} hashes from ${offset}`);
    }
    return this.#node(height, offset / count);
  }

  #node(height: number, place: number): Uint8Array {
    if (height === 0) return hashAt(this.#hashes, place);
    const at = 2 ** (HEIGHT - height) + place;
    if (this.#isKnown[at] === 0) {
      const left = this.#node(height - 1, 2 * place);
      this.#inner.set(nodeHash(left, this.#node(height - 1, 2 * place + 1)), at * HASH_BYTES);
      this.#isKnown[at] = 1;
    }
    return hashAt(this.#inner, at);
  }
}

function hashAt(hashes: Uint8Array, place: number): Uint8Array {
  return hashes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
}
