// @ts-check
/** Starts the load generator, and makes percentiles of what it measured. @module */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('load-child.mjs', import.meta.url));

/**
 * @typedef {{ perSecond: number, p50Ms: number, p99Ms: number, cpuShare: number }} Load
 */

/**
 * Asks for each path once, over `connections` connections. Fails unless every answer is 200.
 * @param {string} origin @param {readonly string[]} warmUp Asked for first, and not counted.
 * @param {readonly string[]} paths @param {number} connections @returns {Promise<Load>}
 */
export async function load(origin, warmUp, paths, connections) {
  const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    await once(child, 'message');
    child.send({ origin, warmUp, paths, connections });
    const [outcome] = /** @type {[import('./load-child.mjs').Outcome]} */ (
      await once(child, 'message')
    );
    if (outcome.notOk > 0) throw new Error(`${outcome.notOk} answers were not 200`);
    const sorted = [...outcome.latenciesMs].sort((a, b) => a - b);
    return {
      perSecond: paths.length / outcome.seconds,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      cpuShare: outcome.cpuSeconds / outcome.seconds,
    };
  } finally {
    child.kill();
  }
}

/** @param {readonly number[]} sorted Ascending. @param {number} share 0.99 is the 99th percentile. */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
