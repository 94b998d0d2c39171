/** The checks that any signed head goes through, alone or in a package: signature, checkpoint, key and time. @module */
import { equalBytes, hexFromBytes } from './bytes.ts';
import { verifyHeadCheckpoint } from './checkpoint.ts';
import { VerificationError } from './errors.ts';
import { keyIdFromPublicKey } from './public-key.ts';
import type { Check, CheckId, HeadFacts, KeyFacts } from './report.ts';
import { textOfMs } from './time.ts';
import type { TreeHead } from './tree-head.ts';
import { verifyTreeHead } from './tree-head.ts';
import type { Trust, TrustedKey } from './trust.ts';

/** Clocks differ: a head may seem this much too early or too late. */
export const CLOCK_TOLERANCE_MS = 300_000;

/** Runs a check that throws its refusal, and turns the outcome into an entry of the report. */
export function runCheck(id: CheckId, prefix: string, verify: () => void): Check {
  try {
    verify();
    return { id, status: 'pass' };
  } catch (error) {
    // Anything else is a mistake of ours and must not pass for a verdict.
    if (!(error instanceof VerificationError)) throw error;
    return failedCheck(id, error, prefix);
  }
}

/** The entry of a refused check; the prefix says in which part of the file the member stands. */
export function failedCheck(id: CheckId, error: VerificationError, prefix = ''): Check {
  const field = [prefix, error.field].filter((part) => part !== '' && part !== undefined).join('.');
  return {
    id,
    status: 'fail',
    code: error.code,
    ...(field === '' ? {} : { field }),
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.actual === undefined ? {} : { actual: error.actual }),
  };
}

export function checkHeadSignature(head: TreeHead, prefix: string): Check {
  return runCheck('signature', prefix, () => verifyTreeHead(head));
}

export function checkHeadCheckpoint(head: TreeHead, prefix: string): Check {
  const note = head.checkpoint;
  if (note === null) return { id: 'checkpoint', status: 'skipped', reason: 'log name not signed' };
  return runCheck('checkpoint', prefix, () => verifyHeadCheckpoint(note, head));
}

/** Throws `E_STH_TIME` for a head that claims to be from the future. */
export function assertHeadNotInFuture(head: TreeHead, nowMs: number, field: string): void {
  const latestMs = nowMs + CLOCK_TOLERANCE_MS;
  if (head.timestampMs <= latestMs) return;
  throw new VerificationError('E_STH_TIME', {
    field,
    expected: `at most ${textOfMs(latestMs)}`,
    actual: textOfMs(head.timestampMs),
  });
}

/** The key check, and whose key it is. */
export interface KeyResult {
  readonly check: Check;
  readonly facts: KeyFacts;
}

/** Whether the user pinned the head's key, for this log and this time; and whose key it is. */
export function checkHeadKey(head: TreeHead, trust: Trust, prefix: string): KeyResult {
  const keyId = keyIdFromPublicKey(head.publicKey);
  const pinned = trust.keys.filter((key) => equalBytes(key.publicKey, head.publicKey));
  const fitting = pinned.find((key) => isForLog(key, head) && isInWindow(key, head));
  const named = fitting ?? pinned[0];
  return {
    check: runCheck('key', prefix, () => {
      if (fitting === undefined) throw keyRefusal(head, keyId, pinned);
    }),
    facts: {
      keyId,
      name: named?.name ?? null,
      source: fitting === undefined ? 'unknown' : 'pinned',
    },
  };
}

export function factsOfHead(head: TreeHead): HeadFacts {
  return {
    log: head.log,
    treeSize: head.treeSize,
    rootHash: hexFromBytes(head.rootHash),
    timestampMs: head.timestampMs,
  };
}

function isForLog(key: TrustedKey, head: TreeHead): boolean {
  return key.log === undefined || key.log === head.log;
}

function isInWindow(key: TrustedKey, head: TreeHead): boolean {
  return (
    (key.fromMs === undefined || head.timestampMs >= key.fromMs) &&
    (key.untilMs === undefined || head.timestampMs < key.untilMs)
  );
}

function windowText(key: TrustedKey): string {
  const from = key.fromMs === undefined ? 'any time' : textOfMs(key.fromMs);
  const until = key.untilMs === undefined ? 'any time' : textOfMs(key.untilMs);
  return `from ${from} until ${until}`;
}

function keyRefusal(
  head: TreeHead,
  keyId: string,
  pinned: readonly TrustedKey[],
): VerificationError {
  const inOtherWindow = pinned.find((key) => isForLog(key, head));
  if (inOtherWindow !== undefined) {
    return new VerificationError('E_KEY_WINDOW', {
      field: 'timestamp',
      expected: windowText(inOtherWindow),
      actual: textOfMs(head.timestampMs),
    });
  }
  const forOtherLog = pinned[0];
  if (forOtherLog !== undefined) {
    return new VerificationError('E_KEY_UNKNOWN', {
      field: 'log',
      expected: `the log the key is pinned for: ${forOtherLog.log}`,
      actual: head.log,
    });
  }
  return new VerificationError('E_KEY_UNKNOWN', {
    field: 'public_key',
    expected: 'a key you pinned',
    actual: keyId,
  });
}
