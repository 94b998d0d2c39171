/** Names a complete node of the tree and the nodes around it. RFC 6962 section 2.1. @module */

/**
 * A node whose subtree is full: level 0 is a leaf, level l covers 2^l leaves. Only full nodes have
 * a name, as they never change again; what hangs ragged on the right edge is folded when needed.
 *
 * ```
 * level 2          0
 *               /     \
 * level 1      0       1       2
 *             / \     / \     / \
 * level 0    0   1   2   3   4   5   6      <- index; here size 7
 * ```
 *
 * Numbers go up to 2^53 - 1, so nothing here may use a 32-bit operator.
 */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

export const HASH_BYTES = 32; // SHA-256

/** The node above. */
export function parentOf(node: NodeId): NodeId {
  return { level: node.level + 1, index: Math.floor(node.index / 2) };
}

/** Whether a node's left neighbour has the same parent. */
export function isRightChild(node: NodeId): boolean {
  return node.index % 2 === 1;
}

/** Throws unless `size` is a number of leaves that arithmetic on doubles keeps exact. */
export function assertSize(name: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RangeError(`"${name}" expected an integer from 0 to 2^53-1, got ${size}`);
  }
}

/** Throws unless `hash` is one SHA-256 hash. */
export function assertHash(name: string, hash: Uint8Array): void {
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES) {
    throw new TypeError(`"${name}" expected ${HASH_BYTES} bytes, got ${hash?.length}`);
  }
}
