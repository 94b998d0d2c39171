/** The key of a head against the keys that the user pinned: the same key, for this log, in its window. @module */
import { equalBytes } from './bytes.ts';
import { VerificationError } from './errors.ts';
import { runCheck } from './head-checks.ts';
import { keyIdFromPublicKey } from './public-key.ts';
import type { Check, KeyFacts } from './report.ts';
import { textOfMs } from './time.ts';
import type { TreeHead } from './tree-head.ts';
import type { Trust, TrustedKey } from './trust.ts';
import { allTrustedKeys } from './trust.ts';

/** The key check, and whose key it is. */
export interface KeyResult {
  readonly check: Check;
  readonly facts: KeyFacts;
}

/** What the user says of the head's own key: the name they gave it, and why it does not vouch for the head. */
export interface PinnedKey {
  readonly name: string | null;
  readonly refusal: VerificationError | null;
}

/** The key check of a head without key statements: only a pinned key is believed. */
export function checkPinnedKey(head: TreeHead, trust: Trust, prefix: string): KeyResult {
  const { name, refusal } = findPinnedKey(
    head,
    pinnedEntries(head.publicKey, allTrustedKeys(trust)),
  );
  const check = runCheck('key', prefix, () => {
    if (refusal !== null) throw refusal;
  });
  const source = refusal === null ? 'pinned' : 'unknown';
  const keyId = keyIdFromPublicKey(head.publicKey);
  return { check, facts: { keyId, name, source, statements: [] } };
}

/** Of the entries of the head's own key, the one that vouches for the head, or why none does. */
export function findPinnedKey(head: TreeHead, own: readonly TrustedKey[]): PinnedKey {
  const fitting = own.find((key) => isForLog(key, head) && isInWindow(key, head.timestampMs));
  const name = (fitting ?? own[0])?.name ?? null;
  return { name, refusal: fitting === undefined ? headRefusal(head, own) : null };
}

/** The entries of one key: it may be pinned for several logs or windows. */
export function pinnedEntries(
  publicKey: Uint8Array,
  keys: readonly TrustedKey[],
): readonly TrustedKey[] {
  return keys.filter((key) => equalBytes(key.publicKey, publicKey));
}

/** Tells whether the user pinned the key for the log of this head. */
export function isForLog(key: TrustedKey, head: TreeHead): boolean {
  return key.log === undefined || key.log === head.log;
}

function isInWindow({ fromMs, untilMs }: TrustedKey, timeMs: number): boolean {
  return (fromMs === undefined || timeMs >= fromMs) && (untilMs === undefined || timeMs < untilMs);
}

/** The refusal of a head by a key of which the user pinned only these entries, or none. */
export function headRefusal(head: TreeHead, pinned: readonly TrustedKey[]): VerificationError {
  const inOtherWindow = pinned.find((key) => isForLog(key, head));
  if (inOtherWindow !== undefined) {
    return new VerificationError('E_KEY_WINDOW', {
      field: 'timestamp',
      expected: windowText(inOtherWindow),
      actual: textOfMs(head.timestampMs),
    });
  }
  const forOtherLog = pinned[0];
  if (forOtherLog !== undefined) return otherLogRefusal(head, forOtherLog);
  return new VerificationError('E_KEY_UNKNOWN', {
    field: 'public_key',
    expected: 'a key you pinned',
    actual: keyIdFromPublicKey(head.publicKey),
  });
}

/** The refusal of a key that the user pinned for another log. */
export function otherLogRefusal(head: TreeHead, pinned: TrustedKey): VerificationError {
  return new VerificationError('E_KEY_UNKNOWN', {
    field: 'log',
    expected: `the log the key is pinned for: ${pinned.log}`,
    actual: head.log,
  });
}

/** The window of a key as a person reads it. */
export function windowText({ fromMs, untilMs }: TrustedKey): string {
  const from = fromMs === undefined ? 'any time' : textOfMs(fromMs);
  const until = untilMs === undefined ? 'any time' : textOfMs(untilMs);
  return `from ${from} until ${until}`;
}
