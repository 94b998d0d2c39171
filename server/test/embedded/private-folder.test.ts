import { chmod, chown, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestFolder } from '../../../test/support/postgres-folder.ts';
import { ensurePrivateFolder } from '../../src/embedded/private-folder.ts';

let base: string;
beforeAll(async () => {
  base = await makeTestFolder();
});
afterAll(() => rm(base, { recursive: true }));

const UNSAFE = { code: 'unsafe-folder' };

describe('ensurePrivateFolder', () => {
  it('makes a folder that others may pass through but not list, whatever the umask', async () => {
    const folder = path.join(base, 'new', 'folder');
    const before = process.umask(0o077);
    try {
      await ensurePrivateFolder(folder);
    } finally {
      process.umask(before);
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o711);
    await ensurePrivateFolder(folder);
  });

  it('refuses a link, also to a folder of ours', async () => {
    const target = path.join(base, 'target');
    await mkdir(target, { mode: 0o700 });
    await symlink(target, path.join(base, 'link'));
    await expect(ensurePrivateFolder(path.join(base, 'link'))).rejects.toMatchObject(UNSAFE);
  });

  it('refuses a folder that others may write to, and a file', async () => {
    const open = path.join(base, 'open');
    await mkdir(open);
    await chmod(open, 0o777);
    await expect(ensurePrivateFolder(open)).rejects.toMatchObject(UNSAFE);
    await writeFile(path.join(base, 'file'), '');
    await expect(ensurePrivateFolder(path.join(base, 'file'))).rejects.toMatchObject(UNSAFE);
  });

  it('refuses a folder of another user', async () => {
    // Only root can make one; for everybody else the root folder is one.
    const isRoot = process.getuid?.() === 0;
    const foreign = isRoot ? path.join(base, 'foreign') : '/';
    if (isRoot) {
      await mkdir(foreign, { mode: 0o700 });
      await chown(foreign, 65534, 65534);
    }
    await expect(ensurePrivateFolder(foreign)).rejects.toMatchObject(UNSAFE);
  });
});
