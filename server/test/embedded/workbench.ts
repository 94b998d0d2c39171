/** What the tests of the embedded PostgreSQL share: folders, launches and processes that are gone afterwards. @module */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { vi } from 'vitest';
import { makeTestFolder } from '../../../test/support/postgres-folder.ts';
import {
  type EmbeddedPostgres,
  type LaunchOptions,
  launchPostgres,
} from '../../src/embedded/launch.ts';
import { readPidFile } from '../../src/embedded/postmaster.ts';
import { isAlive } from '../../src/embedded/process-probe.ts';

/** A cluster in another process, which can be killed. */
export interface LaunchedChild {
  readonly child: ChildProcess;
  readonly postgres: EmbeddedPostgres;
}

/** Everything a test file has started; `clear` ends and removes it. */
export class Workbench {
  readonly lines: string[] = [];
  readonly #folders: string[] = [];
  readonly #launched: EmbeddedPostgres[] = [];
  readonly #children: ChildProcess[] = [];

  async folder(): Promise<string> {
    const folder = await makeTestFolder();
    this.#folders.push(folder);
    return folder;
  }

  async launch(dataDir: string, options: Partial<LaunchOptions> = {}): Promise<EmbeddedPostgres> {
    const log = (line: string): void => {
      this.lines.push(line);
    };
    const postgres = await launchPostgres({ dataDir, log, skipSync: true, ...options });
    this.#launched.push(postgres);
    return postgres;
  }

  async launchInChild(dataDir: string): Promise<LaunchedChild> {
    const script = fileURLToPath(new URL('launch-child.mjs', import.meta.url));
    const source = fileURLToPath(new URL('../../src/embedded/launch.ts', import.meta.url));
    const options = JSON.stringify({ dataDir, skipSync: true });
    const child = spawn(process.execPath, [script, source, options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    for await (const line of createInterface({ input: child.stdout })) {
      return { child, postgres: JSON.parse(line) as EmbeddedPostgres };
    }
    throw new Error(`the child ended with ${child.exitCode}`);
  }

  /** A program that is not PostgreSQL and runs until the end of the test. */
  bystander(): ChildProcess {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], {
      stdio: 'ignore',
    });
    this.#children.push(child);
    return child;
  }

  /** After each test: ends everything; the folders stay, so that tests may share a cluster. */
  async settle(): Promise<void> {
    for (const child of this.#children.splice(0)) await kill(child);
    for (const postgres of this.#launched.splice(0)) await postgres.stop();
    this.lines.splice(0);
  }

  /** After the last test. */
  async clear(): Promise<void> {
    await this.settle();
    for (const folder of this.#folders.splice(0)) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** SIGKILL, and until the process is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

export async function query(
  connectionString: string,
  text: string,
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

export async function postmasterPid(postgres: EmbeddedPostgres): Promise<number> {
  const file = await readPidFile(postgres.clusterFolder);
  if (file === null) throw new TypeError('no postmaster.pid');
  return file.pid;
}

/** Processes that work in the folder, as every process of a cluster does. Linux only; elsewhere the postmaster alone. */
function processesIn(folder: string, pid: number | null): number[] {
  if (process.platform !== 'linux') return pid !== null && isAlive(pid) ? [pid] : [];
  const real = realpathSync(folder);
  return readdirSync('/proc')
    .map(Number)
    .filter((number) => {
      try {
        return readlinkSync(`/proc/${number}/cwd`) === real;
      } catch {
        return false; // not a process, or gone by now
      }
    });
}

/** Waits until no process of the cluster is left; fails after the time that a killed server may take. */
export async function untilDown(
  postgres: Pick<EmbeddedPostgres, 'clusterFolder'>,
  pid: number | null,
): Promise<void> {
  await vi.waitFor(
    () => {
      const left = processesIn(postgres.clusterFolder, pid);
      if (left.length > 0) throw new Error(`still running: ${left.join(', ')}`);
    },
    { timeout: 5_000, interval: 20 },
  );
}
