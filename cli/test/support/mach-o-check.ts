/** Checks the signature of a Mach-O file, written apart from what signs: from the structures as Apple describes them. @module */
import { createHash } from 'node:crypto';

export interface SignatureReport {
  readonly identifier: string;
  readonly isAdHoc: boolean;
  /** Pages whose hash is not the one in the signature. */
  readonly badPages: readonly number[];
  readonly pages: number;
}

/** Reads the code directory and hashes every page; throws where the structure itself is wrong. */
export function checkMachOSignature(bytes: Uint8Array): SignatureReport {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { dataOffset, dataSize, linkEditEnd } = findSignature(view);
  if (linkEditEnd !== bytes.length) throw new Error('__LINKEDIT does not end with the file');
  if (dataOffset + dataSize !== bytes.length)
    throw new Error('the signature does not end the file');
  const directory = findCodeDirectory(view, dataOffset);
  const flags = view.getUint32(directory + 12);
  const hashes = directory + view.getUint32(directory + 16);
  const identifier = textAt(bytes, directory + view.getUint32(directory + 20));
  const pages = view.getUint32(directory + 28);
  const codeLimit = view.getUint32(directory + 32);
  const hashSize = bytes[directory + 36] ?? 0;
  const hashType = bytes[directory + 37];
  const pageSize = 2 ** (bytes[directory + 39] ?? 0);
  if (hashSize !== 32 || hashType !== 2) throw new Error('not SHA-256');
  if (codeLimit !== dataOffset)
    throw new Error('something in front of the signature is not signed');
  if (Math.ceil(codeLimit / pageSize) !== pages) throw new Error('pages and length do not agree');
  if (hashes + hashSize * pages > bytes.length) throw new Error('hashes go beyond the file');
  const badPages: number[] = [];
  for (let page = 0; page < pages; page++) {
    const code = bytes.subarray(page * pageSize, Math.min((page + 1) * pageSize, codeLimit));
    const wanted = bytes.subarray(hashes + page * hashSize, hashes + (page + 1) * hashSize);
    if (!createHash('sha256').update(code).digest().equals(wanted)) badPages.push(page);
  }
  return { identifier, isAdHoc: (flags & 2) === 2, badPages, pages };
}

function findSignature(view: DataView): {
  dataOffset: number;
  dataSize: number;
  linkEditEnd: number;
} {
  if (view.getUint32(0, true) !== 0xfeedfacf) throw new Error('not a thin 64-bit Mach-O file');
  let found: { dataOffset: number; dataSize: number } | null = null;
  let linkEditEnd = -1;
  let at = 32;
  const count = view.getUint32(16, true);
  for (let i = 0; i < count; i++) {
    const command = view.getUint32(at, true);
    if (command === 0x1d) {
      if (found !== null) throw new Error('two signatures');
      found = { dataOffset: view.getUint32(at + 8, true), dataSize: view.getUint32(at + 12, true) };
    }
    if (command === 0x19 && segmentName(view, at) === '__LINKEDIT') {
      const end = view.getBigUint64(at + 40, true) + view.getBigUint64(at + 48, true);
      linkEditEnd = Number(end);
      if (view.getBigUint64(at + 32, true) < view.getBigUint64(at + 48, true)) {
        throw new Error('__LINKEDIT is larger in the file than in memory');
      }
    }
    at += view.getUint32(at + 4, true);
  }
  if (at - 32 !== view.getUint32(20, true))
    throw new Error('commands and their length do not agree');
  if (found === null) throw new Error('not signed');
  return { ...found, linkEditEnd };
}

function segmentName(view: DataView, at: number): string {
  return textAt(new Uint8Array(view.buffer, view.byteOffset + at + 8, 16), 0);
}

/** The first SHA-256 code directory among the blobs of the signature. */
function findCodeDirectory(view: DataView, dataOffset: number): number {
  if (view.getUint32(dataOffset) !== 0xfade0cc0) throw new Error('no signature where one is named');
  const blobs = view.getUint32(dataOffset + 8);
  for (let i = 0; i < blobs; i++) {
    const blob = dataOffset + view.getUint32(dataOffset + 16 + 8 * i);
    if (view.getUint32(blob) === 0xfade0c02 && view.getUint8(blob + 37) === 2) return blob;
  }
  throw new Error('no code directory');
}

function textAt(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return Buffer.from(bytes.subarray(at, end < 0 ? bytes.length : end)).toString('latin1');
}
