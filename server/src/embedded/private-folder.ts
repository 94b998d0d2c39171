/** Folders of ours outside the data folder: made or checked so that nobody else can have prepared them. @module */
import { chmod, lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedError } from './embedded-error.ts';

const OTHERS_MAY_WRITE = 0o022;

/** Searchable, since PostgreSQL's user must pass through; nothing in it can be listed or replaced by others. */
const PASSABLE = 0o711;

/**
 * Makes `folder` with mode 0711 unless it is there. It stays ours rather than PostgreSQL's: as root we append to
 * files in it, and a user who owned it could put a link in their place. A link, a foreign owner or a folder that
 * others may write to is refused.
 */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
    await chmod(folder, PASSABLE); // mkdir's own mode is cut by the umask
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST')) throw error;
  }
  const found = await lstat(folder);
  const ours = process.getuid === undefined || found.uid === process.getuid();
  const writable = process.platform !== 'win32' && (found.mode & OTHERS_MAY_WRITE) !== 0;
  if (!found.isDirectory() || !ours || writable) {
    throw new EmbeddedError(
      'unsafe-folder',
      `${folder} is a link, belongs to another user or is open to others. Remove it, or give it to the user who runs the server with mode 0711.`,
    );
  }
}

/** True for a system error with one of these codes. */
export function isErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
