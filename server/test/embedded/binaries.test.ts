import { chmod, cp, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  findBinaries,
  getPackageFolder,
  prepareBinaries,
  repairLinks,
} from '../../src/embedded/binaries.ts';
import { getRunUser } from '../../src/embedded/run-user.ts';
import { Workbench } from './workbench.ts';

const bench = new Workbench();
afterAll(() => bench.clear());

interface PackageLink {
  readonly source: string;
  readonly target: string;
}

/** The package as npm unpacks it when install scripts are off: without its links. */
async function unpack(folder: string): Promise<readonly PackageLink[]> {
  const packageFolder = getPackageFolder();
  await cp(path.join(packageFolder, 'native'), path.join(folder, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await cp(path.join(packageFolder, 'package.json'), path.join(folder, 'package.json'));
  const list = await readFile(path.join(folder, 'native', 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(list) as PackageLink[];
  for (const { target } of links) await rm(path.join(folder, target), { force: true });
  return links;
}

async function placeIn(runtimeFolder: string) {
  const user = await getRunUser(null);
  return { clusterFolder: '', logFile: '', runtimeFolder, user, elsewhere: false };
}

describe('getPackageFolder', () => {
  it('finds the package of this platform', async () => {
    expect(await readdir(getPackageFolder())).toContain('native');
  });

  it('names both remedies when it is not installed', () => {
    const absent = (): string => {
      throw Object.assign(new Error('absent'), { code: 'MODULE_NOT_FOUND' });
    };
    let refused: unknown;
    try {
      getPackageFolder(absent);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'binaries-missing' });
    expect(String(refused)).toMatch(/DATABASE_URL.*optional dependencies/s);
  });
});

describe('the links of the package', () => {
  it('are made where they are missing, relative, and once', async () => {
    const folder = await bench.folder();
    const links = await unpack(folder);
    const place = await placeIn(path.join(folder, 'runtime'));
    const bin = path.join(folder, 'native', 'bin');
    await expect(findBinaries(bin, place)).rejects.toMatchObject({ code: 'binaries-broken' });
    expect(await repairLinks(folder)).toBe(true);
    expect(await repairLinks(folder)).toBe(true);
    for (const { source, target } of links) {
      const link = await readlink(path.join(folder, target));
      expect(path.resolve(folder, path.dirname(target), link)).toBe(path.join(folder, source));
      expect(path.isAbsolute(link)).toBe(false);
    }
  });
});

describe('prepareBinaries', () => {
  it('uses a package where it lies when it can be used there', async () => {
    const folder = await bench.folder();
    await unpack(folder);
    const runtime = path.join(folder, 'runtime');
    const binaries = await prepareBinaries(folder, await placeIn(runtime), () => {});
    expect(binaries).toMatchObject({
      postgres: path.join(folder, 'native', 'bin', 'postgres'),
      major: 18,
    });
    expect(await readdir(folder)).not.toContain('runtime');
  });

  it('copies a package that cannot be used where it lies, once for servers that start together', async () => {
    const base = await bench.folder();
    const closed = path.join(base, 'closed');
    await mkdir(closed);
    await unpack(closed);
    // What stops root's PostgreSQL is a folder on the way; what stops an ordinary user is that no link can be made.
    const lib = path.join(closed, 'native', 'lib');
    if (process.getuid?.() === 0) await chmod(closed, 0o700);
    else await chmod(lib, 0o555);
    const runtime = path.join(base, 'runtime');
    if (process.getuid?.() !== 0) await mkdir(runtime);
    const place = await placeIn(runtime);
    const lines: string[] = [];
    const prepare = () => prepareBinaries(closed, place, (line) => lines.push(line));
    const all = await Promise.all([prepare(), prepare()]);
    const { version } = JSON.parse(await readFile(path.join(closed, 'package.json'), 'utf8'));
    for (const { postgres, major } of all) {
      expect(postgres).toBe(path.join(runtime, `postgres-${version}`, 'native', 'bin', 'postgres'));
      expect(major).toBe(18);
    }
    expect(await readdir(runtime)).toEqual([`postgres-${version}`]);
    expect(lines).toHaveLength(1);
    await prepare();
    expect(lines).toHaveLength(1);
    await chmod(lib, 0o755);
  });

  it('refuses what does not run or is no PostgreSQL', async () => {
    const folder = await bench.folder();
    const bin = path.join(folder, 'native', 'bin');
    await mkdir(bin, { recursive: true });
    const place = await placeIn(folder);
    const broken = { code: 'binaries-broken' };
    await expect(findBinaries(bin, place)).rejects.toMatchObject(broken);
    await writeFile(path.join(bin, 'postgres'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    await expect(findBinaries(bin, place)).rejects.toMatchObject(broken);
  });
});
