// @ts-check
/** The built server in a process of its own, on the bench's database. @module */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../server/dist/main.js', import.meta.url));

// The audit would rightly halt these logs: their leaves tell of attempts that nobody made.
// All load comes from one address, which would soon be told to come back later.
const SETTINGS = {
  KAPSEL_PORT: '0',
  KAPSEL_LOG_LEVEL: 'warn',
  KAPSEL_AUDIT_INTERVAL_MS: '0',
  KAPSEL_TIERS: '{"public":null}',
};

/**
 * @typedef {{
 *   pid: number,
 *   url: string,
 *   apiKey: string | null,
 *   residentMiB: () => Promise<number>,
 *   peakMiB: () => Promise<number>,
 *   stop: () => Promise<void>,
 * }} ServerChild `apiKey` is told at the first start of a database only.
 */

/** @param {Record<string, string>} settings */
function environment(settings) {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...settings };
}

/** Runs a command of the server to its end; answers what it printed. @param {readonly string[]} words @param {Record<string, string>} settings */
export async function runCommand(words, settings) {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`kapsel-server ${words.join(' ')} ended with ${code}`);
  return text;
}

/** Starts a server and waits until it takes requests. @param {Record<string, string>} settings @returns {Promise<ServerChild>} */
export async function startServer(settings) {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: environment({ ...SETTINGS, ...settings }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let text = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('Stop with')) resolve(null);
    });
    ended.then(() => reject(new Error(`the server ended: ${text}`)), reject);
  });
  const pid = child.pid ?? 0;
  const told = (/** @type {string} */ name) =>
    new RegExp(`^  ${name} +(\\S+)$`, 'm').exec(text)?.[1] ?? null;
  return {
    pid,
    url: told('URL') ?? '',
    apiKey: told('API key'),
    residentMiB: () => statusMiB(pid, 'VmRSS'),
    peakMiB: () => statusMiB(pid, 'VmHWM'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** From the kernel's own books. @param {number} pid @param {string} name */
export async function statusMiB(pid, name) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}
