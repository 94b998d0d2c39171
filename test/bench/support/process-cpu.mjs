// @ts-check
/** What processes cost: seconds of CPU and memory, from the kernel's own books. Linux only. @module */
import { readdir, readFile } from 'node:fs/promises';

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux

/** @typedef {{ ppid: number, ownSeconds: number, waitedSeconds: number }} Books `waitedSeconds`: of children that have ended. */

/** @param {number | string} pid @returns {Promise<Books | null>} Null for a process that is gone. */
async function booksOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // The name may hold blanks; what follows its bracket does not. Field 3 is the first of them.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (/** @type {number} */ field) => Number(fields[field - 3]) / TICKS_PER_SECOND;
  return {
    ppid: Number(fields[1]),
    ownSeconds: seconds(14) + seconds(15),
    waitedSeconds: seconds(16) + seconds(17),
  };
}

/** Of one process alone. @param {number} pid */
export async function cpuSecondsOf(pid) {
  return (await booksOf(pid))?.ownSeconds ?? 0;
}

/** Of the children of this process that have ended. */
export async function cpuSecondsOfEnded() {
  return (await booksOf('self'))?.waitedSeconds ?? 0;
}

/** Of a process with its children, those that have ended included. @param {number} pid */
export async function cpuSecondsOfFamily(pid) {
  const own = await booksOf(pid);
  let sum = (own?.ownSeconds ?? 0) + (own?.waitedSeconds ?? 0);
  for (const child of await childrenOf(pid)) {
    const books = await booksOf(child);
    sum += (books?.ownSeconds ?? 0) + (books?.waitedSeconds ?? 0);
  }
  return sum;
}

/** Proportional, so that memory which PostgreSQL's processes share counts once. @param {number} pid */
export async function memoryMiBOfFamily(pid) {
  let kib = 0;
  for (const member of [pid, ...(await childrenOf(pid))]) {
    const text = await readFile(`/proc/${member}/smaps_rollup`, 'utf8').catch(() => '');
    kib += Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
  }
  return kib / 1024;
}

/** @param {number} pid @returns {Promise<number[]>} */
async function childrenOf(pid) {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => ((await booksOf(name))?.ppid === pid ? Number(name) : 0)),
  );
  return found.filter((child) => child !== 0);
}
