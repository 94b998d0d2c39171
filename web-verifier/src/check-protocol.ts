/** What the page asks of the checker, and what the checker tells. Both sides may be one thread or two. @module */
import type { RunReportStart } from '@kapsel/verification';
import type { Finding, Result } from './finding.ts';
import type { Terms } from './grounds.ts';
import type { Source } from './item.ts';

export type Ask =
  /** Reads and checks; what was read before is forgotten. */
  | { readonly kind: 'check'; readonly sources: readonly Source[]; readonly terms: Terms }
  /** Checks again what was read, under other terms. */
  | { readonly kind: 'judge'; readonly terms: Terms }
  /** Wants all that is known about one item. */
  | { readonly kind: 'show'; readonly id: number; readonly terms: Terms }
  | ReportAsk
  /** Ends what is running; what was found until then stays. */
  | { readonly kind: 'cancel' };

/** Wants the report of what was checked, as a file. */
export interface ReportAsk {
  readonly kind: 'report';
  /** How the report names this program. */
  readonly tool: RunReportStart['tool'];
  /** Items that are not to be told of. */
  readonly without: readonly number[];
  readonly terms: Terms;
}

/** Counts of a run; `total` is null while the end is not in sight. */
export interface Progress {
  readonly phase: 'reading' | 'checking';
  readonly done: number;
  readonly total: number | null;
}

/** How a run ended. */
export interface RunEnd {
  /** More was given than one run takes. */
  readonly isCut: boolean;
  /** The person ended it: what follows the last result was not checked. */
  readonly isCancelled: boolean;
  readonly skippedFiles: number;
}

export type Tell =
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** Some of the run's results, once each. Tree heads come last: two of them become one result. */
  | { readonly kind: 'results'; readonly results: readonly Result[] }
  | { readonly kind: 'done'; readonly end: RunEnd }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'report'; readonly file: Blob };

/** Answers carry the number of the ask they answer, so that a late one can be told apart. */
export interface Numbered<Message> {
  readonly run: number;
  readonly message: Message;
}
