/** What the user believes: keys they pinned, for which log and for which time, and witnesses. Nothing inside a file is added to it. @module */
import type { WitnessPolicy } from './witness-policy.ts';

/** One key the user vouches for. */
export interface TrustedKey {
  /** The 32 bytes of an Ed25519 public key. */
  readonly publicKey: Uint8Array;
  /** How the user calls it, or null. It is shown, never compared. */
  readonly name: string | null;
  /** Only heads of this log (its origin) are accepted under the key. */
  readonly log?: string;
  /** The first moment, in Unix milliseconds, at which the key signed. */
  readonly fromMs?: number;
  /** The first moment at which it no longer signed: a head of exactly this time is outside. */
  readonly untilMs?: number;
}

/**
 * The only thing that is believed.
 * @example const trust: Trust = { keys: [{ publicKey: parsePublicKey(text).bytes, name: null }] };
 */
export interface Trust {
  readonly keys: readonly TrustedKey[];
  /** Which witnesses must have cosigned the checkpoint. The logs it lists are trusted like pinned keys. */
  readonly policy?: WitnessPolicy;
}

/** The pinned keys and those of the policy: there a log's name is its origin, so its key is for that log alone. */
export function allTrustedKeys({ keys, policy }: Trust): readonly TrustedKey[] {
  const logs = policy?.logs ?? [];
  return [...keys, ...logs.map(({ name, publicKey }) => ({ publicKey, name, log: name }))];
}
