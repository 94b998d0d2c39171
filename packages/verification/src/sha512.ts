/** SHA-512, each word as two halves, since the language has no operators on 64 bits. FIPS 180-4 sections 4.1.3, 5.1.2 and 6.4. @module */
import { ROUND_CONSTANTS, START_WORDS } from './sha2-constants.ts';

const BLOCK_BYTES = 128;
const LENGTH_BYTES = 16; // 5.1.2: the length in bits closes the last block
const MESSAGE_END = 0x80; // 5.1.2: a one bit, then zeros
const ROUNDS = 80;

// Upper half, lower half, upper half …: word i stands at 2i and 2i + 1.
const K: Int32Array = /* @__PURE__ */ halves(ROUND_CONSTANTS);
const START: Int32Array = /* @__PURE__ */ halves(START_WORDS);

// Owned by this file. A call fills them from its arguments before it reads them, so nothing passes from call to call.
const state = new Int32Array(16);
const schedule = new Int32Array(2 * ROUNDS);
const registers = new Int32Array(16); // a to h

/** 64 bytes. */
export function sha512(message: Uint8Array): Uint8Array {
  const blocks = Math.ceil((message.length + 1 + LENGTH_BYTES) / BLOCK_BYTES);
  const padded = new Uint8Array(blocks * BLOCK_BYTES);
  padded.set(message);
  padded[message.length] = MESSAGE_END;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, 8n * BigInt(message.length));
  state.set(START);
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) compress(view, offset);
  const digest = new DataView(new ArrayBuffer(64));
  for (const [i, half] of state.entries()) digest.setInt32(4 * i, half);
  return new Uint8Array(digest.buffer);
}

// 6.4.2, with its letters.
function compress(view: DataView, offset: number): void {
  const W = schedule;
  for (let i = 0; i < 32; i++) W[i] = view.getInt32(offset + 4 * i);
  for (let i = 32; i < W.length; i += 2) {
    const [h15, l15] = [at(W, i - 30), at(W, i - 29)];
    const [h2, l2] = [at(W, i - 4), at(W, i - 3)];
    const low =
      (at(W, i - 13) >>> 0) +
      (at(W, i - 31) >>> 0) +
      ((upper(l15, h15, 1) ^ upper(l15, h15, 8) ^ upper(l15, h15, 7)) >>> 0) +
      ((upper(l2, h2, 19) ^ upper(h2, l2, 29) ^ upper(l2, h2, 6)) >>> 0);
    const sigma0 = upper(h15, l15, 1) ^ upper(h15, l15, 8) ^ (h15 >>> 7);
    const sigma1 = upper(h2, l2, 19) ^ upper(l2, h2, 29) ^ (h2 >>> 6);
    W[i] = at(W, i - 14) + at(W, i - 32) + sigma0 + sigma1 + carryOf(low);
    W[i + 1] = low;
  }
  registers.set(state);
  for (let i = 0; i < W.length; i += 2)
    step(registers, at(K, i), at(K, i + 1), at(W, i), at(W, i + 1));
  for (let i = 0; i < state.length; i += 2) {
    addTo(state, i, at(registers, i), at(registers, i + 1));
  }
}

function step(r: Int32Array, kHigh: number, kLow: number, wHigh: number, wLow: number): void {
  const [aHigh, aLow, bHigh, bLow, cHigh, cLow] = [
    at(r, 0),
    at(r, 1),
    at(r, 2),
    at(r, 3),
    at(r, 4),
    at(r, 5),
  ];
  const [eHigh, eLow, fHigh, fLow, gHigh, gLow] = [
    at(r, 8),
    at(r, 9),
    at(r, 10),
    at(r, 11),
    at(r, 12),
    at(r, 13),
  ];
  const low1 =
    (at(r, 15) >>> 0) +
    ((upper(eLow, eHigh, 14) ^ upper(eLow, eHigh, 18) ^ upper(eHigh, eLow, 9)) >>> 0) +
    (((eLow & fLow) ^ (~eLow & gLow)) >>> 0) +
    (kLow >>> 0) +
    (wLow >>> 0);
  const sum1 = upper(eHigh, eLow, 14) ^ upper(eHigh, eLow, 18) ^ upper(eLow, eHigh, 9);
  const choice = (eHigh & fHigh) ^ (~eHigh & gHigh);
  const high1 = (at(r, 14) + sum1 + choice + kHigh + wHigh + carryOf(low1)) | 0;
  const low2 =
    ((upper(aLow, aHigh, 28) ^ upper(aHigh, aLow, 2) ^ upper(aHigh, aLow, 7)) >>> 0) +
    (((aLow & bLow) ^ (aLow & cLow) ^ (bLow & cLow)) >>> 0);
  const sum0 = upper(aHigh, aLow, 28) ^ upper(aLow, aHigh, 2) ^ upper(aLow, aHigh, 7);
  const majority = (aHigh & bHigh) ^ (aHigh & cHigh) ^ (bHigh & cHigh);
  r.copyWithin(2, 0, 14); // h = g, g = f, … b = a
  addTo(r, 8, high1, low1 | 0);
  r[0] = sum0 + majority + carryOf(low2);
  r[1] = low2;
  addTo(r, 0, high1, low1 | 0);
}

/**
 * The upper half of a word that is rotated right by less than 32 bits. With the halves exchanged it is the lower half,
 * and the upper one of a rotation by 32 more. The lower half of a shift is that of the rotation.
 */
function upper(high: number, low: number, bits: number): number {
  return (high >>> bits) | (low << (32 - bits));
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

function halves(words: readonly bigint[]): Int32Array {
  const both = words.flatMap((word) => [word >> 32n, word]);
  return Int32Array.from(both, (half) => Number(BigInt.asIntN(32, half)));
}
