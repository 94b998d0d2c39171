/** Bytes from a named file or from standard input, never more than a limit. Source of truth: verifier-ux 2.2 and 2.5. @module */
import { open } from 'node:fs/promises';
import type { Host } from './host.ts';
import { UsageError } from './usage-error.ts';

export const STDIN_NAME = '-';
const CHUNK_BYTES = 65_536;

/** What came out of one input; `unreadable` says why in words, `stopped` that the run was cut short while reading. */
export type Source =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large'; readonly limitBytes: number }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'stopped' };

/** Reads a file, a pipe (`<(command)`) or, for `-`, standard input. Bytes only: decoding is the core's, which refuses bad UTF-8. */
export async function readSource(host: Host, name: string, limitBytes: number): Promise<Source> {
  if (host.signal.aborted) return { kind: 'stopped' };
  const chunks = name === STDIN_NAME ? host.stdin() : readFileChunks(name);
  const { promise: stopped, resolve: stop } = deferredStop();
  host.signal.addEventListener('abort', stop);
  try {
    // A named pipe that nobody writes to blocks for ever: the wait can be given up, the read itself cannot.
    const source = await Promise.race([readChunks(chunks, limitBytes), stopped]);
    return host.signal.aborted ? { kind: 'stopped' } : source;
  } finally {
    host.signal.removeEventListener('abort', stop);
  }
}

function deferredStop(): { readonly promise: Promise<Source>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<Source>((fulfil) => {
    resolve = () => fulfil({ kind: 'stopped' });
  });
  return { promise, resolve };
}

async function readChunks(chunks: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Source> {
  const kept: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > limitBytes) return { kind: 'too-large', limitBytes };
      kept.push(chunk);
    }
  } catch (error) {
    return { kind: 'unreadable', reason: reasonOfSystemError(error) };
  }
  return { kind: 'bytes', bytes: new Uint8Array(Buffer.concat(kept)) };
}

/** The bytes of a file or of standard input, chunk by chunk; ends early, without a word, when the run is stopped. */
export async function* readChunksUntilStopped(
  host: Host,
  name: string,
): AsyncGenerator<Uint8Array> {
  const chunks = (name === STDIN_NAME ? host.stdin() : readFileChunks(name))[
    Symbol.asyncIterator
  ]();
  let giveUp = () => {};
  const stop = () => giveUp();
  host.signal.addEventListener('abort', stop);
  let isStopped = host.signal.aborted;
  try {
    while (!isStopped) {
      // Not a race with one lasting promise: that would hold every chunk until the end of the run.
      const next = await new Promise<IteratorResult<Uint8Array> | null>((resolve, reject) => {
        giveUp = () => resolve(null);
        chunks.next().then(resolve, reject);
      });
      isStopped = host.signal.aborted;
      if (isStopped || next === null || next.done === true) return;
      yield next.value;
    }
  } finally {
    host.signal.removeEventListener('abort', stop);
    // A read that blocks for ever would never let itself be closed, so nobody waits for that.
    if (!isStopped) await chunks.return?.();
  }
}

/** Opened once and read from the same handle, so that a file swapped in between is never half of each. */
export async function* readFileChunks(name: string): AsyncGenerator<Uint8Array> {
  const file = await open(name, 'r');
  try {
    while (true) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'this is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long for a file',
  ERR_INVALID_ARG_VALUE: 'this cannot be the name of a file',
};

/** Words for an error of the operating system; anything else is a mistake of this program and goes on as it is. */
export function reasonOfSystemError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') throw error;
  return REASONS[code] ?? `the system refuses (${code})`;
}

/** How an input is called in messages. */
export function labelOfInput(name: string): string {
  return name === STDIN_NAME ? 'stdin' : name;
}

/** A stream can be read once; the second reader would see an empty file and call it malformed. */
export function assertStdinOnce(words: readonly string[]): void {
  const readers = words.filter((word) => word === STDIN_NAME || word === `@${STDIN_NAME}`);
  if (readers.length > 1) {
    throw new UsageError('E_USAGE', 'standard input (-) can be read only once');
  }
}
