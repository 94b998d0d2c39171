/** SHA-512, each word as two halves, since the language has no operators on 64 bits. FIPS 180-4 sections 4.1.3, 5.1.2 and 6.4. @module */
import { bytesFromWords, choice, majority, paddedBlocks } from './sha2-blocks.ts';
import { halvesOf, ROUND_CONSTANTS, START_WORDS } from './sha2-constants.ts';

const BLOCK_BYTES = 128;
const ROUNDS = 80;

// Upper half, lower half, upper half …: word i stands at 2i and 2i + 1.
const K: Int32Array = /* @__PURE__ */ halvesOf(ROUND_CONSTANTS);
const START: Int32Array = /* @__PURE__ */ halvesOf(START_WORDS);

// Owned by this file. A call fills them from its arguments before it reads them, so nothing passes from call to call.
const state = new Int32Array(16);
const schedule = new Int32Array(2 * ROUNDS);
const registers = new Int32Array(16); // a to h

/** 64 bytes. */
export function sha512(message: Uint8Array): Uint8Array {
  const blocks = paddedBlocks(message, BLOCK_BYTES);
  state.set(START);
  for (let at = 0; at < blocks.byteLength; at += BLOCK_BYTES) compress(blocks, at);
  return bytesFromWords(state);
}

// 6.4.2, with its letters; h and l are the upper and the lower half of a word.
function compress(view: DataView, offset: number): void {
  const W = schedule;
  for (let i = 0; i < 32; i++) W[i] = view.getInt32(offset + 4 * i);
  for (let i = 32; i < W.length; i += 2) {
    const [h15, l15, h2, l2] = [at(W, i - 30), at(W, i - 29), at(W, i - 4), at(W, i - 3)];
    const sigma0 = turned(h15, l15, 1) ^ turned(h15, l15, 8);
    const sigma1 = turned(h2, l2, 19) ^ turned(l2, h2, 29);
    const low =
      (at(W, i - 13) >>> 0) +
      (at(W, i - 31) >>> 0) +
      ((turned(l15, h15, 1) ^ turned(l15, h15, 8) ^ turned(l15, h15, 7)) >>> 0) +
      ((turned(l2, h2, 19) ^ turned(h2, l2, 29) ^ turned(l2, h2, 6)) >>> 0);
    const high = at(W, i - 14) + at(W, i - 32) + (sigma0 ^ (h15 >>> 7)) + (sigma1 ^ (h2 >>> 6));
    W[i] = high + carryOf(low);
    W[i + 1] = low;
  }
  registers.set(state);
  for (let i = 0; i < W.length; i += 2) step(registers, i);
  for (let i = 0; i < state.length; i += 2) {
    addTo(state, i, at(registers, i), at(registers, i + 1));
  }
}

// Round i / 2. Register a stands at 0 and 1, e at 8 and 9, h at 14 and 15.
function step(r: Int32Array, i: number): void {
  const low1 =
    (at(r, 15) >>> 0) +
    (sum1(at(r, 9), at(r, 8)) >>> 0) +
    (choice(at(r, 9), at(r, 11), at(r, 13)) >>> 0) +
    (at(K, i + 1) >>> 0) +
    (at(schedule, i + 1) >>> 0);
  const high1 =
    at(r, 14) +
    sum1(at(r, 8), at(r, 9)) +
    choice(at(r, 8), at(r, 10), at(r, 12)) +
    at(K, i) +
    at(schedule, i) +
    carryOf(low1);
  const low2 = (sum0(at(r, 1), at(r, 0)) >>> 0) + (majority(at(r, 1), at(r, 3), at(r, 5)) >>> 0);
  const high2 = sum0(at(r, 0), at(r, 1)) + majority(at(r, 0), at(r, 2), at(r, 4)) + carryOf(low2);
  r.copyWithin(2, 0, 14); // h = g, g = f, … b = a
  addTo(r, 8, high1, low1);
  r[0] = high2;
  r[1] = low2;
  addTo(r, 0, high1, low1);
}

/**
 * The upper half of a word that is rotated right by less than 32 bits. With the halves exchanged it is the lower half,
 * and the upper one of a rotation by 32 more. The lower half of a shift is that of the rotation.
 */
function turned(h: number, l: number, bits: number): number {
  return (h >>> bits) | (l << (32 - bits));
}

// 4.1.3: the upper half of each sum; with the halves exchanged the lower one.
function sum0(h: number, l: number): number {
  return turned(h, l, 28) ^ turned(l, h, 2) ^ turned(l, h, 7);
}

function sum1(h: number, l: number): number {
  return turned(h, l, 14) ^ turned(h, l, 18) ^ turned(l, h, 9);
}

function addTo(words: Int32Array, i: number, high: number, low: number): void {
  const sum = (at(words, i + 1) >>> 0) + (low >>> 0);
  words[i] = at(words, i) + high + carryOf(sum);
  words[i + 1] = sum;
}

/** What a sum of lower halves, each taken without sign, carries into the upper one. */
function carryOf(sum: number): number {
  return Math.floor(sum / 2 ** 32);
}

function at(words: Int32Array, i: number): number {
  return words[i] as number;
}
