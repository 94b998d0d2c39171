/** Leaf and node hashes of the tree: the only SHA-256 over tree data. RFC 6962 section 2.1. @module */
import { concatBytes } from './bytes.ts';
import { sha256OfBytes, sha256OfNode } from './sha256.ts';

/** Length of every hash in this package, in bytes. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00; // RFC 6962 2.1: a node has 01, so that no leaf passes as a node

/**
 * SHA-256 of the bytes as they are, without a prefix: 32 bytes. FIPS 180-4.
 * @example hexFromBytes(sha256(utf8FromString('abc'))) // 'ba7816bf…'
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  return sha256OfBytes(bytes);
}

/**
 * SHA-256(00 || leaf data).
 * @example leafHash(utf8FromString(proofPackage.leafData))
 */
export function leafHash(leafData: Uint8Array): Uint8Array {
  return sha256OfBytes(concatBytes(Uint8Array.of(LEAF_PREFIX), leafData));
}

/**
 * SHA-256(01 || left || right). Order matters: the pair is never sorted.
 * @example nodeHash(leafHash(a), leafHash(b)) // the root of a tree of two leaves
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  assertHash(left, 'left');
  assertHash(right, 'right');
  return sha256OfNode(left, right);
}

/**
 * The root of a tree without leaves: SHA-256 of nothing.
 * @example hexFromBytes(emptyRoot()) // 'e3b0c442…'
 */
export function emptyRoot(): Uint8Array {
  return sha256OfBytes(new Uint8Array(0));
}

function assertHash(hash: Uint8Array, name: string): void {
  if (hash.length !== HASH_BYTES) {
    throw new TypeError(`"${name}" expected ${HASH_BYTES} bytes, got ${hash.length}`);
  }
}
