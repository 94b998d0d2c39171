/** Where checking happens: in a worker made of the page's own script, or on the page's thread when there can be none. @module */
import type { Ask, Numbered, Tell } from './check-protocol.ts';
import { CheckSession } from './check-session.ts';
import { RUN_LIMITS, type RunLimits } from './item.ts';

/** What a page without a worker checks at most: it shares its thread with the person. */
export const LIMITS_WITHOUT_WORKER: RunLimits = { items: 200, bytes: 33_554_432 };

export interface Checker {
  ask(numbered: Numbered<Ask>): void;
}

/** A worker's side of the thread border; the types of a page do not know it. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Numbered<Ask> | typeof HELLO>) => void) | null;
  postMessage(message: Numbered<Tell> | typeof HELLO): void;
}

const HELLO = 'kapsel checker';

/** True in the worker: the same script runs on both sides. */
export function isWorker(): boolean {
  return typeof document === 'undefined';
}

/** Answers asks from the page. Called once, in the worker. */
export function serveChecks(scope: WorkerScope): void {
  const session = openSession(RUN_LIMITS, (numbered) => scope.postMessage(numbered));
  scope.onmessage = ({ data }) => {
    if (data === HELLO) scope.postMessage(HELLO);
    else void session.take(data);
  };
}

/**
 * Opens the checker of a page. `onLost` is called at most once: no worker could be started, or it died. From then on the
 * page's own thread does the work, within narrower limits, and what was running has to be asked again.
 */
export function openChecker(
  onTell: (numbered: Numbered<Tell>) => void,
  onLost: () => void,
): Checker {
  let worker = startWorker();
  let session: CheckSession | null = null;
  const waiting: Numbered<Ask>[] = [];
  let isReady = false;

  function fallBack(): void {
    if (session !== null) return;
    worker?.terminate();
    worker = null;
    session = openSession(LIMITS_WITHOUT_WORKER, onTell);
    onLost();
  }

  if (worker === null) fallBack();
  else {
    worker.onmessage = ({ data }: MessageEvent<Numbered<Tell> | typeof HELLO>) => {
      if (data !== HELLO) return onTell(data);
      isReady = true;
      for (const ask of waiting.splice(0)) worker?.postMessage(ask);
    };
    worker.onerror = fallBack;
    worker.onmessageerror = fallBack;
    worker.postMessage(HELLO);
  }

  return {
    ask(numbered) {
      if (session !== null) void session.take(numbered);
      else if (isReady) worker?.postMessage(numbered);
      else waiting.push(numbered);
    },
  };
}

function openSession(limits: RunLimits, tell: (numbered: Numbered<Tell>) => void): CheckSession {
  return new CheckSession({
    tell,
    limits,
    monotonicMs: () => performance.now(),
    breathe: nextTask,
  });
}

/** The next task, without the pause that a timer of zero grows to. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

/** The page is one file: the script that runs here is the only one there is, and its text makes the worker. */
function startWorker(): Worker | null {
  const text = document.querySelector('script:not([src])')?.textContent;
  if (!text) return null;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  try {
    return new Worker(url);
  } catch {
    return null; // a browser that allows none: the page does the work itself
  } finally {
    URL.revokeObjectURL(url);
  }
}
