/** What the command gets from the outside world: words, streams, clock, signals. Source of truth: verifier-ux 2.6 and 2.7. @module */

/** One output stream; writing never throws, a broken stream shows up as an aborted `Host.signal`. */
export interface Output {
  readonly isTty: boolean;
  /** Columns of the terminal, or null when the stream is no terminal. */
  readonly columns: number | null;
  write(text: string): void;
  /** Resolves when the reader has caught up, so that a long run does not pile up its output in memory. */
  ready(): Promise<void>;
}

/** Why the run was cut short: Ctrl-C, or the reader of stdout went away. */
export type StopReason = 'interrupted' | 'stdout-closed';

/** Built once by `process-host.ts`, the only file that touches `process`; tests may build their own. */
export interface Host {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** The bytes of standard input; ends early when the run is stopped. */
  stdin(): AsyncIterable<Uint8Array>;
  /** Unix time in milliseconds, for "head in the future" and the like. */
  nowMs(): number;
  /** Milliseconds since the program started, never going backwards. */
  elapsedMs(): number;
  /** Aborted with a `StopReason` as its reason. */
  readonly signal: AbortSignal;
  /** Resolves after the time, or when the run is stopped. */
  sleep(ms: number): Promise<void>;
  /** At least 0, below 1; for waiting times that shall not coincide, never for keys. */
  random(): number;
  /** How many threads can work at the same time. */
  readonly cores: number;
  /** The file that a worker thread runs, or null where there is none of its own. */
  readonly workerFile: string | null;
  /** For `version`: "node 20.20.2 (linux x64)". */
  readonly runtime: string;
}
