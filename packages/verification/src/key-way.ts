/** The way from a key that the user pinned to the key of a head: none at all, the same key, or a run of statements. @module */
import { equalBytes } from './bytes.ts';
import { VerificationError } from './errors.ts';
import type { KeyChain, KeyStatement } from './key-chain.ts';
import { keyIdFromPublicKey } from './public-key.ts';
import type { KeyFacts } from './report.ts';
import { textOfMs } from './time.ts';
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
  const own = keys.filter((key) => equalBytes(key.publicKey, head.publicKey));
  // What the user says of this very key is final: statements of the file must not widen its window or its log.
  if (own.length > 0 || chain === null) {
    const fitting = own.find((key) => isForLog(key, head) && isInWindow(key, head.timestampMs));
    const name = (fitting ?? own[0])?.name ?? null;
    return fitting === undefined
      ? { ...NO_WAY, name, refusal: headRefusal(head, own) }
      : { source: 'pinned', name, statements: [], refusal: null, reason: null };
  }
  return findWayByChain(head, keys, chain);
}

// From the pinned key that is nearest to the head's: what the user says of it is final in the same way.
function findWayByChain(head: TreeHead, keys: readonly TrustedKey[], chain: KeyChain): KeyWay {
  const pinnedAt = (i: number): readonly TrustedKey[] =>
    keys.filter((key) => equalBytes(key.publicKey, chain.keys[i] as Uint8Array));
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

function isForLog(key: TrustedKey, head: TreeHead): boolean {
  return key.log === undefined || key.log === head.log;
}

function isInWindow(key: TrustedKey, timeMs: number): boolean {
  return (
    (key.fromMs === undefined || timeMs >= key.fromMs) &&
    (key.untilMs === undefined || timeMs < key.untilMs)
  );
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

function windowText(key: TrustedKey): string {
  const from = key.fromMs === undefined ? 'any time' : textOfMs(key.fromMs);
  const until = key.untilMs === undefined ? 'any time' : textOfMs(key.untilMs);
  return `from ${from} until ${until}`;
}

function headRefusal(head: TreeHead, pinned: readonly TrustedKey[]): VerificationError {
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

function otherLogRefusal(head: TreeHead, pinned: TrustedKey): VerificationError {
  return new VerificationError('E_KEY_UNKNOWN', {
    field: 'log',
    expected: `the log the key is pinned for: ${pinned.log}`,
    actual: head.log,
  });
}
