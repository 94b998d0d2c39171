/** The one table of optional parts: what a test may miss, how it is probed, how to get it. @module */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TestRunner } from 'vitest';
import { findBrowser } from './browser.ts';
import { findFirefox } from './firefox.ts';
import { findPgBouncer } from './pgbouncer.ts';
import { findBaseBackup } from './postgres-standby.ts';
import { findRuntimes } from './runtimes.ts';

/** A part that some tests need and that a machine may lack. */
export type PartName =
  | 'browser'
  | 'firefox'
  | 'jq'
  | 'namespace'
  | 'openssl'
  | 'opentimestamps'
  | 'pgbouncer'
  | 'promtool'
  | 'pty'
  | 'redis'
  | 'runtimes'
  | 'standby'
  | 'tmpfs';

interface Part {
  /** True if present, false if absent; throws if present but broken, which is a failure and never a skip. */
  readonly probe: () => boolean;
  readonly remedy: string;
}

const PROBE_LIMIT_MS = 1_000;

/** Every optional part. Nothing else may skip a test. */
export const PARTS: Readonly<Record<PartName, Part>> = {
  browser: {
    probe: () => findBrowser() !== null,
    remedy:
      'install Chromium (Debian: apt-get install chromium) or set KAPSEL_CHROME to its path; on Linux x64 npm ci brings one',
  },
  firefox: {
    probe: () => findFirefox() !== null,
    remedy:
      'install Firefox (Debian: apt-get install firefox-esr) or set KAPSEL_FIREFOX to its path',
  },
  jq: {
    probe: () => answers('jq', ['--version'], /^jq-/),
    remedy: 'install jq (Debian: apt-get install jq)',
  },
  namespace: {
    probe: () =>
      process.platform === 'linux' &&
      spawnSync('unshare', ['--net', '--', 'true'], { timeout: PROBE_LIMIT_MS }).status === 0,
    remedy: 'run as root on Linux with the command unshare of util-linux (Debian: util-linux)',
  },
  openssl: {
    probe: () => answers('openssl', ['version'], /^OpenSSL [3-9]/),
    remedy: 'install OpenSSL 3.0 or newer (Debian: apt-get install openssl)',
  },
  opentimestamps: {
    probe: () => hasPythonModules('opentimestamps', 'bitcoin'),
    remedy:
      'install the OpenTimestamps library for the system Python (Debian: apt-get install python3-opentimestamps)',
  },
  pgbouncer: {
    probe: () => findPgBouncer() !== null,
    remedy: 'install PgBouncer (Debian: apt-get install pgbouncer)',
  },
  promtool: {
    probe: () => answers('promtool', ['--version'], /^promtool, version [23]\./),
    remedy: 'install promtool, which comes with Prometheus (Debian: apt-get install prometheus)',
  },
  pty: {
    probe: () => process.platform === 'linux' && answers('script', ['--version'], /util-linux/),
    remedy: 'install the command script of util-linux (Debian: apt-get install bsdutils)',
  },
  redis: {
    probe: () => answers('redis-server', ['--version'], /^Redis server v=(?:[5-9]|\d\d)\./),
    remedy: 'install Redis 5 or newer (Debian: apt-get install redis-server)',
  },
  runtimes: {
    probe: () => findRuntimes() !== null,
    remedy:
      'run npm ci --prefix .ci/runtimes on Linux x64, or set KAPSEL_NODES to the folders of Node 22 and 24',
  },
  standby: {
    probe: () => findBaseBackup() !== null,
    remedy: 'install PostgreSQL 14 or newer with its client programs (Debian: postgresql)',
  },
  tmpfs: {
    probe: () => process.platform === 'linux' && mayMount(),
    remedy: 'run as root where mount is allowed: a disk that fills up is made of memory',
  },
};

const probed = new Map<PartName, boolean>();

/**
 * Whether the part is there. In a test file it also notes that the file asked, so that the end of
 * the run can say how many tests were skipped for want of it.
 * @example describe.skipIf(!part('browser'))('the built page', () => {});
 */
export function part(name: PartName): boolean {
  noteAsked(name);
  let present = probed.get(name);
  if (present === undefined) {
    present = PARTS[name].probe();
    probed.set(name, present);
  }
  return present;
}

/** The parts this machine lacks, in the order of the table. */
export function missingParts(): PartName[] {
  return (Object.keys(PARTS) as PartName[]).filter((name) => !PARTS[name].probe());
}

/** The loud line for one missing part. */
export function missingLine(name: PartName, skipped: number | null): string {
  const count = skipped === null ? '' : `, ${skipped} ${skipped === 1 ? 'test' : 'tests'} skipped`;
  return `MISSING PART ${name}${count}. To get it: ${PARTS[name].remedy}.`;
}

/** Reads back what `part` noted on a test file. */
export function askedParts(meta: object): readonly PartName[] {
  return (meta as { askedParts?: PartName[] }).askedParts ?? [];
}

function noteAsked(name: PartName): void {
  const file = currentFile();
  if (file === undefined) return;
  const meta = file.meta as { askedParts?: PartName[] };
  meta.askedParts = [...new Set([...(meta.askedParts ?? []), name])];
}

function currentFile(): { meta: object } | undefined {
  try {
    return TestRunner.getCurrentSuite().file;
  } catch {
    return undefined; // not inside a test process: nobody to note it for
  }
}

function answers(command: string, argv: readonly string[], expected: RegExp): boolean {
  const run = spawnSync(command, argv, { encoding: 'utf8', timeout: PROBE_LIMIT_MS });
  if (run.error && 'code' in run.error && run.error.code === 'ENOENT') return false;
  if (run.status !== 0 || !expected.test(run.stdout)) {
    const said = run.error?.message ?? `exit ${run.status}, said "${run.stdout.trim()}"`;
    throw new Error(`${command} is there but does not answer as expected: ${said}`);
  }
  return true;
}

/** The Python of the system, where Debian puts its libraries; a module is looked for, not loaded. */
function hasPythonModules(...names: readonly string[]): boolean {
  const code = `from importlib.util import find_spec; import sys; sys.exit(not all(map(find_spec, ${JSON.stringify(names)})))`;
  const run = spawnSync('/usr/bin/python3', ['-c', code], { timeout: PROBE_LIMIT_MS });
  return run.status === 0;
}

/** Mounts a small file system, and takes it away again. */
function mayMount(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'kapsel-mount-'));
  try {
    const options = { timeout: PROBE_LIMIT_MS, stdio: 'ignore' as const };
    const { status } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder],
      options,
    );
    if (status !== 0) return false;
    spawnSync('umount', [folder], options);
    return true;
  } finally {
    rmdirSync(folder);
  }
}
