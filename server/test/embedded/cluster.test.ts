import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { getPackageFolder, prepareBinaries } from '../../src/embedded/binaries.ts';
import { ensureCluster } from '../../src/embedded/cluster.ts';
import { choosePlace } from '../../src/embedded/place.ts';
import { kill, Workbench } from './workbench.ts';

const bench = new Workbench();
afterAll(() => bench.clear());

async function prepare() {
  const folder = await bench.folder();
  const privateRoot = path.join(await bench.folder(), 'private');
  const place = await choosePlace(folder, privateRoot, () => {});
  return { folder, place, binaries: await prepareBinaries(getPackageFolder(), place, () => {}) };
}

describe('ensureCluster', () => {
  it('makes one cluster when asked twice at once, and leaves no draft', async () => {
    const { folder, place, binaries } = await prepare();
    const make = () => ensureCluster(place, binaries, { skipSync: true });
    const [one, two] = await Promise.all([make(), make()]);
    expect(one).toEqual(two);
    expect(one?.password).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await readdir(folder)).toEqual(['pg']);
    const { mode, uid } = await stat(place.clusterFolder);
    expect(mode & 0o777).toBe(0o700);
    expect(uid).toBe(place.user?.uid ?? process.getuid?.());
    const otherMajor = { ...binaries, major: 19 };
    await expect(ensureCluster(place, otherMajor)).rejects.toMatchObject({
      code: 'version-mismatch',
    });
  });

  it('leaves nothing behind when initdb fails', async () => {
    const { folder, place, binaries } = await prepare();
    // Of the right name and no PostgreSQL at all.
    const broken = { ...binaries, initdb: process.execPath };
    await expect(ensureCluster(place, broken)).rejects.toMatchObject({ code: 'initdb-failed' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('removes the drafts of servers that were killed, and not those of living ones', async () => {
    const { folder, place, binaries } = await prepare();
    const dead = bench.bystander();
    await kill(dead);
    await mkdir(path.join(folder, `pg.new-${dead.pid}-0a0b0c0d`, 'base'), { recursive: true });
    await writeFile(path.join(folder, `pg.new-${dead.pid}-0a0b0c0d.password`), '');
    const living = `pg.new-${process.pid}-0a0b0c0d`;
    await mkdir(path.join(folder, living));
    await ensureCluster(place, binaries, { skipSync: true });
    expect((await readdir(folder)).sort()).toEqual(['pg', living]);
  });
});
