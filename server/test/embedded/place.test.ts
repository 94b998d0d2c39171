import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { choosePlace, ensureDataFolder, recordCreated } from '../../src/embedded/place.ts';
import { query, Workbench } from './workbench.ts';

const bench = new Workbench();
afterEach(() => bench.settle());
afterAll(() => bench.clear());

const isRoot = process.getuid?.() === 0;
const UNREACHABLE = { code: 'cluster-unreachable' };
const ignore = (): void => {};

/** A folder like a checkout below `/root`: nobody but its owner may enter it. */
async function closedFolder(): Promise<{ closed: string; privateRoot: string }> {
  const base = await bench.folder();
  const closed = path.join(base, 'closed');
  await mkdir(closed, { mode: 0o700 });
  return { closed, privateRoot: path.join(base, 'private') };
}

describe('the place of a cluster', () => {
  it('is the data folder, which is made so that PostgreSQL can pass through', async () => {
    const base = await bench.folder();
    const data = await ensureDataFolder(path.join(base, 'a', 'b'));
    const place = await choosePlace(data, path.join(base, 'private'), ignore);
    expect(place).toMatchObject({
      clusterFolder: path.join(data, 'pg'),
      logFile: path.join(data, 'pg.log'),
      elsewhere: false,
    });
    expect(place.user === null).toBe(!isRoot);
    await recordCreated(data, place);
    expect(await readdir(data)).toEqual([]);
    expect(await readdir(base)).toEqual(['a']);
  });

  it('below a closed folder: for root elsewhere, for its owner in place; and rows survive a restart', async () => {
    const { closed, privateRoot } = await closedFolder();
    const data = path.join(closed, 'data');
    const first = await bench.launch(data, { privateRoot });
    expect(first.clusterFolder.startsWith(isRoot ? privateRoot : data)).toBe(true);
    await query(first.connectionString, 'CREATE TABLE kept AS SELECT 1 AS one');
    await first.stop();
    const second = await bench.launch(data, { privateRoot });
    expect(second.clusterFolder).toBe(first.clusterFolder);
    expect(await query(second.connectionString, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
    if (isRoot) {
      expect(bench.lines.join('\n')).toContain(first.clusterFolder);
      expect(path.basename(path.dirname(first.clusterFolder))).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('is never a silent second one beside a cluster that is there', async () => {
    const { closed, privateRoot } = await closedFolder();
    const data = path.join(closed, 'data');
    await mkdir(path.join(data, 'pg'), { recursive: true });
    await writeFile(path.join(data, 'pg', 'PG_VERSION'), '18\n');
    if (isRoot) {
      // Owned by root: no user of PostgreSQL's could have made it, and none can open it.
      await expect(choosePlace(data, privateRoot, ignore)).rejects.toMatchObject(UNREACHABLE);
    } else {
      await chmod(path.join(data, 'pg'), 0o000);
      await expect(choosePlace(data, privateRoot, ignore)).rejects.toMatchObject(UNREACHABLE);
      await chmod(path.join(data, 'pg'), 0o700);
    }
  });

  it('elsewhere is refused once its cluster is lost, and new once the data folder is', async () => {
    const { closed, privateRoot } = await closedFolder();
    const data = await ensureDataFolder(path.join(closed, 'data'));
    const first = await choosePlace(data, privateRoot, ignore);
    expect(first.elsewhere).toBe(isRoot);
    if (!isRoot) return; // an ordinary user's cluster lies in the data folder: both are lost together
    // Two servers that start together on a new folder agree.
    expect(await choosePlace(data, privateRoot, ignore)).toEqual(first);
    await mkdir(first.clusterFolder);
    await writeFile(path.join(first.clusterFolder, 'PG_VERSION'), '18\n');
    await recordCreated(data, { ...first });
    await rename(first.clusterFolder, `${first.clusterFolder}.lost`);
    await expect(choosePlace(data, privateRoot, ignore)).rejects.toMatchObject(UNREACHABLE);
    await rm(data, { recursive: true });
    await ensureDataFolder(data);
    const second = await choosePlace(data, privateRoot, ignore);
    expect(second.clusterFolder).not.toBe(first.clusterFolder);
    const pointer = await readFile(path.join(data, 'pg-location'), 'utf8');
    expect(pointer).toBe(`${second.clusterFolder}\n`);
  });
});
