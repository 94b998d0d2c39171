// @ts-check
/** The demo's processes: started, listened to, waited for, and ended whatever happens. @module */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** @typedef {import('node:child_process').ChildProcessWithoutNullStreams} Child */

/** @type {Map<string, Child>} */
const running = new Map();
/** @type {Map<Child, Promise<void>>} */
const endings = new Map();
const STOP_DEADLINE_MS = 20_000;

/**
 * Starts a Node program; `line(pattern)` waits for the next line of its output that matches.
 * @param {string} name @param {string} file @param {Record<string, string>} settings
 */
export function start(name, file, settings) {
  const child = spawn(process.execPath, [file], {
    env: { ...cleanEnv(), ...settings },
    stdio: 'pipe',
    // Ctrl-C reaches a whole process group. In one of its own a child hears of it from us, and once: the
    // server takes a second signal for "at once", and its database would still be ending after us.
    detached: process.platform !== 'win32',
  });
  running.set(name, child);
  /** @type {string[]} */
  const lines = [];
  let errors = '';
  /** @type {(() => void)[]} */
  const wakers = [];
  const wake = () => {
    for (const waker of wakers.splice(0)) waker();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  child.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-4_000);
  });
  let ended = false;
  child.on('exit', () => {
    ended = true;
    wake();
  });
  return {
    /** @param {RegExp} pattern @param {number} deadlineMs @returns {Promise<string>} */
    async line(pattern, deadlineMs) {
      const deadline = Date.now() + deadlineMs;
      for (;;) {
        const at = lines.findIndex((line) => pattern.test(line));
        if (at >= 0) return lines.splice(at, 1)[0] ?? '';
        if (ended) throw new Error(`the ${name} ended: ${errors.trim() || 'without a word'}`);
        if (Date.now() > deadline)
          throw new Error(`the ${name} did not say ${pattern} in ${deadlineMs} ms`);
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, 200);
          wakers.push(() => {
            clearTimeout(timer);
            resolve(undefined);
          });
        });
      }
    },
  };
}

/**
 * Ends all started processes and waits for them. A process that does not end in time is killed.
 * Whoever asks while they are ending waits for the same end: to the server a second signal means "at once".
 */
export async function stopAll() {
  await Promise.all(
    [...running.values()].map((child) => {
      const ending = endings.get(child) ?? stop(child);
      endings.set(child, ending);
      return ending;
    }),
  );
}

/** @param {Child} child */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(timer);
}

/**
 * Runs a Node program to its end.
 * @param {string} file @param {string[]} args @param {string} cwd
 * @returns {Promise<{code: number | null, stdout: string, stderr: string}>}
 */
export function run(file, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      cwd,
      env: cleanEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/**
 * Asks until there is an answer that is not null.
 * @template T
 * @param {string} what @param {number} deadlineMs @param {() => Promise<T | null>} ask
 * @returns {Promise<T>}
 */
export async function waitFor(what, deadlineMs, ask) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`${what} did not come in ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Ctrl-C, or a reader of our output that went away: clean up, then end.
 * @param {() => Promise<void>} cleanUp
 */
export function onInterrupt(cleanUp) {
  let ending = false;
  /** @param {number} code */
  const end = (code) => {
    if (ending) return;
    ending = true;
    cleanUp().finally(() => process.exit(code));
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => end(130));
  }
  process.stdout.on('error', () => end(1));
}

/** The caller's environment without settings that are meant for other servers. */
function cleanEnv() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('KAPSEL_') && name !== 'DATABASE_URL',
    ),
  );
}
