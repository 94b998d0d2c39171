/** A host made of buffers, to run the program inside the test process where the process itself is not the subject. @module */
import type { Host, StopReason } from '../../src/host.ts';
import { run } from '../../src/program.ts';
import { HEAD_TIME_MS } from './make-proof.ts';

export interface FakeOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTty?: boolean;
  readonly nowMs?: number;
  /** Stops the run before it starts. */
  readonly stopped?: StopReason;
}

export interface FakeRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line; the clock stands a minute after the test log's heads. */
export async function runInside(
  argv: readonly string[],
  options: FakeOptions = {},
): Promise<FakeRun> {
  const written = { stdout: '', stderr: '' };
  const stop = new AbortController();
  if (options.stopped !== undefined) stop.abort(options.stopped);
  const output = (name: 'stdout' | 'stderr'): Host['stdout'] => ({
    isTty: options.isTty ?? false,
    columns: null,
    write: (text) => {
      written[name] += text;
    },
    ready: async () => undefined,
  });
  const code = await run({
    argv,
    env: options.env ?? {},
    stdout: output('stdout'),
    stderr: output('stderr'),
    stdin: async function* () {
      yield new Uint8Array(Buffer.from(options.stdin ?? ''));
    },
    nowMs: () => options.nowMs ?? HEAD_TIME_MS + 60_000,
    elapsedMs: () => 20,
    signal: stop.signal,
    sleep: async () => undefined,
    random: () => 0.5,
    cores: 1,
    workerFile: null,
    runtime: 'node 20.0.0 (test)',
  });
  return { code, ...written };
}
