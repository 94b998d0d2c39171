/** What SHA-256 and SHA-512 do alike: padding, two functions of their rounds, words as bytes. FIPS 180-4 sections 4.1 and 5.1. @module */

const MESSAGE_END = 0x80; // 5.1: a one bit, then zeros

/** The message in whole blocks. The last eighth of the last one holds the length in bits. */
export function paddedBlocks(message: Uint8Array, blockBytes: number): DataView {
  const needed = message.length + 1 + blockBytes / 8;
  const padded = new Uint8Array(Math.ceil(needed / blockBytes) * blockBytes);
  padded.set(message);
  padded[message.length] = MESSAGE_END;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, 8n * BigInt(message.length));
  return view;
}

/** Each bit of x chooses: that of y, or that of z. 4.1 */
export function choice(x: number, y: number, z: number): number {
  return (x & y) ^ (~x & z);
}

/** Each bit is the one that at least two have. 4.1 */
export function majority(x: number, y: number, z: number): number {
  return (x & y) ^ (x & z) ^ (y & z);
}

/** The bytes of words of 32 bits, big-endian. */
export function bytesFromWords(words: Int32Array): Uint8Array {
  const bytes = new Uint8Array(words.byteLength);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (words[i >> 2] as number) >> (24 - 8 * (i & 3));
  }
  return bytes;
}
