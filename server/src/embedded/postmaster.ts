/** The postmaster of a cluster: whether one runs, and starting it. PostgreSQL manual 18.3, miscadmin.h (postmaster.pid). @module */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { Binaries } from './binaries.ts';
import { type ClusterAccess, findDataDirectory } from './cluster-store.ts';
import { EmbeddedError } from './embedded-error.ts';
import type { Place } from './place.ts';
import { isErrorCode } from './private-folder.ts';
import { isAlive, isPostmasterOf } from './process-probe.ts';
import { runAs } from './run-user.ts';

/** What `postmaster.pid` says; `status` is empty while the file is being written. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

export type Settings = Readonly<Record<string, string>>;

export interface StartOptions {
  /** In place of, or beside, those below. */
  readonly settings: Settings;
  /** Told when a postmaster that was ready has ended, for whatever reason. */
  readonly onEnd: () => void;
}

// A running server of this version writes its lines in this order.
const LINE = { pid: 0, port: 3, status: 7 };
const SILENCE_LIMIT_MS = 10_000;
// Recovery after a crash replays what was written since the last checkpoint.
const START_LIMIT_MS = 120_000;
const POLL_MS = 20;
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** A small server's settings. Given on the command line, so that they change with the program. */
const SETTINGS: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Both are what the answer 202 rests on: never off outside tests.
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: '100',
  shared_buffers: '128MB',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] %q%a ',
};

/**
 * The port of a postmaster that serves this cluster and takes our password; null when there is none and one may be
 * started. A pid file is not a lock: the process it names may be gone, or may be another program by now.
 */
export async function findPostmaster(
  cluster: ClusterAccess,
  log: (line: string) => void,
): Promise<number | null> {
  const since = systemClock.monotonicMs();
  for (;;) {
    const file = await readPidFile(cluster.folder);
    if (file === null) return null;
    if (!isPostmasterOf(file.pid, cluster.folder)) {
      // PostgreSQL itself clears the file of a process that is gone, but takes any living one for a postmaster.
      if (isAlive(file.pid)) {
        log(
          `process ${file.pid} in postmaster.pid is no PostgreSQL of this cluster: removing the file`,
        );
        await rm(path.join(cluster.folder, 'postmaster.pid'), { force: true });
      }
      return null;
    }
    if (file.status === 'ready' && (await serves(file.port, cluster))) return file.port;
    const waitedMs = systemClock.monotonicMs() - since;
    // "starting" and "stopping" are answers: another server is at work, and recovery takes its time.
    const limitMs = file.status === 'ready' ? SILENCE_LIMIT_MS : START_LIMIT_MS;
    if (waitedMs > limitMs) {
      throw new EmbeddedError(
        'not-answering',
        `PostgreSQL (process ${file.pid}) runs on the cluster ${cluster.folder}, but does not answer on port ${file.port} with the password in that folder. Stop it (kill -INT ${file.pid}) and start again.`,
      );
    }
    await systemClock.sleep(POLL_MS);
  }
}

async function serves(port: number, cluster: ClusterAccess): Promise<boolean> {
  try {
    const folder = await findDataDirectory(port, cluster.password);
    const [theirs, ours] = await Promise.all([stat(folder), stat(cluster.folder)]);
    return theirs.ino === ours.ino && theirs.dev === ours.dev;
  } catch {
    return false; // refused, going down, or a path that only its own host knows: asked again until the deadline
  }
}

/** The file as the postmaster last wrote it; null when there is none. */
export async function readPidFile(clusterFolder: string): Promise<PidFile | null> {
  try {
    return parsePidFile(await readFile(path.join(clusterFolder, 'postmaster.pid'), 'utf8'));
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** A file that is still being written has fewer lines; one that names no process is as good as none. */
export function parsePidFile(text: string): PidFile | null {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[LINE.pid] || Number.NaN);
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  return { pid, port: Number(lines[LINE.port] ?? 0), status: lines[LINE.status] ?? '' };
}

/**
 * Starts a postmaster on a free port and waits until it is ready. Null when it ended: the port was taken in between,
 * or another server was faster. Which of them, and whether to try again, the caller finds out by looking again.
 */
export async function startPostmaster(
  place: Place,
  binaries: Binaries,
  options: StartOptions,
): Promise<number | null> {
  const port = await findFreePort();
  await keepLogSmall(place.logFile);
  const args = ['-D', place.clusterFolder];
  for (const [name, value] of Object.entries({
    ...SETTINGS,
    ...options.settings,
    port: String(port),
  })) {
    args.push('-c', `${name}=${value}`);
  }
  const child = spawnPostgres(place, binaries, args);
  let ended = false;
  let ready = false;
  const onEnd = (): void => {
    ended = true;
    if (ready) options.onEnd();
  };
  child.once('exit', onEnd);
  child.once('error', onEnd);
  const since = systemClock.monotonicMs();
  while (!ended) {
    const file = await readPidFile(place.clusterFolder);
    if (file?.pid === child.pid && file?.status === 'ready') {
      ready = true;
      return port;
    }
    if (systemClock.monotonicMs() - since > START_LIMIT_MS) {
      throw new EmbeddedError(
        'start-failed',
        `PostgreSQL did not become ready within ${START_LIMIT_MS / 1000} s. See ${place.logFile}.`,
      );
    }
    await systemClock.sleep(POLL_MS);
  }
  return null;
}

function spawnPostgres(place: Place, binaries: Binaries, args: readonly string[]): ChildProcess {
  const logFd = openSync(place.logFile, 'a', 0o600);
  try {
    const child = spawn(binaries.postgres, args, {
      cwd: '/',
      // A session of its own: Ctrl-C at the terminal is for the server, which stops PostgreSQL last.
      detached: true,
      windowsHide: true,
      stdio: ['ignore', logFd, logFd],
      ...runAs(place.user),
      // Variables such as PGDATA or LC_ALL that were set for something else change nothing here.
      ...(process.platform === 'win32' ? {} : { env: { PATH: '/usr/bin:/bin', TZ: 'UTC' } }),
    });
    child.unref();
    return child;
  } finally {
    closeSync(logFd);
  }
}

/** At each start, a file beyond the bound becomes `pg.log.1` in place of the one before. */
async function keepLogSmall(logFile: string): Promise<void> {
  try {
    if ((await stat(logFile)).size > LOG_LIMIT_BYTES) await rename(logFile, `${logFile}.1`);
  } catch (error) {
    if (!isErrorCode(error, 'ENOENT')) throw error;
  }
}

/** A port that was free a moment ago. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new TypeError('no port was given');
  return address.port;
}
