/** SHA-256 of any bytes, and of the 65 bytes of a tree node: the hash that a path costs. FIPS 180-4 sections 5.1.1 and 6.2. @module */
import { bytesFromWords, choice, majority, paddedBlocks } from './sha2-blocks.ts';
import { ROUND_CONSTANTS, START_WORDS, upperHalvesOf } from './sha2-constants.ts';

// For a node, a general SHA-256 spends more on its state and padding than on the rounds: this takes 0.4 of the time of
// @noble/hashes 2.4.0 (docs/benchmarks.md). The answers are compared with node:crypto's in the tests.

const K: Int32Array = /* @__PURE__ */ upperHalvesOf(ROUND_CONSTANTS.slice(0, 64));
const START: Int32Array = /* @__PURE__ */ upperHalvesOf(START_WORDS);

const HASH_BYTES = 32;
const BLOCK_BYTES = 64;
const NODE_PREFIX = 0x01; // RFC 6962 2.1
const NODE_BYTES = 1 + 2 * HASH_BYTES;

// Owned by this file. A call fills them from its arguments before it reads them, so nothing passes from call to call.
// Int32Array and not Uint32Array: its words stay small integers in the engine (2x).
const nodeBlocks = /* @__PURE__ */ paddedBlocks(new Uint8Array(NODE_BYTES), BLOCK_BYTES);
const nodeBytes = /* @__PURE__ */ new Uint8Array(nodeBlocks.buffer);
const state = new Int32Array(8);
const schedule = new Int32Array(64);

/** 32 bytes. */
export function sha256OfBytes(bytes: Uint8Array): Uint8Array {
  const blocks = paddedBlocks(bytes, BLOCK_BYTES);
  state.set(START);
  for (let at = 0; at < blocks.byteLength; at += BLOCK_BYTES) compress(blocks, at);
  return bytesFromWords(state);
}

/** SHA-256(01 || left || right). Both must be 32 bytes: whoever calls has looked. */
export function sha256OfNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeBytes[0] = NODE_PREFIX;
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 1 + HASH_BYTES);
  state.set(START);
  compress(nodeBlocks, 0);
  compress(nodeBlocks, BLOCK_BYTES);
  return bytesFromWords(state);
}

// FIPS 180-4 6.2.2, with its letters.
function compress(view: DataView, offset: number): void {
  const W = schedule;
  for (let t = 0; t < 16; t++) W[t] = view.getInt32(offset + 4 * t);
  for (let t = 16; t < 64; t++) {
    const w15 = W[t - 15] as number;
    const w2 = W[t - 2] as number;
    const sigma0 = rotateRight(w15, 7) ^ rotateRight(w15, 18) ^ (w15 >>> 3);
    const sigma1 = rotateRight(w2, 17) ^ rotateRight(w2, 19) ^ (w2 >>> 10);
    W[t] = sigma1 + (W[t - 7] as number) + sigma0 + (W[t - 16] as number);
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let t = 0; t < 64; t++) {
    const sum1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
    const t1 = (h + sum1 + choice(e, f, g) + (K[t] as number) + (W[t] as number)) | 0;
    const sum0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
    const t2 = sum0 + majority(a, b, c);
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}

function rotateRight(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
