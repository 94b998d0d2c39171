/** One package among the inputs: where it stands and its bytes, or why there are none. Source of truth: verifier-ux 2.5. @module */
import { type Found, type InputPlace, labelOfPlace } from '@kapsel/verification';
import { labelOfInput } from '../source.ts';

/** What the inputs give, one after the other and in their order. */
export type Item = Exclude<Found, { readonly kind: 'skipped' }>;

/** A whole file as a place. */
export function placeOfFile(path: string): InputPlace {
  return { path, entry: null, line: null };
}

/** "proofs/c.zip!d.json", "e.ndjson:417", "stdin". */
export function labelOfItem({ place }: { readonly place: InputPlace }): string {
  return labelOfPlace({ ...place, path: labelOfInput(place.path) });
}

/** Bounds of a run; each can be raised or lowered by an option. */
export interface Limits {
  /** Files, and entries of one archive. */
  readonly maxFiles: number;
  /** Bytes of one package. */
  readonly maxSizeBytes: number;
  /** Bytes of all packages together, and of what one packed input holds, unpacked. */
  readonly maxTotalBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxFiles: 100_000,
  maxSizeBytes: 1_048_576, // proofs.md 1: a package above this size is refused before any work
  maxTotalBytes: 1_073_741_824,
};
