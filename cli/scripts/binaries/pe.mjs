// @ts-check
/** Takes the signature off a Windows executable: it holds for the bytes that were signed, and more are put in. @module */

const PE_SIGNATURE = 0x00004550; // "PE\0\0"
const OPTIONAL_HEADER = 24;
const DATA_DIRECTORIES = /** @type {Readonly<Record<number, number>>} */ ({ 523: 112, 267: 96 });
const CERTIFICATES = 4 * 8; // the fifth entry of eight bytes; unlike the others it holds a place in the file

/** @param {Uint8Array} file @returns {Buffer} */
export function withoutSignature(file) {
  const bytes = Buffer.from(file);
  const header = bytes.readUInt32LE(0x3c);
  if (bytes.readUInt32LE(header) !== PE_SIGNATURE) throw new Error('not a Windows executable');
  const optional = header + OPTIONAL_HEADER;
  const directories = DATA_DIRECTORIES[bytes.readUInt16LE(optional)];
  if (directories === undefined) throw new Error('a Windows executable of an unknown kind');
  const entry = optional + directories + CERTIFICATES;
  const offset = bytes.readUInt32LE(entry);
  const size = bytes.readUInt32LE(entry + 4);
  if (size === 0) return bytes;
  if (offset + size !== bytes.length) throw new Error('the signature does not end the file');
  bytes.writeBigUInt64LE(0n, entry);
  return bytes.subarray(0, offset);
}
