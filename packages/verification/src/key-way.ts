/** The way from a key that the user pinned to the key of a head: none at all, the same key, or a run of statements. @module */
import { VerificationError } from './errors.ts';
import type { KeyChain, KeyStatement } from './key-chain.ts';
import {
  findPinnedKey,
  headRefusal,
  isForLog,
  otherLogRefusal,
  pinnedEntries,
  windowText,
} from './pinned-key.ts';
import type { KeyFacts } from './report.ts';
import type { TreeHead } from './tree-head.ts';
import type { TrustedKey } from './trust.ts';

/** How the head's key is reached, or why it is not. */
export interface KeyWay {
  readonly source: KeyFacts['source'];
  readonly name: string | null;
  readonly statements: readonly KeyStatement[];
  readonly refusal: VerificationError | null;
  /** What the values of a refusal, or a pass, do not say. */
  readonly reason: string | null;
}

const NO_WAY = { source: 'unknown', name: null, statements: [], reason: null } as const;

/** Looks for a key of the user's that vouches for the head: the head's own, or one that leads to it. */
export function findKeyWay(
  head: TreeHead,
  keys: readonly TrustedKey[],
  chain: KeyChain | null,
): KeyWay {
  const own = pinnedEntries(head.publicKey, keys);
  // What the user says of this very key is final: statements of the file must not widen its window or its log.
  if (own.length > 0 || chain === null) {
    const pinned = findPinnedKey(head, own);
    return { ...NO_WAY, ...pinned, source: pinned.refusal === null ? 'pinned' : 'unknown' };
  }
  return findWayByChain(head, keys, chain);
}

// From the pinned key that is nearest to the head's: what the user says of it is final in the same way.
function findWayByChain(head: TreeHead, keys: readonly TrustedKey[], chain: KeyChain): KeyWay {
  const pinnedAt = (i: number): readonly TrustedKey[] =>
    pinnedEntries(chain.keys[i] as Uint8Array, keys);
  let start = chain.headIndex - 1;
  while (start >= 0 && pinnedAt(start).length === 0) start--;
  const next = chain.rotations[start];
  if (next === undefined) {
    const reason = 'no key statement begins at a key you pinned';
    return { ...NO_WAY, refusal: headRefusal(head, []), reason };
  }
  const pinned = pinnedAt(start);
  const fitting = pinned.find(
    (key) => isForLog(key, head) && isInUseAt(key, next.leaf.validFromMs),
  );
  if (fitting === undefined) return { ...NO_WAY, refusal: pinnedRefusal(head, next, pinned) };
  const statements = chain.rotations.slice(start, chain.headIndex);
  return {
    source: 'chain',
    name: fitting.name,
    statements,
    refusal: null,
    reason: wayText(statements),
  };
}

// The next key takes over at the moment at which the window ends, so that moment is inside here.
function isInUseAt(key: TrustedKey, handoverMs: number): boolean {
  return (
    (key.fromMs === undefined || handoverMs >= key.fromMs) &&
    (key.untilMs === undefined || handoverMs <= key.untilMs)
  );
}

function wayText(statements: readonly KeyStatement[]): string {
  const all = statements.length;
  const logged = statements.filter(({ isLogged }) => isLogged).length;
  const count = `reached from a pinned key by ${all} key statement${all === 1 ? '' : 's'}`;
  if (logged === all) return `${count}, logged`;
  if (logged === 0) return `${count}, signed, not shown in the log`;
  return `${count}, ${logged} logged, ${all - logged} signed, not shown in the log`;
}

function pinnedRefusal(
  head: TreeHead,
  next: KeyStatement,
  pinned: readonly TrustedKey[],
): VerificationError {
  const inOtherWindow = pinned.find((key) => isForLog(key, head));
  if (inOtherWindow === undefined) return otherLogRefusal(head, pinned[0] as TrustedKey);
  return new VerificationError('E_KEY_WINDOW', {
    field: 'public_key',
    expected: windowText(inOtherWindow),
    actual: `the next key named from ${next.leaf.validFrom}`,
  });
}
