/** A file on disk as an archive to read at any place: only what is asked for is read. Source of truth: verifier-ux 4.5. @module */
import { open } from 'node:fs/promises';
import { InputError, type OpenArchive } from '@kapsel/verification';

/** Opens the file; whoever opened it closes it. */
export async function openArchiveFile(path: string): Promise<OpenArchive> {
  const file = await open(path, 'r');
  const { size: sizeBytes } = await file.stat();
  return {
    sizeBytes,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) {
          const reason = 'the archive became shorter while it was read';
          throw new InputError({ code: 'E_FIELD', reason });
        }
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
