/** One package among the inputs: where it stands and its bytes, or why there are none. Source of truth: verifier-ux 2.5. @module */
import type { ErrorCode } from '@kapsel/verification';
import { STDIN_NAME } from '../source.ts';

/** Where a package stands. All of it comes from the user or the file system: escape it before showing it. */
export interface Place {
  readonly path: string;
  /** The name inside an archive. */
  readonly entry: string | null;
  /** The line of a file with one package a line, from 1. */
  readonly line: number | null;
}

/** Why an input gave no package to check. */
export interface InputRefusal {
  readonly code: ErrorCode & ('E_IO' | 'E_TOO_LARGE' | 'E_NO_INPUT' | 'E_FIELD' | 'E_JSON');
  /** In words, where the words of the code say too little. */
  readonly reason?: string;
  readonly expected?: string;
  readonly actual?: string;
}

/** What the inputs give, one after the other and in their order. */
export type Item =
  | {
      readonly kind: 'package';
      readonly place: Place;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'refused'; readonly place: Place; readonly refusal: InputRefusal };

/** An input that is refused while it is being read. */
export class InputError extends Error {
  readonly refusal: InputRefusal;

  constructor(refusal: InputRefusal) {
    super(refusal.reason ?? refusal.code);
    this.name = 'InputError';
    this.refusal = refusal;
  }
}

/** A whole file as a place. */
export function placeOfFile(path: string): Place {
  return { path, entry: null, line: null };
}

/** "proofs/c.zip!d.json", "e.ndjson:417", "stdin". */
export function labelOfPlace({ path, entry, line }: Place): string {
  const file = path === STDIN_NAME ? 'stdin' : path;
  const inside = entry === null ? file : `${file}!${entry}`;
  return line === null ? inside : `${inside}:${line}`;
}

/** Bounds of a run; each can be raised or lowered by an option. */
export interface Limits {
  /** Files, and entries of one archive. */
  readonly maxFiles: number;
  /** Bytes of one package. */
  readonly maxSizeBytes: number;
  /** Bytes of all packages together, unpacked. */
  readonly maxTotalBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxFiles: 100_000,
  maxSizeBytes: 1_048_576, // proofs.md 1: a package above this size is refused before any work
  maxTotalBytes: 1_073_741_824,
};

/** The refusal of what is larger than a package may be. */
export function tooLarge(limitBytes: number): InputRefusal {
  return { code: 'E_TOO_LARGE', expected: `at most ${limitBytes} bytes`, actual: 'more' };
}
