/** From packages to results, in their order: in this thread, and in all cores where a run is large. Source of truth: verifier-ux 2.5. @module */
import { Worker } from 'node:worker_threads';
import type { Host } from './host.ts';
import type { Item } from './inputs/item.ts';
import { type Result, resultFromItem } from './result.ts';
import { settingsFromKeys, type WorkerSettings } from './worker.ts';

// Threads take time to start and warm up, and memory: up to here one is as fast (docs/benchmarks.md).
const ALONE_COUNT = 10_000;
const BATCH_COUNT = 128;
const BATCH_BYTES = 1_048_576;
const MAX_WORKERS = 8;
// Batches that wait or are being worked on, for each thread: memory stays bounded.
const BATCHES_AHEAD = 3;

/** How a run is worked on. */
export interface HowToVerify {
  readonly settings: WorkerSettings;
  /** The steps or the bytes are read later: then everything stays in this thread. */
  readonly isExplained: boolean;
}

/** The result of each item. */
export async function* verifyItems(
  host: Host,
  items: AsyncIterable<Item>,
  { settings, isExplained }: HowToVerify,
): AsyncGenerator<Result> {
  const own = settingsFromKeys(settings, isExplained);
  const canShare = !isExplained && host.workerFile !== null && host.cores > 1;
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (let count = 0; !canShare || count < ALONE_COUNT; count++) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield resultFromItem(next.value, own);
    }
    yield* verifyShared(
      host,
      host.workerFile ?? '',
      { [Symbol.asyncIterator]: () => iterator },
      settings,
    );
  } finally {
    await iterator.return?.();
  }
}

async function* verifyShared(
  host: Host,
  workerFile: string,
  items: AsyncIterable<Item>,
  settings: WorkerSettings,
): AsyncGenerator<Result> {
  const pool = new WorkerPool(workerFile, Math.min(host.cores, MAX_WORKERS), settings);
  const waiting: Promise<readonly Result[]>[] = [];
  try {
    for await (const batch of batchesOf(items)) {
      waiting.push(pool.run(batch));
      if (waiting.length >= pool.size * BATCHES_AHEAD) yield* (await waiting.shift()) ?? [];
    }
    for (const results of waiting.splice(0)) yield* await results;
  } finally {
    // Answers that nobody waits for any more end with the threads.
    for (const results of waiting) results.catch(() => undefined);
    await pool.close();
  }
}

async function* batchesOf(items: AsyncIterable<Item>): AsyncGenerator<readonly Item[]> {
  let batch: Item[] = [];
  let sizeBytes = 0;
  for await (const item of items) {
    batch.push(item);
    sizeBytes += item.kind === 'package' ? item.bytes.length : 0;
    if (batch.length < BATCH_COUNT && sizeBytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    sizeBytes = 0;
  }
  if (batch.length > 0) yield batch;
}

interface Job {
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Owns the threads; each answers its batches in the order in which it got them. */
class WorkerPool {
  readonly #threads: readonly { readonly worker: Worker; readonly jobs: Job[] }[];
  readonly size: number;

  constructor(file: string, size: number, settings: WorkerSettings) {
    this.size = size;
    this.#threads = Array.from({ length: size }, () => startThread(file, settings));
  }

  run(batch: readonly Item[]): Promise<readonly Result[]> {
    const thread = this.#threads.reduce((a, b) => (b.jobs.length < a.jobs.length ? b : a));
    return new Promise((resolve, reject) => {
      thread.jobs.push({ resolve, reject });
      thread.worker.postMessage(
        batch,
        batch.flatMap((item) => (item.kind === 'package' ? [transferable(item.bytes)] : [])),
      );
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

/** Each package stands in memory of its own, so that it can be handed over instead of copied. */
function transferable({ buffer }: Uint8Array): ArrayBuffer {
  return buffer as ArrayBuffer;
}

function startThread(file: string, settings: WorkerSettings) {
  const worker = new Worker(file, { workerData: settings, stdin: true });
  const jobs: Job[] = [];
  worker.on('message', (results: readonly Result[]) => jobs.shift()?.resolve(results));
  const fail = (error: unknown) => {
    for (const job of jobs.splice(0)) job.reject(error);
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('a worker thread ended')));
  return { worker, jobs };
}
