/** Files this program writes: whole or not at all, and on the disk when the call returns. Source of truth: verifier-ux 2.2 and 2.9. @module */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { withoutKey } from './key-words.ts';
import { reasonOfSystemError } from './source.ts';
import { UsageError } from './usage-error.ts';

/** Writes beside the place, then takes it: whoever reads sees what was there before, or everything. */
export async function writeTextFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.part`;
  try {
    await writeDraft(draft, content);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    const reason = reasonOfSystemError(error);
    throw new UsageError('E_IO', `cannot write ${withoutKey(path)}: ${reason}`);
  }
}

async function writeDraft(path: string, content: string | Uint8Array): Promise<void> {
  const file: FileHandle = await open(path, 'w', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
