/** Sizes and indexes of trees as bigint: JavaScript's bit operators cut to 32 bits, its numbers lose integers above 2^53. @module */
import { VerificationError } from './errors.ts';
import { HASH_BYTES } from './hash.ts';

/** The largest tree: sizes are signed 64-bit integers elsewhere. C2SP tlog-checkpoint. */
export const MAX_TREE_SIZE: bigint = 2n ** 63n - 1n;

/** A size or index as a bigint. A number that is no safe integer has already lost its value and is refused. */
export function treeNumber(value: bigint | number, field: string): bigint {
  if (typeof value === 'bigint') return value;
  if (!Number.isSafeInteger(value)) {
    throw new VerificationError('E_INDEX_RANGE', {
      field,
      expected: 'an integer below 2^53, or a bigint',
      actual: String(value),
    });
  }
  return BigInt(value);
}

/** How many bits the number needs; 0 for 0. */
export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** How many of its bits are set. */
export function countOnes(value: bigint): number {
  let ones = 0;
  for (let rest = value; rest > 0n; rest &= rest - 1n) ones++;
  return ones;
}

/** How many zero bits stand below the lowest set one. The number must not be 0. */
export function trailingZeros(value: bigint): number {
  return bitLength(value & -value) - 1;
}

/** Refuses a hash that is not exactly 32 bytes. */
export function assertHashLength(hash: Uint8Array, field: string): void {
  if (hash.length !== HASH_BYTES) {
    throw new VerificationError('E_FIELD', {
      field,
      expected: `${HASH_BYTES} bytes`,
      actual: `${hash.length} bytes`,
    });
  }
}

/** Refuses a list of hashes of which one is not exactly 32 bytes; that one is named. */
export function assertHashLengths(hashes: readonly Uint8Array[], field: string): void {
  const wrong = hashes.findIndex((hash) => hash.length !== HASH_BYTES);
  if (wrong !== -1) assertHashLength(hashes[wrong] as Uint8Array, `${field}[${wrong}]`);
}
