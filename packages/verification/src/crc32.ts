/** CRC-32, the checksum of zip and gzip: it finds damage, and proves nothing. RFC 1952 section 8. @module */

const POLYNOMIAL = 0xedb88320; // bit-reversed, as RFC 1952 writes it
const TABLE: Int32Array = /* @__PURE__ */ tableOfBytes();

/** The checksum of these bytes behind those that `before` is the checksum of. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) {
    crc = (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

function tableOfBytes(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
    return crc;
  });
}
