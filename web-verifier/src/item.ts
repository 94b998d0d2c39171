/** Items: the single things to check, each with a name that says where it was found. @module */
import type { InputPlace, InputRefusal } from '@kapsel/verification';

/** The limit for one package, as in the command line program. */
export const MAX_PACKAGE_BYTES = 1_048_576;

/** What one run takes at most; more belongs to the command line program. */
export interface RunLimits {
  readonly items: number;
  /** Over all items, unpacked. */
  readonly bytes: number;
}

export const RUN_LIMITS: RunLimits = { items: 100_000, bytes: 268_435_456 };

/** What a person gave: a file, or a text that was pasted. */
export interface Source {
  /** With its folders, when it came out of one. From outside: escape it before showing it. */
  readonly name: string;
  /** Null where the browser could not even open it. */
  readonly blob: Blob | null;
  /** A member of a folder is looked at only when its name says that it may hold proofs. */
  readonly isListed: boolean;
}

/** One thing to check. */
export interface Item {
  /** Counts up within a run. */
  readonly id: number;
  readonly place: InputPlace;
  /** The place in one text. From outside: escape it before showing it. */
  readonly name: string;
  /** Null where nothing could be read: `refusal` says why. */
  readonly bytes: Uint8Array | null;
  readonly refusal: InputRefusal | null;
}
