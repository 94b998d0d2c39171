/** The checks that any signed head goes through, alone or in a package: signature, checkpoint and time. @module */
import { hexFromBytes } from './bytes.ts';
import { verifyHeadCheckpoint } from './checkpoint.ts';
import { refusalOf, VerificationError, withoutUndefined } from './errors.ts';
import type { HeadMemory } from './head-memory.ts';
import { verifyOnce } from './head-memory.ts';
import type { Check, CheckId, HeadFacts } from './report.ts';
import { textOfMs } from './time.ts';
import type { TreeHead } from './tree-head.ts';
import { verifyReadHead } from './tree-head.ts';

/** Clocks differ: a head may seem this much too early or too late. */
export const CLOCK_TOLERANCE_MS = 300_000;

/** Runs a check that throws its refusal, and turns the outcome into an entry of the report. */
export function runCheck(id: CheckId, prefix: string, verify: () => void): Check {
  try {
    verify();
    return { id, status: 'pass' };
  } catch (cause) {
    // Anything else is a mistake of ours and must not pass for a verdict.
    const error = refusalOf(cause);
    return failedCheck(id, error, prefix);
  }
}

/** The entry of a refused check; the prefix says in which part of the file the member stands. */
export function failedCheck(id: CheckId, error: VerificationError, prefix = ''): Check {
  const { code, rule, expected, actual } = error;
  const field = [prefix, error.field].filter(Boolean).join('.') || undefined;
  return { id, status: 'fail', code, ...withoutUndefined({ field, rule, expected, actual }) };
}

const goodSignatures: HeadMemory = new Map();
const goodCheckpoints: HeadMemory = new Map();

export function checkHeadSignature(head: TreeHead, prefix: string): Check {
  return runCheck('signature', prefix, () => {
    verifyOnce(goodSignatures, head, verifyReadHead);
  });
}

export function checkHeadCheckpoint(head: TreeHead, prefix: string): Check {
  const note = head.checkpoint;
  if (note === null) return { id: 'checkpoint', status: 'skipped', reason: 'log name not signed' };
  return runCheck('checkpoint', prefix, () => {
    verifyOnce(goodCheckpoints, head, () => verifyHeadCheckpoint(note, head));
  });
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

export function factsOfHead(head: TreeHead): HeadFacts {
  return {
    log: head.log,
    treeSize: head.treeSize,
    rootHash: hexFromBytes(head.rootHash),
    timestampMs: head.timestampMs,
  };
}
