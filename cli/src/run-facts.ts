/** What of a run is not in its results: when, with which keys, how it ended. Source of truth: verifier-ux 2.7. @module */
import type { RunTally } from '@kapsel/verification';
import type { PinnedKey } from './pinned-keys.ts';
import type { Requirements } from './requirements.ts';
import type { Result } from './result.ts';

/** Known before the first result. */
export interface RunStart {
  /** The words that name the inputs. */
  readonly inputs: readonly string[];
  readonly keys: readonly PinnedKey[];
  readonly requirements: Requirements;
  /** The clock of the run: with `--now` the given time. */
  readonly startedMs: number;
  readonly runtime: string;
}

/** Known at its end. */
export interface RunEnd {
  readonly tally: RunTally;
  readonly files: number;
  readonly skippedCount: number;
  readonly skippedNames: readonly string[];
  readonly elapsedMs: number;
  /** Why not everything was checked; null where it was. */
  readonly stop: 'interrupted' | 'fail-fast' | 'stdout-closed' | null;
  readonly exitCode: number;
}

/** One way to tell of a run; several may listen at once. */
export interface View {
  add(result: Result): void;
  end(run: RunEnd): void;
}
