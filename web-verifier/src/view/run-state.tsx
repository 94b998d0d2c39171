/** How far a run has come, with a way to end it, and what there is to say about it besides its results. @module */
import type { ReactElement } from 'react';
import type { Progress, RunEnd } from '../check-protocol.ts';
import { LIMITS_WITHOUT_WORKER } from '../checker.ts';
import type { Result } from '../finding.ts';
import { RUN_LIMITS } from '../item.ts';

interface RunProgressProps {
  readonly progress: Progress;
  readonly onCancel: () => void;
}

export function RunProgress({ progress, onCancel }: RunProgressProps): ReactElement {
  const { phase, done, total } = progress;
  const word = phase === 'reading' ? 'Reading' : 'Checking';
  return (
    <div className="run-progress">
      <label className="progress-line">
        <span>
          {word} {total === null ? done : `${done} of ${total}`}
        </span>
        <progress value={total === null ? undefined : done} max={total ?? undefined} />
      </label>
      <button type="button" className="quiet" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

interface RunNoticesProps {
  readonly results: readonly Result[];
  /** Null before the first run and while one is on. */
  readonly end: RunEnd | null;
  readonly isWorkerLost: boolean;
}

export function RunNotices({ results, end, isWorkerLost }: RunNoticesProps): ReactElement {
  const limits = isWorkerLost ? LIMITS_WITHOUT_WORKER : RUN_LIMITS;
  return (
    <>
      {isWorkerLost && (
        <p role="alert" className="fault">
          The part of this page that works in the background could not run in this browser. The page
          checks up to {LIMITS_WITHOUT_WORKER.items} items by itself.
        </p>
      )}
      {end?.isCut && (
        <p role="alert" className="fault">
          This page checks {limits.items} items and {limits.bytes / 1_048_576} MiB at a time. There
          was more, and it was left out. The command line program has no such limit.
        </p>
      )}
      {end?.isCancelled && (
        <p role="alert" className="fault">
          {results.length === 0
            ? 'Cancelled before anything was checked.'
            : `Cancelled. What follows the last of these ${results.length} was not checked.`}
        </p>
      )}
      {end !== null && results.length === 0 && !end.isCancelled && (
        <p role="alert" className="fault">
          Nothing here to check. {skippedWords(end.skippedFiles)}
        </p>
      )}
      {end !== null && results.length > 0 && end.skippedFiles > 0 && (
        <p className="hint">{skippedWords(end.skippedFiles)}</p>
      )}
    </>
  );
}

function skippedWords(count: number): string {
  const files = count === 1 ? '1 other file was' : `${count} other files were`;
  return count === 0
    ? ''
    : `${files} skipped: only .json, .ndjson, .jsonl, .gz and .zip are looked at.`;
}
