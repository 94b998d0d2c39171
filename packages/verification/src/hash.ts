/** Leaf and node hashes of the tree: the only SHA-256 over tree data. RFC 6962 section 2.1. @module */
import { sha256 as sha256OfNoble } from '@noble/hashes/sha2.js';

/** Length of every hash in this package, in bytes. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00; // RFC 6962 2.1
const NODE_PREFIX = 0x01; // RFC 6962 2.1: another prefix than a leaf, so that no leaf passes as a node

/**
 * @example hexFromBytes(sha256(utf8FromString('abc'))) // 'ba7816bf…'
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  return sha256OfNoble(bytes);
}

/**
 * SHA-256(00 || leaf data).
 * @example leafHash(utf8FromString(proofPackage.leafData))
 */
export function leafHash(leafData: Uint8Array): Uint8Array {
  const preimage = new Uint8Array(1 + leafData.length);
  preimage[0] = LEAF_PREFIX;
  preimage.set(leafData, 1);
  return sha256OfNoble(preimage);
}

/**
 * SHA-256(01 || left || right). Order matters: the pair is never sorted.
 * @example nodeHash(leafHash(a), leafHash(b)) // the root of a tree of two leaves
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  assertHash(left, 'left');
  assertHash(right, 'right');
  const preimage = new Uint8Array(1 + 2 * HASH_BYTES);
  preimage[0] = NODE_PREFIX;
  preimage.set(left, 1);
  preimage.set(right, 1 + HASH_BYTES);
  return sha256OfNoble(preimage);
}

/**
 * The root of a tree without leaves: SHA-256 of nothing.
 * @example hexFromBytes(emptyRoot()) // 'e3b0c442…'
 */
export function emptyRoot(): Uint8Array {
  return sha256OfNoble(new Uint8Array(0));
}

function assertHash(hash: Uint8Array, name: string): void {
  if (hash.length !== HASH_BYTES) {
    throw new TypeError(`"${name}" expected ${HASH_BYTES} bytes, got ${hash.length}`);
  }
}
