/** The page's side of checking: asks the checker, keeps what it tells, and drops what belongs to an older run. @module */
import type { HeaderEvidence, PublicKey } from '@kapsel/verification';
import type { Ask, Numbered, Progress, ReportAsk, RunEnd, Tell } from './check-protocol.ts';
import { type Checker, openChecker } from './checker.ts';
import type { Finding, Result } from './finding.ts';
import type { Terms } from './grounds.ts';
import type { Source } from './item.ts';

/** What is known at a moment. A new object whenever something changed. */
export interface ChecksView {
  readonly results: readonly Result[];
  /** Null before the first run has ended. */
  readonly end: RunEnd | null;
  /** Null while nothing runs. */
  readonly progress: Progress | null;
  /** Counts the runs that ended: whoever follows it acts once a run. */
  readonly runsEnded: number;
  /** All about the item that was asked for last. */
  readonly finding: Finding | null;
  /** The worker could not start, or died. */
  readonly isWorkerLost: boolean;
}

const NOTHING: ChecksView = {
  results: [],
  end: null,
  progress: null,
  runsEnded: 0,
  finding: null,
  isWorkerLost: false,
};

const STARTED: Progress = { phase: 'reading', done: 0, total: null };

export class Checks {
  readonly #nowMs: () => number;
  readonly #watchers = new Set<() => void>();
  #view: ChecksView = NOTHING;
  #checker: Checker | null = null;
  #run = 0;
  #sources: readonly Source[] = [];
  #keys: readonly PublicKey[] = [];
  #headers: readonly HeaderEvidence[] = [];
  /** Those of the newest run: its report is written under the same. */
  #runTerms: Terms | null = null;
  /** All of what was given has been read: a new verdict needs no second reading. */
  #isRead = false;
  #gathered: Result[] = [];
  readonly #forgotten = new Set<number>();
  #onReport: ((file: Blob) => void) | null = null;

  /** The clock: a head far in the future is refused. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Calls back after each change, until the function that it answers is called. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  readonly view = (): ChecksView => this.#view;

  /** Reads and checks; what was there before is replaced when the run has ended. */
  check(sources: readonly Source[]): void {
    if (sources.length === 0) return;
    this.#sources = sources;
    this.#isRead = false;
    this.#forgotten.clear();
    this.#start();
  }

  /** As before the first run. */
  clear(): void {
    this.#run += 1;
    this.#sources = [];
    this.#change({ ...NOTHING, isWorkerLost: this.#view.isWorkerLost });
  }

  /** Checks again what was given, when the keys or the block headers are others. */
  trust(keys: readonly PublicKey[], headers: readonly HeaderEvidence[]): void {
    if (keys === this.#keys && headers === this.#headers) return;
    this.#keys = keys;
    this.#headers = headers;
    if (this.#sources.length > 0) this.#start();
  }

  /** Wants all that is known about one result; it comes as `finding`. */
  show(id: number): void {
    this.#ask({ kind: 'show', id, terms: this.#terms() });
  }

  /** Hands out the report of what is shown. Nothing comes of it where another run is on, or begins first. */
  report(tool: ReportAsk['tool'], onReport: (file: Blob) => void): void {
    const terms = this.#runTerms;
    if (terms === null || this.#view.progress !== null) return;
    this.#onReport = onReport;
    this.#ask({ kind: 'report', tool, without: [...this.#forgotten], terms });
  }

  /** Ends the run; what it found until then is shown. */
  cancel(): void {
    this.#ask({ kind: 'cancel' });
  }

  /** Drops results that have done their duty, such as the file of a key that is pinned now. */
  forget(ids: readonly number[]): void {
    for (const id of ids) this.#forgotten.add(id);
    this.#change({ results: this.#remembered(this.#view.results) });
  }

  #start(): void {
    this.#run += 1;
    this.#gathered = [];
    const terms = this.#terms();
    this.#runTerms = terms;
    // In the middle of reading, what is left unread must not be lost: then all is read again.
    this.#ask(
      this.#isRead ? { kind: 'judge', terms } : { kind: 'check', sources: this.#sources, terms },
    );
    this.#change({ progress: STARTED });
  }

  #ask(message: Ask): void {
    this.#checker ??= openChecker(
      (numbered) => this.#hear(numbered),
      () => this.#startOver(),
    );
    this.#checker.ask({ run: this.#run, message });
  }

  #hear({ run, message }: Numbered<Tell>): void {
    if (run !== this.#run) return;
    switch (message.kind) {
      case 'progress':
        this.#change({ progress: message.progress });
        return;
      case 'results':
        this.#gathered.push(...message.results);
        return;
      case 'finding':
        this.#change({ finding: message.finding });
        return;
      case 'report':
        this.#onReport?.(message.file);
        return;
      case 'done':
        this.#isRead = true;
        this.#change({
          results: this.#remembered(this.#gathered),
          end: message.end,
          progress: null,
          finding: null,
          runsEnded: this.#view.runsEnded + 1,
        });
    }
  }

  /** What the lost worker had read is lost with it. */
  #startOver(): void {
    this.#isRead = false;
    this.#change({ isWorkerLost: true });
    // In a task of its own: when no worker could be started at all, the checker is not yet open here.
    if (this.#sources.length > 0) queueMicrotask(() => this.#start());
  }

  #remembered(results: readonly Result[]): readonly Result[] {
    if (this.#forgotten.size === 0) return results;
    return results.filter(({ id }) => !this.#forgotten.has(id));
  }

  #terms(): Terms {
    return { keys: this.#keys, headers: this.#headers, nowMs: this.#nowMs() };
  }

  #change(part: Partial<ChecksView>): void {
    this.#view = { ...this.#view, ...part };
    for (const watcher of this.#watchers) watcher();
  }
}
