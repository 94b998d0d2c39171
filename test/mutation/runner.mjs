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
// A turn may also take longer and longer, as where a bigint grows: so there is a limit in time too. It counts the time
// of the processor: what else the machine does is no mistake of the code.
const TIME_FACTOR = 20;
const TIME_FLOOR_MS = 5_000;
const LOOPS_PER_LOOK = 1_024; // the clock costs more than a turn of most loops

/** What the switches in the instrumented code read and write. It lives as long as the worker: one test file. */
const state = {
  active: NONE,
  reached: new Uint8Array(0),
  loops: 0,
  maxLoops: Number.POSITIVE_INFINITY,
  deadline: Number.POSITIVE_INFINITY,
};

function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** @type {any} */ (globalThis)[SWITCH] = (/** @type {number} */ id) => {
  state.reached[id] = 1;
  return id === state.active;
};
/** @type {any} */ (globalThis)[LOOP] = () => {
  state.loops++;
  const isLate = state.loops % LOOPS_PER_LOOK === 0 && processorMs() > state.deadline;
  if (isLate || state.loops > state.maxLoops) throw new RangeError('a mutant made a loop endless');
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
  /** How long a test takes, by its place too. @type {Map<string, number>} */
  #durations = new Map();
  #startedAt = processorMs();
  #maxMs = 0;
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
    this.#durations.set(placeOf(test), test.result?.duration ?? 0);
    return super.onAfterRunTask(test);
  }

  /** @override @param {File[]} files Vitest gives one at a time. */
  async onAfterRunFiles(files = []) {
    super.onAfterRunFiles();
    const [file] = files;
    if (file === undefined) return;
    if (hasFailed(file)) throw new Error(`${file.name} fails without any mutant`);
    state.maxLoops = LOOP_FACTOR * state.loops + LOOP_FLOOR;
    this.#maxMs = TIME_FACTOR * (processorMs() - this.#startedAt) + TIME_FLOOR_MS;
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

  /** A test that ran out of time is tried once more, for the same reason. @param {number} id @param {string} path @param {ReadonlySet<string> | null} places */
  async #kills(id, path, places) {
    const first = await this.#failureOf(id, path, places);
    return first === 'late' ? (await this.#failureOf(id, path, places)) !== null : first !== null;
  }

  /** Loads everything afresh, so that nothing a mutant left in a module reaches the next one. @param {number} id @param {string} path @param {ReadonlySet<string> | null} places */
  async #failureOf(id, path, places) {
    vi.resetModules();
    state.loops = 0;
    state.active = id;
    state.deadline = processorMs() + this.#maxMs;
    try {
      const files = await startTests([path], quietRunner(this, places, this.#durations));
      if (!files.some(hasFailed)) return null;
      return files.flatMap(messagesOf).some(isTimeout) ? 'late' : 'wrong';
    } finally {
      state.active = NONE;
      state.deadline = Number.POSITIVE_INFINITY;
    }
  }

  /** @param {object} entry */
  #write(entry) {
    appendFileSync(this.#orders.log, `${JSON.stringify(entry)}\n`);
  }
}

/**
 * The same runner with nothing to report to, which takes the quick tests first and stops at the first failure.
 * @param {MutationRunner} runner
 * @param {ReadonlySet<string> | null} places
 * @param {ReadonlyMap<string, number>} durations
 */
function quietRunner(runner, places, durations) {
  let failed = false;
  const nothing = () => {};
  /** @type {WeakMap<object, string>} */
  const placeBeforeSorting = new WeakMap();
  return Object.assign(Object.create(runner), {
    onBeforeCollect: nothing,
    onCollectStart: nothing,
    onCollected: (/** @type {File[]} */ files) => {
      for (const file of files) sortByDuration(file, durations, placeBeforeSorting);
    },
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
      const isReached = places?.has(placeBeforeSorting.get(test) ?? '') ?? true;
      if (failed || !isReached) test.mode = 'skip';
    },
    onAfterRunTask: (/** @type {Test} */ test) => {
      if (test.result?.state === 'fail') failed = true;
    },
  });
}

/**
 * Sorts the tests of a suite, and the suites in it; gives back how long all of it takes.
 * @param {any} task
 * @param {ReadonlyMap<string, number>} durations
 * @param {WeakMap<object, string>} places Where each test stood before.
 * @returns {number}
 */
function sortByDuration(task, durations, places) {
  if (task.tasks === undefined) {
    const place = placeOf(task);
    places.set(task, place);
    return durations.get(place) ?? 0;
  }
  /** @type {{ child: object, duration: number }[]} */
  const children = task.tasks.map((/** @type {object} */ child) => ({
    child,
    duration: sortByDuration(child, durations, places),
  }));
  // A place is an index in these lists, so they change only after all places below are known.
  children.sort((a, b) => a.duration - b.duration);
  task.tasks = children.map(({ child }) => child);
  return children.reduce((sum, { duration }) => sum + duration, 0);
}

/** Names may repeat, places do not. @param {any} task @returns {string} */
function placeOf(task) {
  const parent = task.suite ?? task.file;
  if (parent === undefined || parent === task) return '';
  return `${placeOf(parent)}/${parent.tasks.indexOf(task)}`;
}

/** @param {any} task @returns {string[]} */
function messagesOf(task) {
  const own = (task.result?.errors ?? []).map((/** @type {Error} */ { message }) => message);
  return [...own, ...(task.tasks ?? []).flatMap(messagesOf)];
}

/** @param {string} message */
function isTimeout(message) {
  return message.includes('timed out in');
}

/** @param {any} task @returns {boolean} */
function hasFailed(task) {
  return task.result?.state === 'fail' || (task.tasks ?? []).some(hasFailed);
}
