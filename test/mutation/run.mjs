// @ts-check
/** `npm run mutation -- [file…]`: plants small mistakes in `packages/verification/src` and asks the tests to notice each. @module */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { instrument } from './instrument.mjs';
import { entriesOf } from './log.mjs';
import { explainedIn, reportOf } from './report.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = join(ROOT, 'packages/verification/src');
const TESTS = join(ROOT, 'packages/verification/test');
const EQUIVALENT = fileURLToPath(new URL('./equivalent.json', import.meta.url));
const SESSION = fileURLToPath(new URL('./session.mjs', import.meta.url));

const STALL_MS = 180_000; // longer than any one test may take
const LOOK_EVERY_MS = 5_000;
const MAX_RESTARTS = 20;
// These look at texts of files or at the clock, not at what the code does.
const LEFT_OUT = /^(wall|index|readme|documented|linear-time)\.test\.ts$|\.slow\.test\.ts$/;
const LATE = /\.property\.test\.ts$|^(fuzz|display-escape)\.test\.ts$/; // the slow ones

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {readonly string[]} words File names, with or without folder and `.ts`; none means all. */
function chosenSources(words) {
  const all = readdirSync(SOURCES).filter((name) => name !== 'index.ts');
  const names = words.map((word) => `${basename(word, '.ts')}.ts`);
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`not in packages/verification/src: ${unknown.join(' ')}`);
  return (names.length === 0 ? all : names).map((name) => join(SOURCES, name));
}

/** The tests of the chosen files first: they notice most. @param {readonly string[]} sources */
function orderedTests(sources) {
  const rank = (/** @type {string} */ name) => {
    if (LATE.test(name)) return 2;
    return isTestOf(sources, name) ? 0 : 1;
  };
  return readdirSync(TESTS)
    .filter((name) => name.endsWith('.test.ts') && !LEFT_OUT.test(name))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((name) => join(TESTS, name));
}

/** @param {readonly string[]} sources @param {string} test */
function isTestOf(sources, test) {
  return sources.some((path) => basename(test).startsWith(`${basename(path, '.ts')}.`));
}

/** @param {readonly string[]} sources */
function mutantsOf(sources) {
  /** @type {import('./instrument.mjs').Mutant[]} */
  const mutants = [];
  for (const path of sources) {
    const text = readFileSync(path, 'utf8');
    mutants.push(...instrument(basename(path), text, mutants.length).mutants);
  }
  return mutants;
}

/** Resolves with whether the session came to its end; kills it when the log stands still. @param {string} plan @param {string} orders @param {string} log */
function runSession(plan, orders, log) {
  return new Promise((resolve, reject) => {
    const session = spawn(process.execPath, [SESSION, plan, orders], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    let seen = -1;
    let since = Date.now();
    let hung = false;
    const timer = setInterval(() => {
      const entries = entriesOf(log).length;
      if (entries !== seen) {
        seen = entries;
        since = Date.now();
      } else if (Date.now() - since > STALL_MS) {
        hung = true;
        session.kill('SIGKILL');
      }
    }, LOOK_EVERY_MS);
    session.on('error', reject);
    session.on('exit', (code) => {
      clearInterval(timer);
      if (code === 0) resolve(true);
      else if (hung) resolve(false);
      else reject(new Error(`the session ended with ${code}`));
    });
  });
}

/** @param {readonly string[]} sources @param {readonly number[]} explained @param {string} folder */
async function runAll(sources, explained, folder) {
  const log = join(folder, 'log.jsonl');
  const plan = join(folder, 'plan.json');
  const orders = join(folder, 'orders.json');
  for (let restarts = 0; restarts <= MAX_RESTARTS; restarts++) {
    const done = entriesOf(log).flatMap((entry) => entry.done ?? []);
    const tests = orderedTests(sources).filter((path) => !done.includes(path));
    const ownTests = tests.filter((path) => isTestOf(sources, path));
    writeFileSync(plan, JSON.stringify({ sources, tests, ownTests, explained, orders, log }));
    if (await runSession(plan, orders, log)) return entriesOf(log);
    const hanging = entriesOf(log).at(-1)?.started;
    if (hanging === undefined) throw new Error('the tests hang without any mutant');
    say(`mutant ${hanging} hangs; that is noticed too`);
    appendFileSync(log, `${JSON.stringify({ id: hanging, killed: true })}\n`);
  }
  throw new Error(`more than ${MAX_RESTARTS} mutants hang`);
}

async function main() {
  const sources = chosenSources(process.argv.slice(2));
  const mutants = mutantsOf(sources);
  const folder = mkdtempSync(join(tmpdir(), 'kapsel-mutation-'));
  say(`${mutants.length} mutants in ${sources.length} files; progress in ${folder}/log.jsonl`);
  const start = Date.now();
  const equivalents = JSON.parse(readFileSync(EQUIVALENT, 'utf8'));
  const entries = await runAll(sources, explainedIn(mutants, equivalents), folder);
  rmSync(folder, { recursive: true });
  const { lines, isGood } = reportOf(mutants, entries, equivalents);
  process.stdout.write(`${lines.join('\n')}\n`);
  say(`took ${Math.round((Date.now() - start) / 60_000)} min`);
  process.exitCode = isGood ? 0 : 1;
}

await main();
