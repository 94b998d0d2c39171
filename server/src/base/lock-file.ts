/** A lock between processes that share a folder: a file that only one of them can make. @module */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { Clock } from './clock.ts';

/** Nobody gave the lock back in time. */
export class LockTimeout extends Error {
  constructor(path: string) {
    super(`${path} is held by another process`);
    this.name = 'LockTimeout';
  }
}

export interface LockOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /**
   * Whoever holds the lock unchanged for this long has died: the work under it takes milliseconds. Measured by the one
   * who waits, so that clocks of several machines need not agree.
   */
  readonly staleMs: number;
}

const RETRY_MS = 10;

/** Runs `work` while this process alone holds the lock at `path`. Throws LockTimeout. */
export async function withLockFile<T>(
  path: string,
  { clock, timeoutMs, staleMs }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const token = randomUUID();
  const startMs = clock.monotonicMs();
  let holder: { token: string | null; sinceMs: number } = { token: null, sinceMs: startMs };
  while (!(await tryMake(path, token))) {
    const nowMs = clock.monotonicMs();
    const seen = await readToken(path);
    if (seen !== holder.token) holder = { token: seen, sinceMs: nowMs };
    else if (seen !== null && nowMs - holder.sinceMs >= staleMs) await removeStale(path);
    if (nowMs - startMs >= timeoutMs) throw new LockTimeout(path);
    await clock.sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    // Only what is ours: somebody may have taken us for dead.
    if ((await readToken(path)) === token) await rm(path, { force: true });
  }
}

async function tryMake(path: string, token: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(token);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

// A rename, so that of several who find the lock stale at once one alone removes it.
async function removeStale(path: string): Promise<void> {
  const grave = `${path}.${randomUUID()}`;
  try {
    await rename(path, grave);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  await rm(grave, { force: true });
}

async function readToken(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
