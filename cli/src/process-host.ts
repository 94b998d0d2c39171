/** The process as a host: the only file of this program that touches `process`. Source of truth: verifier-ux 2.7. @module */
import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { EXIT_INTERRUPTED } from '@kapsel/verification';
import { ISSUES_URL, PROGRAM_NAME, PROGRAM_VERSION } from './about.ts';
import { EXIT_INTERNAL, exitCodeFromError } from './exit-code.ts';
import type { Host, Output, StopReason } from './host.ts';
import { withoutKey } from './key-words.ts';

const stop = new AbortController();

/** Runs a program to its end in this process; a worker thread of it, which is started from the same file, checks packages. */
export function runInProcess(program: (host: Host) => Promise<number>): void {
  // Everything that can fail ends in `tellInternalError`, or in the error event of the worker.
  void (isMainThread ? main(program) : work());
}

async function main(program: (host: Host) => Promise<number>): Promise<void> {
  process.once('SIGINT', () => stopRun('interrupted'));
  process.stdout.on('error', onStdoutError);
  // When stderr is gone nothing more can be told there; the verdict and the exit code still can.
  process.stderr.on('error', () => undefined);
  process.once('uncaughtException', tellInternalError);
  try {
    const exitCode = await program(hostFromProcess());
    process.exitCode ??= exitCode;
    if (exitCode === EXIT_INTERRUPTED) endAfterWriting();
  } catch (error) {
    tellInternalError(error);
  }
}

/** A worker thread runs this same file. */
async function work(): Promise<void> {
  const { serveWorker } = await import('./worker.ts');
  serveWorker();
}

/** The operating system's streams, clock and signals, as the rest of the program sees them. */
function hostFromProcess(): Host {
  const startedMs = performance.now();
  return {
    argv: process.argv.slice(2),
    env: process.env,
    stdout: outputFromStream(process.stdout),
    stderr: outputFromStream(process.stderr),
    stdin: readStdin,
    nowMs: () => Date.now(),
    elapsedMs: () => performance.now() - startedMs,
    signal: stop.signal,
    sleep,
    random: () => Math.random(),
    cores: availableParallelism(),
    workerFile: ownFile(),
    runtime: `node ${process.versions.node} (${process.platform} ${process.arch})`,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.signal.addEventListener('abort', done);
    if (stop.signal.aborted) done();
  });
}

/** This program as a file, for worker threads; an executable that holds it has none. */
function ownFile(): string | null {
  const [, script = ''] = process.argv;
  try {
    const file = realpathSync(script);
    return /\.[cm]?js$/.test(file) ? file : null;
  } catch {
    // Not started from a file: the run goes on in one thread.
    return null;
  }
}

function outputFromStream(stream: NodeJS.WriteStream): Output {
  return {
    isTty: stream.isTTY === true,
    columns: stream.isTTY === true ? stream.columns : null,
    write: (text) => {
      if (text !== '' && !stream.destroyed) stream.write(text);
    },
    ready: () => readyForMore(stream),
  };
}

/** A broken stream is ready at once: nothing will ever be taken from it again. */
function readyForMore(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.on(event, done);
  });
}

/** Standard input; Ctrl-C ends it, so that a run that waits for input can still say how far it came. */
async function* readStdin(): AsyncGenerator<Uint8Array> {
  const input = process.stdin;
  const end = () => input.destroy();
  stop.signal.addEventListener('abort', end);
  try {
    for await (const chunk of input.iterator({ destroyOnReturn: true })) {
      yield chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
    }
  } catch (error) {
    // Destroying the stream ourselves ends the loop with an error that says nothing new.
    if (!stop.signal.aborted) throw error;
  } finally {
    stop.signal.removeEventListener('abort', end);
  }
}

/** A reader that went away (`| head -1`) ends the run quietly; a full disk is told, and is an error. */
function onStdoutError(error: NodeJS.ErrnoException): void {
  stopRun('stdout-closed');
  if (error.code === 'EPIPE') return;
  process.exitCode = exitCodeFromError('E_IO');
  process.stderr.write(`${PROGRAM_NAME}: cannot write the result: ${error.code}  [E_IO]\n`);
}

function stopRun(reason: StopReason): void {
  stop.abort(reason);
}

/** Never a stack trace, never a key: what is needed for a report, and where to send it. */
function tellInternalError(error: unknown): void {
  process.exitCode = EXIT_INTERNAL;
  const name = error instanceof Error ? error.name : typeof error;
  process.stderr.write(
    [
      `${PROGRAM_NAME}: internal error (${name})  [E_INTERNAL]`,
      '  This says nothing about the proof: the program itself failed.',
      `  Version: ${PROGRAM_NAME} ${PROGRAM_VERSION}, node ${process.versions.node}, ${process.platform} ${process.arch}`,
      `  Command: ${redactedCommand(process.argv.slice(2))}`,
      `  Please report it: ${ISSUES_URL}`,
      '',
    ].join('\n'),
  );
}

/** The command without values of options, without files, and without anything like a key. */
function redactedCommand(argv: readonly string[]): string {
  const words = argv.map((word) => {
    if (/^--?[a-z][a-z-]*$/.test(word)) return word;
    if (/^--[a-z][a-z-]*=/.test(word)) return `${word.split('=', 1)[0]}=(…)`;
    return '(…)';
  });
  return [PROGRAM_NAME, ...words].map(withoutKey).join(' ');
}

/**
 * Ends as soon as stdout has taken everything. Standard input may still hold the process, so it exits; a file that
 * blocks (a named pipe nobody writes to) would hold the exit too, and is left by the signal itself: 130 for a shell.
 */
function endAfterWriting(): void {
  process.stdout.write('', () => {
    // What has just ended is still listed in this turn of the loop.
    setImmediate(() => {
      const isBlocked = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
      if (isBlocked && process.platform !== 'win32') process.kill(process.pid, 'SIGINT');
      else process.exit();
    });
  });
}
