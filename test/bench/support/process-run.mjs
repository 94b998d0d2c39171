// @ts-check
/** One run of a program as a process of its own: its time from spawn to exit, and the most memory it held. @module */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

// So often the kernel's own high-water mark is read; it never falls, so only its last rise can be missed.
const LOOK_MS = 10;

/**
 * @param {readonly string[]} words For Node.
 * @param {{ watchMemory?: boolean, input?: Iterable<Uint8Array> }} [options] `input` is written to standard input, as
 *   fast as it is read.
 * @returns {Promise<{ code: number | null, wallS: number, peakMiB: number | null, stdout: string }>}
 */
export async function runNode(words, { watchMemory = false, input = [] } = {}) {
  const start = performance.now();
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  let peakKiB = 0;
  const look = () => {
    peakKiB = Math.max(peakKiB, highWaterKiB(child.pid));
  };
  const looking = watchMemory ? setInterval(look, LOOK_MS) : undefined;
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const closed = once(child, 'close');
  // A program that ends early is told by its exit code.
  await pipeline(input, child.stdin).catch(() => undefined);
  const [code] = await closed;
  clearInterval(looking);
  return {
    code,
    wallS: (performance.now() - start) / 1e3,
    peakMiB: peakKiB === 0 ? null : peakKiB / 1024,
    stdout: Buffer.concat(chunks).toString('utf8'),
  };
}

/** VmHWM of Linux; 0 where there is none, or when the process is gone. @param {number | undefined} pid */
function highWaterKiB(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
