/** Files that are on the disk when the call returns: written, synced, and named in a folder that is synced too. @module */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a file that must not be there yet. Its name is safe only after `syncFolder`. */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Puts a file in the place of another, or where there was none: readers see the old one or the new one, whole. It is
 * written beside its place; `check` may look at it there and refuse it. A crash before the rename leaves a file that
 * nobody reads.
 */
export async function replaceDurably(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
  check: (beside: string) => Promise<void> = async () => undefined,
): Promise<void> {
  const beside = `${path}.${randomUUID()}.new`;
  try {
    await writeDurably(beside, content, mode);
    await check(beside);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** A new name is safe only when its folder is: without this a power cut may leave the file without it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
