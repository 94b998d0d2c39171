/** Makes block headers with real work at an easy target, by other code than the verifier's. @module */
import { createHash, randomBytes } from 'node:crypto';
import type { ChainParameters } from '../../src/ots/chain.ts';

export const EASY_BITS = 0x207fffff;

/** A chain whose target never changes, without known blocks. */
export const LAB: ChainParameters = {
  name: 'lab',
  powLimitBits: EASY_BITS,
  retargets: false,
  pins: [],
};

export interface HeaderOptions {
  readonly previousHash?: Uint8Array;
  readonly merkleRoot?: Uint8Array;
  readonly time?: number;
  readonly bits?: number;
}

export function doubleSha256(bytes: Uint8Array): Buffer {
  const once = createHash('sha256').update(bytes).digest();
  return createHash('sha256').update(once).digest();
}

/** The hash of a header as explorers show it. */
export function shownHash(header: Uint8Array): string {
  return doubleSha256(header).reverse().toString('hex');
}

/** A header whose hash is below the easy target; two tries on average. */
export function mine(options: HeaderOptions = {}): Uint8Array {
  const header = Buffer.alloc(80);
  const { previousHash = new Uint8Array(32), merkleRoot = randomBytes(32) } = options;
  header.writeUInt32LE(0x20000000, 0);
  header.set(previousHash, 4);
  header.set(merkleRoot, 36);
  header.writeUInt32LE(options.time ?? 1_768_500_000, 68);
  header.writeUInt32LE(options.bits ?? EASY_BITS, 72);
  // The first digits of the number that a hash is are its last bytes; of an easy target they are the three of the bits.
  const bits = header.readUInt32LE(72);
  const limit = bits >>> 24 === 0x20 ? (bits & 0x7fffff) * 256 : 0x7fffff00;
  for (let nonce = 0; ; nonce++) {
    header.writeUInt32LE(nonce, 76);
    if (doubleSha256(header).readUInt32LE(28) < limit) return new Uint8Array(header);
  }
}

/** The same header with a nonce that does not reach even the easy target. */
export function withoutWork(header: Uint8Array): Uint8Array {
  const weak = Buffer.from(header);
  for (let nonce = 0; doubleSha256(weak).readUInt32LE(28) < 0x80000000; nonce++) {
    weak.writeUInt32LE(nonce, 76);
  }
  return new Uint8Array(weak);
}

/** Headers that each name the one before; `bitsOf` and `timeOf` say what stands in the one of an index. */
export function mineRun(
  count: number,
  {
    bitsOf = () => EASY_BITS,
    timeOf = (i) => 1_768_500_000 + 600 * i,
  }: { bitsOf?: (i: number) => number; timeOf?: (i: number) => number } = {},
): Uint8Array[] {
  const headers: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const before = headers.at(-1);
    const previousHash = before === undefined ? new Uint8Array(32) : doubleSha256(before);
    headers.push(mine({ previousHash, time: timeOf(i), bits: bitsOf(i) }));
  }
  return headers;
}

export function joined(headers: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(headers));
}
