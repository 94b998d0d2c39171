// @ts-check
/** Runs inside vitest's worker: first the tests as they are, then again for each mutant that they reached. @module */
import { appendFileSync, readFileSync } from 'node:fs';
import { startTests } from '@vitest/runner';
import fc from 'fast-check';
import { TestRunner, vi } from 'vitest';
import { LOOP, SWITCH } from './instrument.mjs';

/**
 * @typedef {{ mutants: number, todo: readonly number[], log: string }} Orders What the session asks of this file.
 * @typedef {import('@vitest/runner').Test} Test
 * @typedef {import('@vitest/runner').File} File
 */

const NONE = -1;
const LOOP_FACTOR = 20; // a mutant may turn loops this much more often than the tests do without it
const LOOP_FLOOR = 1_000_000;

/** What the switches in the instrumented code read and write. It lives as long as the worker: one test file. */
const state = {
  active: NONE,
  reached: new Uint8Array(0),
  loops: 0,
  maxLoops: Number.POSITIVE_INFINITY,
};

/** @type {any} */ (globalThis)[SWITCH] = (/** @type {number} */ id) => {
  state.reached[id] = 1;
  return id === state.active;
};
/** @type {any} */ (globalThis)[LOOP] = () => {
  state.loops++;
  if (state.loops > state.maxLoops) throw new RangeError('a mutant made a loop endless');
};

// A counterexample need not be a small one: the first is enough.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });

/** Vitest's own runner, which then goes through the mutants. */
// biome-ignore lint/style/noDefaultExport: vitest loads a runner by its default export
export default class MutationRunner extends TestRunner {
  /** @type {Orders} */
  #orders = JSON.parse(readFileSync(process.env.KAPSEL_MUTATION_ORDERS ?? '', 'utf8'));
  /** Which mutants a test reached, by the test's place in the file. @type {Map<string, Uint8Array>} */
  #reachedBy = new Map();
  /** Reached while the modules were loaded: every test of the file depends on these. */
  #reachedAtLoad = new Uint8Array(0);

  onBeforeCollect() {
    state.reached = new Uint8Array(this.#orders.mutants);
  }

  onCollected() {
    this.#reachedAtLoad = state.reached;
  }

  /** @override @param {Test} test */
  async onBeforeRunTask(test) {
    state.reached = new Uint8Array(this.#orders.mutants);
    await super.onBeforeRunTask(test);
  }

  /** @override @param {Test} test */
  onAfterRunTask(test) {
    this.#reachedBy.set(placeOf(test), state.reached);
    return super.onAfterRunTask(test);
  }

  /** @override @param {File[]} files Vitest gives one at a time. */
  async onAfterRunFiles(files = []) {
    super.onAfterRunFiles();
    const [file] = files;
    if (file === undefined) return;
    if (hasFailed(file)) throw new Error(`${file.name} fails without any mutant`);
    state.maxLoops = LOOP_FACTOR * state.loops + LOOP_FLOOR;
    for (const id of this.#orders.todo) {
      const places = this.#placesThatReach(id);
      if (places !== null && places.size === 0) continue;
      this.#write({ started: id });
      this.#write({ id, killed: await this.#kills(id, file.filepath, places) });
    }
  }

  /** The tests to run for a mutant; null means all of them. @param {number} id */
  #placesThatReach(id) {
    if (this.#reachedAtLoad[id] === 1) return null;
    return new Set([...this.#reachedBy].flatMap(([place, ids]) => (ids[id] === 1 ? [place] : [])));
  }

  /** Loads everything afresh, so that nothing a mutant left in a module reaches the next one. @param {number} id @param {string} path @param {ReadonlySet<string> | null} places */
  async #kills(id, path, places) {
    vi.resetModules();
    state.loops = 0;
    state.active = id;
    try {
      const files = await startTests([path], quietRunner(this, places));
      return files.some(hasFailed);
    } finally {
      state.active = NONE;
    }
  }

  /** @param {object} entry */
  #write(entry) {
    appendFileSync(this.#orders.log, `${JSON.stringify(entry)}\n`);
  }
}

/**
 * The same runner with nothing to report to, which stops at the first failure.
 * @param {MutationRunner} runner
 * @param {ReadonlySet<string> | null} places
 */
function quietRunner(runner, places) {
  let failed = false;
  const nothing = () => {};
  return Object.assign(Object.create(runner), {
    onBeforeCollect: nothing,
    onCollectStart: nothing,
    onCollected: nothing,
    onBeforeRunFiles: nothing,
    onAfterRunFiles: nothing,
    onBeforeRunSuite: nothing,
    onAfterRunSuite: nothing,
    onTaskUpdate: nothing,
    onTaskFinished: nothing,
    onAfterRetryTask: nothing,
    onAfterTryTask: nothing,
    onBeforeTryTask: nothing,
    cancel: nothing,
    onBeforeRunTask: (/** @type {Test} */ test) => {
      if (failed || (places !== null && !places.has(placeOf(test)))) test.mode = 'skip';
    },
    onAfterRunTask: (/** @type {Test} */ test) => {
      if (test.result?.state === 'fail') failed = true;
    },
  });
}

/** Names may repeat, places do not. @param {any} task @returns {string} */
function placeOf(task) {
  const parent = task.suite ?? task.file;
  if (parent === undefined || parent === task) return '';
  return `${placeOf(parent)}/${parent.tasks.indexOf(task)}`;
}

/** @param {any} task @returns {boolean} */
function hasFailed(task) {
  return task.result?.state === 'fail' || (task.tasks ?? []).some(hasFailed);
}
