// @ts-check
/** A helper process that is told one thing over its channel and answers once. @module */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * @param {string} file Beside this one. @param {readonly string[]} [words]
 * @returns {Promise<{ pid: number, ask: (order: object) => Promise<any>, stop: () => Promise<void> }>}
 */
export async function startChild(file, words = []) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const answer = () =>
    Promise.race([
      once(child, 'message').then(([message]) => message),
      ended.then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`))),
    ]);
  await answer(); // "ready"
  return {
    pid: child.pid ?? 0,
    ask(order) {
      const told = answer();
      child.send(order);
      return told;
    },
    async stop() {
      child.disconnect();
      await ended.catch(() => {}); // its failure was told by `ask`
    },
  };
}
