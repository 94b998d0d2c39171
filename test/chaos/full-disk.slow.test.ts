import { spawnSync } from 'node:child_process';
import { chmod, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openChaosSite } from '../support/chaos-site.ts';
import { part } from '../support/parts.ts';
import { makeTestFolder } from '../support/postgres-folder.ts';
import { startOwnCluster } from '../support/postgres-own-cluster.ts';

const SIZE_MIB = 200;
const CHUNK = Buffer.alloc(256 * 1024);

describe.skipIf(!part('tmpfs'))('a disk that fills up under PostgreSQL', () => {
  it('refuses what it cannot keep, loses nothing that it accepted, and goes on when there is room', async () => {
    const disk = await makeTestFolder();
    mount('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', disk]);
    await chmod(disk, 0o711);
    const cluster = await startOwnCluster(disk);
    const site = await openChaosSite(cluster.connectionString);
    const filler = join(disk, 'filler');
    try {
      const server = await site.start();
      const stopped = new AbortController();
      const sending = site.keepSending(3, stopped.signal);
      sending.catch(() => undefined); // heard of below
      await site.receiver.arrived(20);
      await fill(filler);
      await vi.waitFor(
        async () => {
          if (site.refusals() === 0) throw new Error('nothing was refused yet');
        },
        { interval: 50, timeout: 60_000 },
      );
      await rm(filler);
      // It may have given up for want of room; whoever runs it starts it again.
      await cluster.kill('SIGQUIT').catch(() => undefined);
      await cluster.revive();
      site.moveDatabase(cluster.connectionString);
      await site.receiver.arrived(site.receiver.arrivals.length + 20);
      stopped.abort();
      await sending;
      await site.allEnded();
      expect(await server?.end()).toMatchObject({ code: 0 });
      await site.check();
    } finally {
      await site.close();
      await cluster.stop({ keepsFolder: true });
      mount('umount', ['-l', disk]);
      await rmdir(disk);
    }
  }, 300_000);
});

/** To the last byte. */
async function fill(file: string): Promise<void> {
  for (;;) {
    const error = await writeFile(file, CHUNK, { flag: 'a' }).then(
      () => null,
      (reason: NodeJS.ErrnoException) => reason,
    );
    if (error === null) continue;
    if (error.code !== 'ENOSPC') throw error;
    return;
  }
}

function mount(program: string, words: readonly string[]): void {
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}
