/** The lock between processes: one at a time, given back, and taken over from the dead. @module */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { LockTimeout, withLockFile } from '../../src/base/lock-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-lock-'));
  path = join(folder, 'a.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const OPTIONS = { clock: systemClock, timeoutMs: 5_000, staleMs: 60_000 };

describe('withLockFile', () => {
  it('lets one in at a time, and all of them in the end', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await systemClock.sleep(2);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLockFile(path, OPTIONS, work)));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('answers what the work answers, and is given back when it fails', async () => {
    expect(await withLockFile(path, OPTIONS, async () => 7)).toBe(7);
    const failing = withLockFile(path, OPTIONS, () => Promise.reject(new TypeError('work')));
    await expect(failing).rejects.toBeInstanceOf(TypeError);
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives up at its deadline while another holds it, and leaves it to the other', async () => {
    await writeFile(path, 'another');
    const short = { ...OPTIONS, timeoutMs: 50 };
    await expect(withLockFile(path, short, async () => 1)).rejects.toBeInstanceOf(LockTimeout);
    expect(await readdir(folder)).toEqual(['a.lock']);
  });

  it('is taken over when its holder does not move, and only then', async () => {
    await writeFile(path, 'a process that died');
    const startMs = systemClock.monotonicMs();
    expect(await withLockFile(path, { ...OPTIONS, staleMs: 100 }, async () => 1)).toBe(1);
    expect(systemClock.monotonicMs() - startMs).toBeGreaterThanOrEqual(100);
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not remove the lock of whoever took it over', async () => {
    await withLockFile(path, OPTIONS, () => writeFile(path, 'the next holder'));
    expect(await readdir(folder)).toEqual(['a.lock']);
  });

  it('passes on what the file system refuses', async () => {
    const nowhere = withLockFile(join(folder, 'none', 'a.lock'), OPTIONS, async () => 1);
    await expect(nowhere).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
