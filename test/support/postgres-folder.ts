/** Temporary folders for clusters: PostgreSQL's user can enter them, and a killed test run's are removed by the next. @module */
import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readPidFile } from '../../server/src/embedded/postmaster.ts';
import { isAlive, isPostmasterOf } from '../../server/src/embedded/process-probe.ts';

const PREFIX = 'kapsel-test-';

/** A new folder. When tests run as root, PostgreSQL runs as somebody else, who must be able to pass through. */
export async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), `${PREFIX}${process.pid}-`));
  await chmod(folder, 0o711);
  return folder;
}

/** Removes the folders of test processes that are gone and whose cluster has been stopped. */
export async function removeAbandonedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const maker = /^kapsel-test-(\d+)-/.exec(name)?.[1];
    if (maker === undefined || isAlive(Number(maker))) continue;
    const folder = path.join(tmpdir(), name);
    if (await isServed(path.join(folder, 'pg'))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

async function isServed(clusterFolder: string): Promise<boolean> {
  try {
    const file = await readPidFile(clusterFolder);
    return file !== null && isPostmasterOf(file.pid, clusterFolder);
  } catch {
    return true; // another user's folder: not ours to remove
  }
}
