/** Where the cluster lies and who runs it: in the data folder, or for root in a place that PostgreSQL can reach. @module */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  link,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedError } from './embedded-error.ts';
import { ensurePrivateFolder, isErrorCode } from './private-folder.ts';
import { getRunUser, isReachable, type RunUser } from './run-user.ts';

export interface Place {
  readonly clusterFolder: string;
  /** What PostgreSQL says; written by us, so it needs no right of PostgreSQL's user. */
  readonly logFile: string;
  /** For copies of the binaries, when they cannot be used where they are. */
  readonly runtimeFolder: string;
  /** Null: PostgreSQL runs as ourselves. */
  readonly user: RunUser | null;
  /** True: the cluster lies outside the data folder, and `recordCreated` must be told when it exists. */
  readonly elsewhere: boolean;
}

/** Root's place for clusters and binaries that lie below a folder only root may enter. */
export const PRIVATE_ROOT = '/var/lib/kapsel';

const CLUSTER_NAME = 'pg';
const LOG_NAME = 'pg.log';
// Two lines: the folder of the cluster; then "created" once the cluster was there.
const POINTER_NAME = 'pg-location';
const CREATED = 'created';

/** Makes the data folder if it is missing, and answers its real path. Root's can be passed through, not listed. */
export async function ensureDataFolder(dataFolder: string): Promise<string> {
  const made = await mkdir(dataFolder, { recursive: true });
  if (made !== undefined) await chmod(dataFolder, process.getuid?.() === 0 ? 0o711 : 0o700);
  return realpath(dataFolder);
}

/**
 * The cluster lies in `<data>/pg`. Only root may have to go elsewhere: PostgreSQL runs as another user then, who
 * cannot enter, say, a checkout below `/root`. The pointer file in the data folder then names the place, so that a
 * removed data folder starts empty and a lost cluster is an error instead of an empty database.
 */
export async function choosePlace(
  dataFolder: string,
  privateRoot: string,
  log: (line: string) => void,
): Promise<Place> {
  const inPlace = path.join(dataFolder, CLUSTER_NAME);
  const owner = await findOwner(inPlace);
  const isRoot = process.getuid?.() === 0;
  const here = {
    clusterFolder: inPlace,
    logFile: path.join(dataFolder, LOG_NAME),
    elsewhere: false,
  };
  if (!isRoot) {
    if (owner !== null && process.getuid !== undefined && owner !== process.getuid()) {
      throw unreachable(inPlace, 'it belongs to another user than the one who starts the server');
    }
    return { ...here, runtimeFolder: dataFolder, user: null };
  }
  if (owner !== null) {
    const user = await getRunUser(owner);
    if (!(await isReachable(dataFolder, user))) {
      throw unreachable(inPlace, `a folder above it cannot be entered by its user ${user?.name}`);
    }
    return { ...here, runtimeFolder: privateRoot, user };
  }
  const pointer = path.join(dataFolder, POINTER_NAME);
  const newcomer = await getRunUser(null);
  if (!(await exists(pointer)) && (await isReachable(dataFolder, newcomer))) {
    return { ...here, runtimeFolder: privateRoot, user: newcomer };
  }
  return placeElsewhere(pointer, privateRoot, newcomer, log);
}

/** Whether a cluster was ever made for this data folder. Makes nothing. */
export async function hasCluster(dataFolder: string): Promise<boolean> {
  if (await exists(path.join(dataFolder, POINTER_NAME))) return true;
  return exists(path.join(dataFolder, CLUSTER_NAME));
}

/** After the cluster of this place was made or found. Without it the next start would take a lost cluster for a new one. */
export async function recordCreated(dataFolder: string, place: Place): Promise<void> {
  if (!place.elsewhere) return;
  await replaceFile(
    path.join(dataFolder, POINTER_NAME),
    `${place.clusterFolder}\n${CREATED}\n`,
    rename,
  );
}

async function placeElsewhere(
  pointer: string,
  privateRoot: string,
  newcomer: RunUser | null,
  log: (line: string) => void,
): Promise<Place> {
  const dataFolder = path.dirname(pointer);
  if (!(await exists(pointer))) {
    const hash = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16);
    // A new name each time: what an earlier data folder of this path left behind is neither used nor touched.
    const name = `${CLUSTER_NAME}-${randomBytes(4).toString('hex')}`;
    await replaceFile(pointer, `${path.join(privateRoot, hash, name)}\n`, linkUnlessThere);
  }
  const [clusterFolder = '', state] = (await readFile(pointer, 'utf8')).split('\n');
  const owner = await findOwner(clusterFolder);
  if (state === CREATED && owner === null) {
    throw unreachable(
      clusterFolder,
      `the data folder names it in ${pointer}, but it is gone. Restore it, or remove that file to start with an empty database`,
    );
  }
  await ensurePrivateFolder(privateRoot);
  await ensurePrivateFolder(path.dirname(clusterFolder));
  log(
    `PostgreSQL runs as the user ${newcomer?.name}, who cannot enter ${dataFolder}: its data is in ${clusterFolder}`,
  );
  return {
    clusterFolder,
    logFile: path.join(path.dirname(clusterFolder), LOG_NAME),
    runtimeFolder: privateRoot,
    user: owner === null ? newcomer : await getRunUser(owner),
    elsewhere: true,
  };
}

/** Writes the whole file beside its place first: a crash leaves the old content or the new one. */
async function replaceFile(
  file: string,
  content: string,
  moveIn: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx', flush: true });
    await moveIn(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Of two servers that start together on a new folder, the first one's choice holds. */
async function linkUnlessThere(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST')) throw error;
  }
}

/** The owner of a complete cluster; null when there is none. */
async function findOwner(clusterFolder: string): Promise<number | null> {
  try {
    return (await stat(path.join(clusterFolder, 'PG_VERSION'))).uid;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return null;
    if (isErrorCode(error, 'EACCES')) throw unreachable(clusterFolder, 'permission denied', error);
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function unreachable(clusterFolder: string, why: string, cause?: unknown): EmbeddedError {
  return new EmbeddedError(
    'cluster-unreachable',
    `The PostgreSQL cluster ${clusterFolder} cannot be used: ${why}.`,
    { cause },
  );
}
