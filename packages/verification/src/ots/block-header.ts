/** Bitcoin block headers: 80 bytes that carry their own proof of work. Nothing here says which chain they belong to. @module */
import { hexFromBytes, reversedBytes } from '../bytes.ts';
import { VerificationError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import type { Rule } from '../rule-words.ts';

// 0 version · 4 hash of the header before · 36 Merkle root · 68 time · 72 bits · 76 nonce; numbers little-endian
export const HEADER_BYTES = 80;
const PREVIOUS_AT = 4;
export const ROOT_AT = 36;
const TIME_AT = 68;
const BITS_AT = 72;

/** A header with its work checked. Hashes are in the order of the header's bytes; explorers show them reversed. */
export interface BlockHeader extends HeaderFields {
  readonly hash: Uint8Array;
}

/** What stands in a header. */
export interface HeaderFields {
  readonly previousHash: Uint8Array;
  readonly merkleRoot: Uint8Array;
  /** Unix seconds, as the miner's clock had it: it can be wrong by hours. */
  readonly time: number;
  /** The target in its compact form. */
  readonly bits: number;
}

/**
 * Reads a header and its proof of work: its hash is not above the target that it states, and that target is not easier
 * than the chain allows. Throws `E_ANCHOR_MISMATCH`.
 * @example parseBlockHeader(bytesFromHex(text), bitcoinMainnet().powLimitBits).merkleRoot
 */
export function parseBlockHeader(bytes: Uint8Array, powLimitBits: number): BlockHeader {
  if (bytes.length !== HEADER_BYTES) {
    const values = { expected: `${HEADER_BYTES}`, actual: `${bytes.length}` };
    throw refusedHeader('header-bytes', values);
  }
  const fields = headerFields(bytes);
  const target = targetOfBits(fields.bits);
  if (target === null || target > (targetOfBits(powLimitBits) ?? 0n)) {
    throw refusedHeader('header-target', { actual: fields.bits.toString(16).padStart(8, '0') });
  }
  const hash = sha256(sha256(bytes));
  if (numberOfHash(hash) > target) {
    throw refusedHeader('header-work', { actual: displayHash(hash) });
  }
  return { hash, ...fields };
}

/** The members of a header of 80 bytes; nothing is checked. */
export function headerFields(bytes: Uint8Array): HeaderFields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    previousHash: new Uint8Array(bytes.subarray(PREVIOUS_AT, ROOT_AT)),
    merkleRoot: new Uint8Array(bytes.subarray(ROOT_AT, TIME_AT)),
    time: view.getUint32(TIME_AT, true),
    bits: view.getUint32(BITS_AT, true),
  };
}

/**
 * A hash or Merkle root as explorers and nodes show it: the bytes reversed, in hex.
 * @example displayHash(header.hash) // '000000000000000003e8…'
 */
export function displayHash(hash: Uint8Array): string {
  return hexFromBytes(reversedBytes(hash));
}

/** The target of compact bits: three digits to the base 256 and an exponent. Null where they are none. */
export function targetOfBits(bits: number): bigint | null {
  const exponent = bits >>> 24;
  const isNegative = (bits & 0x800000) !== 0;
  const mantissa = BigInt(bits & 0x7fffff);
  const shift = BigInt(8 * (exponent - 3));
  const target = shift < 0n ? mantissa >> -shift : mantissa << shift;
  return isNegative || target === 0n || target >= 1n << 256n ? null : target;
}

/** The compact bits of a target, rounded down, as the chain does. */
export function bitsOfTarget(target: bigint): number {
  let exponent = Math.ceil(target.toString(16).length / 2);
  const shift = BigInt(8 * (exponent - 3));
  let mantissa = Number(shift < 0n ? target << -shift : target >> shift);
  if (mantissa >= 0x800000) {
    // The highest bit would be the sign.
    mantissa >>= 8;
    exponent += 1;
  }
  return exponent * 2 ** 24 + mantissa;
}

/** The refusal of a header, or of a run of them. */
export function refusedHeader(
  rule: Rule,
  values: { readonly expected?: string; readonly actual?: string } = {},
): VerificationError {
  return new VerificationError('E_ANCHOR_MISMATCH', { rule, ...values });
}

function numberOfHash(hash: Uint8Array): bigint {
  return BigInt(`0x${displayHash(hash)}`);
}
