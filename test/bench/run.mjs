// @ts-check
/** `npm run bench -- NAME [--quick] [--part PART]… [--keep FOLDER]`: runs one bench; progress on stderr, one JSON line last on stdout. @module */
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './support/machine.mjs';
import { installPeers } from './support/peers.mjs';

/**
 * @typedef {{ name: string, measured: number, met: boolean }} Goal
 * @typedef {{
 *   load: string,
 *   figures: Record<string, number>,
 *   ceilings: Record<string, number>,
 *   peers: Record<string, Record<string, string | number>>,
 *   ratios: Record<string, number>,
 *   goals: Goal[],
 *   postgres?: string,
 * }} Measured `postgres` is the version of the server that the bench used.
 * @typedef {{
 *   about: string,
 *   needsPeers: boolean,
 *   parts?: readonly string[],
 *   measure: (options: Options) => Promise<Measured>,
 * }} Bench A module `test/bench/<name>.bench.mjs`; importing it measures nothing and loads nothing of ours. `parts` can be
 *   asked for one by one.
 * @typedef {{
 *   quick: boolean,
 *   say: (line: string) => void,
 *   parts: readonly string[],
 *   keep: string | null,
 * }} Options `parts` is empty for all of them; `keep` is a folder whose database is left there, and used again.
 */

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../..');
const END = '.bench.mjs';

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {string} name @returns {Promise<Bench>} */
function load(name) {
  return import(pathToFileURL(join(HERE, `${name}${END}`)).href);
}

async function benchNames() {
  const files = await readdir(HERE);
  return files.flatMap((file) => (file.endsWith(END) ? [file.slice(0, -END.length)] : [])).sort();
}

/** @param {readonly string[]} names */
async function list(names) {
  for (const name of names) {
    const { about } = await load(name);
    process.stdout.write(`${name.padEnd(8)} ${about}\n`);
  }
}

/** The benches import what is shipped, so they measure the compiled files. */
function build() {
  say('building …');
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: ROOT,
    shell: process.platform === 'win32', // npm is a .cmd there
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`the build ended with ${status}`);
}

/** @param {string} name @param {Bench} bench @param {Omit<Options, 'say'>} options */
async function run(name, bench, options) {
  build();
  if (bench.needsPeers) installPeers(say);
  const at = new Date().toISOString();
  const { postgres = null, ...measured } = await bench.measure({ ...options, say });
  const machine = describeMachine(postgres);
  for (const goal of measured.goals) {
    say(`goal ${goal.met ? 'met   ' : 'missed'} ${goal.name}: ${goal.measured}`);
  }
  if (options.quick) say('quick: this proves that the bench runs; its figures are not quoted');
  process.stdout.write(`${JSON.stringify({ bench: name, at, machine, ...measured })}\n`);
}

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      part: { type: 'string', multiple: true, default: [] },
      keep: { type: 'string' },
    },
    allowPositionals: true,
  });
  const names = await benchNames();
  const [name, ...rest] = positionals;
  if (name === undefined) return list(names);
  if (rest.length > 0 || !names.includes(name)) {
    say(
      `usage: npm run bench -- NAME [--quick] [--part PART]… [--keep FOLDER], NAME one of: ${names.join(' ')}`,
    );
    process.exitCode = 64;
    return;
  }
  const bench = await load(name);
  const { quick, part: parts, keep = null } = values;
  const known = bench.parts ?? [];
  if (parts.some((part) => !known.includes(part)) || (keep !== null && known.length === 0)) {
    say(known.length === 0 ? `${name} has no parts` : `${name} has the parts ${known.join(' ')}`);
    process.exitCode = 64;
    return;
  }
  await run(name, bench, { quick, parts, keep: keep === null ? null : resolve(keep) });
}

await main();
