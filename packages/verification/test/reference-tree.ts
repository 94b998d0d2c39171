/** The slow, obvious tree of RFC 6962 section 2.1 on node:crypto: the definition that the fast code is compared with. @module */
import { createHash } from 'node:crypto';

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function referenceLeafHash(data: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0), data);
}

export function referenceNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), left, right);
}

function splitOf(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

/** MTH of leaf hashes, section 2.1. */
export function referenceRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const n = leaves.length;
  if (n === 0) return sha256();
  if (n === 1) return leaves[0] as Uint8Array;
  const k = splitOf(n);
  return referenceNodeHash(referenceRoot(leaves.slice(0, k)), referenceRoot(leaves.slice(k)));
}

/** PATH, section 2.1.1. */
export function referencePath(m: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] {
  const n = leaves.length;
  if (n === 1) return [];
  const k = splitOf(n);
  return m < k
    ? [...referencePath(m, leaves.slice(0, k)), referenceRoot(leaves.slice(k))]
    : [...referencePath(m - k, leaves.slice(k)), referenceRoot(leaves.slice(0, k))];
}

/** PROOF, section 2.1.2. */
export function referenceConsistency(
  m: number,
  leaves: readonly Uint8Array[],
): readonly Uint8Array[] {
  return subproof(m, leaves, true);
}

function subproof(
  m: number,
  leaves: readonly Uint8Array[],
  isWhole: boolean,
): readonly Uint8Array[] {
  const n = leaves.length;
  if (m === n) return isWhole ? [] : [referenceRoot(leaves)];
  const k = splitOf(n);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), isWhole), referenceRoot(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), referenceRoot(leaves.slice(0, k))];
}

/** Leaf hashes that all differ. */
export function numberedLeaves(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    referenceLeafHash(Uint8Array.of(i & 255, (i >> 8) & 255, 0x6b + (i >> 16))),
  );
}

/**
 * A tree of up to 2^63-1 leaves of two kinds: those before `boundary` and those from it on. Subtrees of one kind are
 * remembered by their size, so the recursion of the RFC stays short however many leaves there are.
 */
export class HugeTree {
  readonly #boundary: bigint;
  readonly #unique: bigint;
  readonly #uniform = new Map<string, Uint8Array>();

  /** The leaf `unique`, if given, is like no other. */
  constructor(boundary: bigint, unique = -1n) {
    this.#boundary = boundary;
    this.#unique = unique;
  }

  leaf(index: bigint): Uint8Array {
    return this.#range(index, 1n);
  }

  root(size: bigint): Uint8Array {
    return this.#range(0n, size);
  }

  /** The bytes of the tile `index` of level `level`, `width` hashes wide: MTH over each 256^level leaves. */
  tile(level: number, index: bigint, width: number): Uint8Array {
    const span = 256n ** BigInt(level);
    const first = index * 256n;
    return joined(width, (i) => this.#range((first + BigInt(i)) * span, span));
  }

  path(index: bigint, size: bigint): readonly Uint8Array[] {
    return this.#path(index, 0n, size);
  }

  consistency(m: bigint, n: bigint): readonly Uint8Array[] {
    return this.#subproof(m, 0n, n, true);
  }

  #range(start: bigint, size: bigint): Uint8Array {
    const isBefore = start + size <= this.#boundary;
    const hasUnique = start <= this.#unique && this.#unique < start + size;
    const isUniform = (isBefore || start >= this.#boundary) && !hasUnique;
    const key = `${isBefore}/${size}`;
    const known = isUniform ? this.#uniform.get(key) : undefined;
    if (known !== undefined) return known;
    const hash =
      size === 1n
        ? referenceLeafHash(Uint8Array.of(hasUnique ? 3 : isBefore ? 1 : 2))
        : referenceNodeHash(
            this.#range(start, bigSplit(size)),
            this.#range(start + bigSplit(size), size - bigSplit(size)),
          );
    if (isUniform) this.#uniform.set(key, hash);
    return hash;
  }

  #path(index: bigint, start: bigint, size: bigint): readonly Uint8Array[] {
    if (size === 1n) return [];
    const k = bigSplit(size);
    return index < k
      ? [...this.#path(index, start, k), this.#range(start + k, size - k)]
      : [...this.#path(index - k, start + k, size - k), this.#range(start, k)];
  }

  #subproof(m: bigint, start: bigint, n: bigint, isWhole: boolean): readonly Uint8Array[] {
    if (m === n) return isWhole ? [] : [this.#range(start, n)];
    const k = bigSplit(n);
    return m <= k
      ? [...this.#subproof(m, start, k, isWhole), this.#range(start + k, n - k)]
      : [...this.#subproof(m - k, start + k, n - k, false), this.#range(start, k)];
  }
}

/** The same recursion over given leaves, each subtree computed once: quick enough to prove every leaf of a large tree. */
export class MemoTree {
  readonly #leaves: readonly Uint8Array[];
  readonly #known = new Map<string, Uint8Array>();

  constructor(leaves: readonly Uint8Array[]) {
    this.#leaves = leaves;
  }

  root(size: number): Uint8Array {
    return size === 0 ? referenceRoot([]) : this.#range(0, size);
  }

  path(index: number, size: number): readonly Uint8Array[] {
    return this.#path(index, 0, size);
  }

  consistency(m: number, n: number): readonly Uint8Array[] {
    return this.#subproof(m, 0, n, true);
  }

  tile(level: number, index: bigint, width: number): Uint8Array {
    const span = 256 ** level;
    const first = Number(index) * 256;
    return joined(width, (i) => this.#range((first + i) * span, span));
  }

  #range(start: number, size: number): Uint8Array {
    if (size === 1) return this.#leaves[start] as Uint8Array;
    const key = `${start}/${size}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const k = splitOf(size);
    const hash = referenceNodeHash(this.#range(start, k), this.#range(start + k, size - k));
    this.#known.set(key, hash);
    return hash;
  }

  #path(index: number, start: number, size: number): readonly Uint8Array[] {
    if (size === 1) return [];
    const k = splitOf(size);
    return index < k
      ? [...this.#path(index, start, k), this.#range(start + k, size - k)]
      : [...this.#path(index - k, start + k, size - k), this.#range(start, k)];
  }

  #subproof(m: number, start: number, n: number, isWhole: boolean): readonly Uint8Array[] {
    if (m === n) return isWhole ? [] : [this.#range(start, n)];
    const k = splitOf(n);
    return m <= k
      ? [...this.#subproof(m, start, k, isWhole), this.#range(start + k, n - k)]
      : [...this.#subproof(m - k, start + k, n - k, false), this.#range(start, k)];
  }
}

function joined(count: number, hashAt: (i: number) => Uint8Array): Uint8Array {
  const bytes = new Uint8Array(32 * count);
  for (let i = 0; i < count; i++) bytes.set(hashAt(i), 32 * i);
  return bytes;
}

function bigSplit(n: bigint): bigint {
  let k = 1n;
  while (2n * k < n) k *= 2n;
  return k;
}
