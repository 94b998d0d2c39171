// @ts-check
/** Load of signed POSTs from a process of its own: wrk where it is installed, else autocannon. @module */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOfEnded } from './process-cpu.mjs';

const SCRIPT = fileURLToPath(new URL('ingest-load.lua', import.meta.url));
const SUBSTITUTE = fileURLToPath(new URL('autocannon-child.mjs', import.meta.url));

/**
 * @typedef {{
 *   url: string,
 *   bodyFile: string,
 *   contentType: string,
 *   signature: string,
 *   isKeyed: boolean,
 *   connections: number,
 *   seconds: number,
 * }} HttpOrder With `isKeyed` each request carries an idempotency key of its own.
 * @typedef {{
 *   requests: number,
 *   seconds: number,
 *   p50Ms: number,
 *   p90Ms: number,
 *   p99Ms: number,
 *   p999Ms: number,
 *   maxMs: number,
 *   notOk: number,
 * }} HttpOutcome
 * @typedef {HttpOutcome & { perSecond: number, cpuSeconds: number }} HttpLoad
 */

/** The name and version of the program that makes the load. */
export function loadGenerator() {
  const { stdout, status } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  return status === null ? 'autocannon' : (/wrk \S+/.exec(stdout ?? '')?.[0] ?? 'wrk');
}

/** Fails unless every answer has a status in the two hundreds. @param {HttpOrder} order @returns {Promise<HttpLoad>} */
export async function postLoad(order) {
  const before = await cpuSecondsOfEnded();
  const outcome = await run(order);
  if (outcome.notOk > 0) throw new Error(`${outcome.notOk} of ${outcome.requests} failed`);
  const cpuSeconds = (await cpuSecondsOfEnded()) - before;
  return { ...outcome, perSecond: outcome.requests / outcome.seconds, cpuSeconds };
}

/** @param {HttpOrder} order @returns {Promise<HttpOutcome>} */
async function run({ url, bodyFile, contentType, signature, isKeyed, connections, seconds }) {
  const prefix = isKeyed ? randomUUID() : '';
  const words = [bodyFile, contentType, signature, prefix];
  const [program, parameters] =
    loadGenerator() === 'autocannon'
      ? [process.execPath, [SUBSTITUTE, url, `${connections}`, `${seconds}`, ...words]]
      : [
          'wrk',
          [
            '-t1',
            `-c${connections}`,
            `-d${seconds}s`,
            '--timeout',
            '10s',
            '-s',
            SCRIPT,
            url,
          ].concat(['--', ...words]),
        ];
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  const line = text.split('\n').find((candidate) => candidate.startsWith('{'));
  if (code !== 0 || line === undefined) throw new Error(`${program} ended with ${code}: ${text}`);
  return JSON.parse(line);
}
