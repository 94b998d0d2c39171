// @ts-check
/** Who verifies inclusion proofs in the `verify` bench: ours, the raw hashing, and each peer with each SHA-256. @module */
import * as crypto from 'node:crypto';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { loadPeer } from './peers.mjs';

/**
 * @typedef {import('./rounds.mjs').Contestant} Contestant
 * @typedef {{ contestants: Contestant[], hashesPerProof: number }} Entry
 * @typedef {{ name: string, digest: (data: Uint8Array) => Uint8Array }} Sha256
 */

const NODE_BYTES = 65; // RFC 6962: 01, left, right

/** Leaf `i` is the hash of its number: the same leaves for all. @param {number} count */
export function leafHashes(count) {
  return Array.from({ length: count }, (_, i) =>
    crypto.createHash('sha256').update(`leaf ${i}`).digest(),
  );
}

/** Spread over the whole tree, the same for all. @param {number} count @param {number} size */
export function sampledIndexes(count, size) {
  return Array.from({ length: count }, (_, k) => (k * 618_033) % size); // about the golden ratio of a million: spread evenly
}

/**
 * Ours, and the ceiling: as many SHA-256 calls over 65 bytes as our proofs need, and nothing else.
 * @param {typeof import('@kapsel/verification')} core
 * @param {typeof import('@kapsel/tree')} tree
 * @param {readonly Uint8Array[]} leaves
 * @param {readonly number[]} indexes
 * @returns {Entry}
 */
export function ours({ verifyInclusion }, { MemoryTree }, leaves, indexes) {
  const memory = new MemoryTree();
  for (const leaf of leaves) memory.append(new Uint8Array(leaf));
  const size = memory.size;
  const root = memory.root();
  const proofs = indexes.map((index) => ({
    index,
    leafHash: new Uint8Array(/** @type {Uint8Array} */ (leaves[index])),
    path: memory.proveInclusion(index),
  }));
  const messages = proofs.flatMap(({ path }) =>
    path.map((hash) => Uint8Array.from({ length: NODE_BYTES }, (_, i) => hash[i % 32] ?? 0)),
  );
  return {
    hashesPerProof: messages.length / proofs.length,
    contestants: [
      {
        name: 'raw',
        unitsPerCall: proofs.length,
        call: () => {
          for (const message of messages) nobleSha256(message);
        },
      },
      {
        name: 'ours',
        unitsPerCall: proofs.length,
        call: () => {
          for (const { leafHash, index, path } of proofs) {
            verifyInclusion(leafHash, index, size, path, root); // throws unless it holds
          }
        },
      },
    ],
  };
}

/** What a user of Node may plug into the peers. `crypto.hash` came with Node 20.12. @returns {Sha256[]} */
function pluggableSha256() {
  const oneShot = /** @type {any} */ (crypto).hash;
  return [
    { name: 'createHash', digest: (data) => crypto.createHash('sha256').update(data).digest() },
    // A plain view: noble's code shall not meet Buffers here, or it would be slower for the ceiling too.
    {
      name: 'noble',
      digest: (data) => nobleSha256(new Uint8Array(data.buffer, data.byteOffset, data.length)),
    },
    ...(oneShot === undefined
      ? []
      : [
          {
            name: 'crypto.hash',
            digest: (/** @type {Uint8Array} */ data) => oneShot('sha256', data, 'buffer'),
          },
        ]),
  ];
}

/**
 * merkletreejs: positional proofs over Buffers, the tree without options (`sortPairs` would add a comparison).
 * @param {readonly Buffer[]} leaves
 * @param {readonly number[]} indexes
 * @returns {Entry}
 */
export function merkletreejs(leaves, indexes) {
  const { MerkleTree } = loadPeer('merkletreejs');
  const variants = pluggableSha256();
  const built = new MerkleTree([...leaves], variants.at(-1)?.digest);
  const root = built.getRoot();
  const proofs = indexes.map((index) => ({
    leaf: leaves[index],
    path: built.getProof(leaves[index], index),
  }));
  return {
    hashesPerProof: meanLength(proofs),
    contestants: variants.map(({ name, digest }) => {
      // An instance, not the static method: that one makes a tree for every proof.
      const verifier = new MerkleTree([], digest);
      return {
        name: `merkletreejs ${name}`,
        unitsPerCall: proofs.length,
        call: () => {
          for (const { leaf, path } of proofs) assertHolds(verifier.verify(path, leaf, root));
        },
      };
    }),
  };
}

/**
 * OpenZeppelin's SimpleMerkleTree: its proofs are hex strings and carry no sides, so the node hash orders its pair.
 * Its own node hash is Keccak-256; the SHA-256 is plugged in through the `nodeHash` option.
 * @param {readonly Buffer[]} leaves
 * @param {readonly number[]} indexes
 * @returns {Entry}
 */
export function openZeppelin(leaves, indexes) {
  const { SimpleMerkleTree } = loadPeer('@openzeppelin/merkle-tree');
  const variants = pluggableSha256().map(({ name, digest }) => ({
    name,
    nodeHash: (/** @type {string} */ a, /** @type {string} */ b) =>
      hexOf(digest(Buffer.from(a < b ? a.slice(2) + b.slice(2) : b.slice(2) + a.slice(2), 'hex'))),
  }));
  const nodeHash = variants.at(-1)?.nodeHash;
  const built = SimpleMerkleTree.of(leaves.map(hexOf), { nodeHash, sortLeaves: false });
  const proofs = indexes.map((index) => ({
    leaf: hexOf(/** @type {Buffer} */ (leaves[index])),
    path: built.getProof(index),
  }));
  return {
    hashesPerProof: meanLength(proofs),
    contestants: variants.map((variant) => ({
      name: `@openzeppelin/merkle-tree ${variant.name}`,
      unitsPerCall: proofs.length,
      call: () => {
        for (const { leaf, path } of proofs) {
          assertHolds(SimpleMerkleTree.verify(built.root, leaf, path, variant.nodeHash));
        }
      },
    })),
  };
}

/** @param {Uint8Array} hash */
function hexOf(hash) {
  return `0x${Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex')}`;
}

/** @param {readonly { path: readonly unknown[] }[]} proofs */
function meanLength(proofs) {
  return proofs.reduce((sum, { path }) => sum + path.length, 0) / proofs.length;
}

/** @param {boolean} holds */
function assertHolds(holds) {
  if (!holds) throw new Error('a peer refused its own proof');
}
