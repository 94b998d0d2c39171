/** One input and what came of it. Source of truth: verifier-ux 2.5. @module */
import {
  followKeyStatements,
  type Report,
  type Trust,
  verifyProofPackage,
} from '@kapsel/verification';
import { isKeyLike, withoutKey } from './key-words.ts';
import { labelOfInput, type Source } from './source.ts';

/** Each input gives one result, also when nothing could be read: the counts of a run add up. */
export interface Result {
  /** The input's name as typed. From the user or the file system: escape it before showing it. */
  readonly label: string;
  readonly report: Report;
}

/** Checks what was read; what could not be read gets a report of its own. */
export function resultFromSource(
  name: string,
  source: Exclude<Source, { kind: 'stopped' }>,
  trust: Trust,
  nowMs: number,
): Result {
  switch (source.kind) {
    case 'bytes':
      return {
        label: labelOfInput(name),
        report: verifyProofPackage(source.bytes, trust, { nowMs, followKeyStatements }),
      };
    case 'too-large':
      return {
        label: labelOfInput(name),
        report: unreadReport({
          code: 'E_TOO_LARGE',
          expected: `at most ${source.limitBytes} bytes`,
          actual: 'more',
        }),
      };
    case 'unreadable':
      return {
        label: withoutKey(labelOfInput(name)),
        report: unreadReport({ code: 'E_IO', reason: reasonWithHint(name, source.reason) }),
      };
  }
}

/** A key where a file belongs is a common slip. */
function reasonWithHint(name: string, reason: string): string {
  return isKeyLike(name) ? `${reason}; a key is given with --public-key` : reason;
}

function unreadReport(refusal: {
  readonly code: 'E_TOO_LARGE' | 'E_IO';
  readonly expected?: string;
  readonly actual?: string;
  readonly reason?: string;
}): Report {
  return {
    verdict: refusal.code === 'E_IO' ? 'error' : 'malformed',
    levels: [],
    checks: [{ id: 'format', status: 'fail', ...refusal }],
    claims: null,
    tree: null,
    key: null,
    steps: [],
  };
}
