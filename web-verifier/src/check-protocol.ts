/** What the page asks of the checker, and what the checker tells. Both sides may be one thread or two. @module */
import type { PublicKey } from '@kapsel/verification';
import type { Finding, Result } from './finding.ts';
import type { Source } from './item.ts';

/** Under what an item is checked: the keys that the person pinned, and the clock of the page. */
export interface Terms {
  readonly keys: readonly PublicKey[];
  readonly nowMs: number;
}

export type Ask =
  /** Reads and checks; what was read before is forgotten. */
  | { readonly kind: 'check'; readonly sources: readonly Source[]; readonly terms: Terms }
  /** Checks again what was read, under other terms. */
  | { readonly kind: 'judge'; readonly terms: Terms }
  /** Wants all that is known about one item. */
  | { readonly kind: 'show'; readonly id: number; readonly terms: Terms }
  /** Ends what is running; what was found until then stays. */
  | { readonly kind: 'cancel' };

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
  | { readonly kind: 'finding'; readonly finding: Finding };

/** Answers carry the number of the ask they answer, so that a late one can be told apart. */
export interface Numbered<Message> {
  readonly run: number;
  readonly message: Message;
}
