/** An archive to read at any place: a file, or bytes that are in memory already. Source of truth: verifier-ux 4.5. @module */
import { open } from 'node:fs/promises';
import { broken, type RandomAccess } from './zip-directory.ts';

/** An open archive; whoever opened it closes it. */
export interface OpenArchive extends RandomAccess {
  close(): Promise<void>;
}

/** A file on disk: only what is asked for is read. */
export async function openArchiveFile(path: string): Promise<OpenArchive> {
  const file = await open(path, 'r');
  const { size: sizeBytes } = await file.stat();
  return {
    sizeBytes,
    read: async (offset, length) => {
      assertInside(offset, length, sizeBytes);
      const bytes = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) throw broken('the archive became shorter while it was read');
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}

/** An archive that came over a pipe. */
export function archiveOfBytes(bytes: Buffer): OpenArchive {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => {
      assertInside(offset, length, bytes.length);
      return bytes.subarray(offset, offset + length);
    },
    close: async () => undefined,
  };
}

function assertInside(offset: number, length: number, sizeBytes: number): void {
  if (offset < 0 || length < 0 || offset + length > sizeBytes) {
    throw broken('the archive points outside of itself');
  }
}
