/** Making a cluster, whole or not at all, and checking that these binaries may open it. PostgreSQL manual, initdb. @module */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { CLUSTER_USER, type ClusterAccess } from './cluster-store.ts';
import { EmbeddedError } from './embedded-error.ts';
import type { Place } from './place.ts';
import { isErrorCode } from './private-folder.ts';
import { isAlive } from './process-probe.ts';
import { type RunUser, runAs } from './run-user.ts';

export interface InitOptions {
  /** Tests only: do not wait for the disk. */
  readonly skipSync?: boolean;
}

// Beside PostgreSQL's own files, so that a cluster and its password can never be parted.
const PASSWORD_FILE = 'kapsel-password';
const VERSION_FILE = 'PG_VERSION';
const PASSWORD_BYTES = 32;
const INITDB_LIMIT_MS = 120_000;

const run = promisify(execFile);

/** The cluster of this place, made if it is missing. Servers that start together on one place make it once. */
export async function ensureCluster(
  place: Place,
  binaries: Binaries,
  options: InitOptions = {},
): Promise<ClusterAccess> {
  if ((await findMajor(place.clusterFolder)) === null) {
    await removeAbandonedDrafts(place.clusterFolder);
    await makeCluster(place, binaries, options);
  }
  await assertMajor(place.clusterFolder, binaries.major);
  return { folder: place.clusterFolder, password: await getPassword(place.clusterFolder) };
}

/** A draft beside the place becomes the cluster by one rename: a crash leaves no cluster, never half of one. */
async function makeCluster(place: Place, binaries: Binaries, options: InitOptions): Promise<void> {
  const draft = draftName(place.clusterFolder);
  const passwordFile = `${draft}.password`;
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
    await give(draft, place.user);
    await give(passwordFile, place.user);
    await runInitdb(draft, passwordFile, binaries, place.user, options);
    await rename(passwordFile, path.join(draft, PASSWORD_FILE));
    await rename(draft, place.clusterFolder);
  } catch (error) {
    // Another server that started with us was faster: its cluster is the one.
    if (!isErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
}

async function runInitdb(
  folder: string,
  passwordFile: string,
  binaries: Binaries,
  user: RunUser | null,
  options: InitOptions,
): Promise<void> {
  const args = [
    '--encoding=UTF8',
    '--locale=C',
    '--auth=scram-sha-256',
    `--username=${CLUSTER_USER}`,
    `--pwfile=${passwordFile}`,
    '-D',
    folder,
  ];
  if (options.skipSync) args.push('--no-sync');
  try {
    await run(binaries.initdb, args, { cwd: '/', timeout: INITDB_LIMIT_MS, ...runAs(user) });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new EmbeddedError('initdb-failed', `initdb could not make a cluster: ${said}`, {
      cause: error,
    });
  }
}

async function give(target: string, user: RunUser | null): Promise<void> {
  if (user !== null) await chown(target, user.uid, user.gid);
}

function draftName(clusterFolder: string): string {
  return `${clusterFolder}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** What servers that were killed while initdb ran have left: the name of a draft carries its maker's number. */
async function removeAbandonedDrafts(clusterFolder: string): Promise<void> {
  const parent = path.dirname(clusterFolder);
  const prefix = `${path.basename(clusterFolder)}.new-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const maker = Number(name.slice(prefix.length).split('-')[0]);
    if (Number.isSafeInteger(maker) && maker > 0 && !isAlive(maker)) {
      await rm(path.join(parent, name), { recursive: true, force: true });
    }
  }
}

async function assertMajor(clusterFolder: string, major: number): Promise<void> {
  const found = await findMajor(clusterFolder);
  if (found === String(major)) return;
  throw new EmbeddedError(
    'version-mismatch',
    [
      `The cluster ${clusterFolder} was made by PostgreSQL ${found}; this version of Kapsel brings PostgreSQL ${major}, which cannot open it. To move the data:`,
      '1. Start the former version of Kapsel on this data folder.',
      `2. Dump the database "kapsel" with pg_dump of PostgreSQL ${found} or newer: user kapsel, password in ${PASSWORD_FILE} in the cluster folder, port in line 4 of postmaster.pid there.`,
      `3. Stop it, restore the dump with psql into a PostgreSQL ${major} of your own, and start this version with DATABASE_URL set to that.`,
    ].join('\n'),
  );
}

async function findMajor(clusterFolder: string): Promise<string | null> {
  try {
    return (await readFile(path.join(clusterFolder, VERSION_FILE), 'utf8')).trim();
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function getPassword(clusterFolder: string): Promise<string> {
  const file = path.join(clusterFolder, PASSWORD_FILE);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new EmbeddedError(
      'password-missing',
      `The cluster is there, but its password file ${file} cannot be read. Restore the file from the backup of the cluster.`,
      { cause: error },
    );
  }
}
