/** Which processes belong to a test: those that mention its folder in their words, their environment or their place. @module */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One line for each process but this one; empty when none is left. Not for Windows, which has no such list. */
export function processesOf(folder: string): string[] {
  const found = process.platform === 'linux' ? fromProc(folder) : fromPs(folder);
  return found.filter((line) => !line.startsWith(`${process.pid} `));
}

function fromProc(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const words = readProc(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      const env = readProc(() => readFileSync(`/proc/${pid}/environ`, 'utf8'));
      const place = readProc(() => readlinkSync(`/proc/${pid}/cwd`));
      // A zombie has no words any more: it has ended, and its parent has not looked yet.
      if (words === '' || !`${words}\0${env}\0${place}`.includes(folder)) return [];
      return [`${pid} ${words.replaceAll('\0', ' ')}`];
    });
}

function readProc(read: () => string): string {
  try {
    return read();
  } catch {
    return ''; // gone by now, or another user's
  }
}

function fromPs(folder: string): string[] {
  const { stdout } = spawnSync('ps', ['-Awwo', 'pid=,command='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(folder));
}
