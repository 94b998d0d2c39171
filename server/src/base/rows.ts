/** What comes out of PostgreSQL as text or joined bytes, read back with its checks. @module */

/** `bigint` columns arrive as text; beyond 2^53 a number would silently lose digits. */
export function integerFromRow(value: string | number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('integer column beyond 2^53');
  return number;
}

const HASH_SIZE = 32;

/** A `bytea` column of n × 32 bytes as n hashes. */
export function hashesFromRow(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length % HASH_SIZE !== 0) throw new RangeError('hash column with a partial hash');
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += HASH_SIZE) {
    hashes.push(bytes.subarray(at, at + HASH_SIZE));
  }
  return hashes;
}
