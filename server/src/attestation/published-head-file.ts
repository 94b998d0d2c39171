/** Published heads as files: `<folder>/<log_id>.json`, one head each, as `/attestation/sth` answers it. @module */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes } from '@kapsel/verification';
import type { Clock } from '../base/clock.ts';
import { replaceDurably } from '../base/durable-file.ts';
import { isUuid, type LogId } from '../base/ids.ts';
import { LockTimeout, withLockFile } from '../base/lock-file.ts';
import {
  assertFollows,
  isSameHead,
  type LogOfHead,
  PublishedHeadMoved,
  type PublishedHeads,
} from './published-head.ts';
import { originOfText, parsePublishedHead, writePublishedHead } from './published-head-text.ts';
import type { TreeHead } from './tree-head.ts';

const LOCK_TIMEOUT_MS = 1_800;
const LOCK_STALE_MS = 1_000;
const FILE_NAME = /^(.+)\.json$/;

/** Opens the folder, which is made when it is missing. `clock` measures the wait for other processes. */
export async function openPublishedHeadFiles(
  folder: string,
  clock: Clock,
): Promise<PublishedHeads> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pathOf = (logId: LogId): string => join(folder, `${logId}.json`);

  // The same bytes need no second verification: that costs as much as signing. Owned by `read`; one entry a log.
  const verified = new Map<LogId, { readonly bytes: Uint8Array; readonly head: TreeHead }>();

  const read = async (log: LogOfHead): Promise<TreeHead | null> => {
    const path = pathOf(log.id);
    const bytes = await readIfThere(path);
    if (bytes === null) return null;
    const before = verified.get(log.id);
    if (before?.head.origin === log.origin && equalBytes(before.bytes, bytes)) return before.head;
    const head = parsePublishedHead(bytes, path, log);
    verified.set(log.id, { bytes, head });
    return head;
  };

  const write = async (
    log: LogOfHead,
    head: TreeHead,
    expected: TreeHead | null,
  ): Promise<void> => {
    const path = pathOf(log.id);
    await locked(`${path}.lock`, clock, async () => {
      const current = await read(log);
      if (isSameHead(current, head)) return;
      if (!isSameHead(current, expected)) {
        throw new PublishedHeadMoved(`${path} was moved by another process`);
      }
      assertFollows(log.origin, current, head);
      await replaceDurably(path, writePublishedHead(head));
    });
  };

  const othersOfOrigin = async (log: LogOfHead): Promise<readonly LogId[]> => {
    const others: LogId[] = [];
    for (const name of await readdir(folder)) {
      const id = FILE_NAME.exec(name)?.[1];
      if (id === undefined || !isUuid(id) || id === log.id) continue;
      const bytes = await readIfThere(join(folder, name));
      if (bytes !== null && originOfText(bytes) === log.origin) others.push(id as LogId);
    }
    return others;
  };

  return { place: folder, read, write, othersOfOrigin };
}

async function locked(path: string, clock: Clock, work: () => Promise<void>): Promise<void> {
  try {
    const options = { clock, timeoutMs: LOCK_TIMEOUT_MS, staleMs: LOCK_STALE_MS };
    await withLockFile(path, options, work);
  } catch (cause) {
    if (!(cause instanceof LockTimeout)) throw cause;
    throw new PublishedHeadMoved(cause.message, { cause });
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
