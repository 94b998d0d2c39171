// @ts-check
/**
 * Signs thin 64-bit Mach-O files ad hoc, as Macs with Apple's processors want it of all code they run. Load commands are
 * little endian; the signature is big endian throughout. Apple's `cs_blobs.h` and `loader.h` name the numbers.
 *
 *     file:  header, load commands | __TEXT … | __LINKEDIT …, signature
 *     signature (SuperBlob):  magic, length, 1 | type 0, offset 20 | CodeDirectory: fields, identifier, page hashes
 *
 * @module
 */
import { createHash } from 'node:crypto';

const MAGIC_64 = 0xfeedfacf;
const CPU_ARM64 = 0x0100000c;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const HEADER_BYTES = 32;
const SIGNATURE_COMMAND_BYTES = 16;
const PAGE_BYTES = 4096;
const HASH_BYTES = 32;
const SUPER_BLOB = 0xfade0cc0;
const SUPER_BLOB_BYTES = 20;
const CODE_DIRECTORY = 0xfade0c02;
const CODE_DIRECTORY_BYTES = 88;
const CODE_DIRECTORY_VERSION = 0x20400;
// Not 0x10000, the hardened runtime: without entitlements it would forbid the compiler of V8.
const FLAG_AD_HOC = 0x2;
const HASH_SHA256 = 2;
const MAIN_BINARY = 1n;

/**
 * @typedef {{ at: number, fileOffset: number, fileSize: number }} Segment
 * @typedef {{ text: Segment, linkEdit: Segment, signature: { at: number, dataOffset: number } | null, commandsEnd: number, firstSection: number }} Layout
 */

/** The file with a signature over all of it; one that was there is replaced. Signing twice gives the same bytes. @param {Uint8Array} file @param {string} identifier */
export function signAdHoc(file, identifier) {
  const layout = readLayout(Buffer.from(file));
  const end = layout.signature?.dataOffset ?? layout.linkEdit.fileOffset + layout.linkEdit.fileSize;
  if (layout.signature === null && end !== file.length) {
    throw new Error('__LINKEDIT does not end where the file ends');
  }
  const codeLimit = roundUp(end, 16);
  const name = Buffer.from(`${identifier}\0`);
  const pages = Math.ceil(codeLimit / PAGE_BYTES);
  const blobBytes = SUPER_BLOB_BYTES + CODE_DIRECTORY_BYTES + name.length + HASH_BYTES * pages;
  const dataBytes = roundUp(blobBytes, 16);
  const signed = Buffer.alloc(codeLimit + dataBytes);
  signed.set(file.subarray(0, end));
  // The first page is hashed, too, so all that is written there is written first.
  writeCommand(signed, layout, codeLimit, dataBytes);
  writeLinkEdit(signed, layout, codeLimit + dataBytes);
  signed.set(superBlob(signed.subarray(0, codeLimit), layout.text, name, blobBytes), codeLimit);
  return signed;
}

/** @param {Buffer} file @returns {Layout} */
function readLayout(file) {
  if (file.length < HEADER_BYTES || file.readUInt32LE(0) !== MAGIC_64) {
    throw new Error('not a thin 64-bit Mach-O file');
  }
  const commandsEnd = HEADER_BYTES + file.readUInt32LE(20);
  /** @type {Record<string, Segment>} */
  const segments = {};
  /** @type {Layout['signature']} */
  let signature = null;
  let firstSection = file.length;
  let at = HEADER_BYTES;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    const size = at + 8 <= commandsEnd ? file.readUInt32LE(at + 4) : 0;
    if (size < 8 || at + size > commandsEnd) throw new Error('load commands go beyond their place');
    const kind = file.readUInt32LE(at);
    if (kind === LC_CODE_SIGNATURE) signature = { at, dataOffset: file.readUInt32LE(at + 8) };
    if (kind === LC_SEGMENT_64) {
      const name = file.toString('latin1', at + 8, at + 24).replace(/\0.*$/s, '');
      segments[name] = {
        at,
        fileOffset: readSize(file, at + 40),
        fileSize: readSize(file, at + 48),
      };
      firstSection = Math.min(firstSection, ...sectionOffsets(file, at, size));
    }
    at += size;
  }
  const { __TEXT: text, __LINKEDIT: linkEdit } = segments;
  if (text === undefined || linkEdit === undefined) throw new Error('no __TEXT or no __LINKEDIT');
  return { text, linkEdit, signature, commandsEnd: at, firstSection };
}

/** @param {Buffer} file @param {number} at @param {number} size */
function sectionOffsets(file, at, size) {
  const count = file.readUInt32LE(at + 64);
  if (72 + 80 * count > size) throw new Error('sections go beyond their segment');
  return Array.from({ length: count }, (_, i) => file.readUInt32LE(at + 72 + 80 * i + 48)).filter(
    (offset) => offset > 0,
  );
}

/** The command that says where the signature is: the old one, or a new one where there is room. @param {Buffer} file @param {Layout} layout @param {number} dataOffset @param {number} dataBytes */
function writeCommand(file, { signature, commandsEnd, firstSection }, dataOffset, dataBytes) {
  const at = signature?.at ?? commandsEnd;
  if (signature === null) {
    const room = file.subarray(at, at + SIGNATURE_COMMAND_BYTES);
    if (at + SIGNATURE_COMMAND_BYTES > firstSection || room.some((byte) => byte !== 0)) {
      throw new Error('no room for the command of a signature');
    }
    file.writeUInt32LE(file.readUInt32LE(16) + 1, 16);
    file.writeUInt32LE(file.readUInt32LE(20) + SIGNATURE_COMMAND_BYTES, 20);
    file.writeUInt32LE(LC_CODE_SIGNATURE, at);
    file.writeUInt32LE(SIGNATURE_COMMAND_BYTES, at + 4);
  }
  file.writeUInt32LE(dataOffset, at + 8);
  file.writeUInt32LE(dataBytes, at + 12);
}

/** The segment that holds the signature ends with the file. @param {Buffer} file @param {Layout} layout @param {number} fileEnd */
function writeLinkEdit(file, { linkEdit }, fileEnd) {
  const size = fileEnd - linkEdit.fileOffset;
  const memoryPage = file.readUInt32LE(4) === CPU_ARM64 ? 0x4000 : 0x1000;
  file.writeBigUInt64LE(BigInt(roundUp(size, memoryPage)), linkEdit.at + 32);
  file.writeBigUInt64LE(BigInt(size), linkEdit.at + 48);
}

/** @param {Buffer} code @param {Segment} text @param {Buffer} name @param {number} blobBytes */
function superBlob(code, text, name, blobBytes) {
  const hashes = [];
  for (let at = 0; at < code.length; at += PAGE_BYTES) {
    hashes.push(
      createHash('sha256')
        .update(code.subarray(at, at + PAGE_BYTES))
        .digest(),
    );
  }
  const directory = Buffer.alloc(CODE_DIRECTORY_BYTES);
  const words = [
    CODE_DIRECTORY,
    blobBytes - SUPER_BLOB_BYTES,
    CODE_DIRECTORY_VERSION,
    FLAG_AD_HOC,
    CODE_DIRECTORY_BYTES + name.length, // where the hashes begin
    CODE_DIRECTORY_BYTES, // where the identifier stands
    0, // special slots
    hashes.length,
    code.length,
  ];
  for (const [i, word] of words.entries()) directory.writeUInt32BE(word, 4 * i);
  // Four bytes: size and kind of a hash, platform, the page size as a power of two. Four empty words follow.
  directory.set([HASH_BYTES, HASH_SHA256, 0, Math.log2(PAGE_BYTES)], 36);
  const longs = [0n, BigInt(text.fileOffset), BigInt(text.fileSize), MAIN_BINARY];
  for (const [i, long] of longs.entries()) directory.writeBigUInt64BE(long, 56 + 8 * i);
  const head = Buffer.alloc(SUPER_BLOB_BYTES);
  for (const [i, word] of [SUPER_BLOB, blobBytes, 1, 0, SUPER_BLOB_BYTES].entries()) {
    head.writeUInt32BE(word, 4 * i);
  }
  return Buffer.concat([head, directory, name, ...hashes]);
}

/** @param {Buffer} file @param {number} at */
function readSize(file, at) {
  const size = Number(file.readBigUInt64LE(at));
  if (size > file.length) throw new Error('a segment goes beyond the file');
  return size;
}

/** @param {number} value @param {number} step */
function roundUp(value, step) {
  return Math.ceil(value / step) * step;
}
