/** The report of a verification: named checks, the worst of which is the verdict. Command line and page both render it. @module */
import type { ErrorCode, Verdict } from './errors.ts';
import { verdictOfRefusal } from './errors.ts';
import type { AnchorVerdict } from './ots/verify-anchor.ts';
import type { Rule } from './rule-words.ts';

/** Every check that exists, in the order in which it is shown; `consistency` belongs to two heads, the others to a package. */
export type CheckId =
  | 'format'
  | 'leaf'
  | 'inclusion'
  | 'head'
  | 'signature'
  | 'checkpoint'
  | 'key'
  | 'payload'
  | 'receipt'
  | 'anchor'
  | 'disclosure'
  | 'policy'
  | 'consistency';

/** `pass` is never a default: what did not run is `skipped`, what waits for something outside is `pending`. */
export type CheckStatus = 'pass' | 'fail' | 'pending' | 'skipped';

/** One question and its answer. A failed check has a code, and a pending one that could be decided; a skipped or pending one has a reason. */
export interface Check {
  readonly id: CheckId;
  readonly status: CheckStatus;
  readonly code?: ErrorCode;
  /** The member where it failed, as a path. It may quote the file: escape it before showing it. */
  readonly field?: string;
  /** The rule that a text breaks; `expected` and `actual` are then the values it leaves open. `describeValues` has the words. */
  readonly rule?: Rule;
  readonly expected?: string;
  readonly actual?: string;
  readonly reason?: string;
}

/** A logged, B received, C anchored. */
export type Level = 'A' | 'B' | 'C';

/** One step of the calculation, with all its inputs, so that it can be repeated by hand. Hashes are hex. */
export type Step =
  | { readonly kind: 'leaf'; readonly sizeBytes: number; readonly hash: string }
  | PathStep
  | { readonly kind: 'root'; readonly computed: string; readonly signed: string }
  | {
      readonly kind: 'signature';
      /** The signed bytes: the 50 of a head, or the text of a checkpoint where the file has no others. */
      readonly message: string;
      readonly signature: string;
      readonly publicKey: string;
      readonly keyId: string;
    };

/** One rung of the way from the leaf to the root. */
export interface PathStep {
  readonly kind: 'path';
  /** 1 for the hash next to the leaf. */
  readonly rung: number;
  readonly rungs: number;
  /** The position of our node among the nodes of its level, decimal. */
  readonly index: string;
  readonly siblingSide: 'left' | 'right';
  readonly sibling: string;
  readonly before: string;
  readonly after: string;
}

/** What the leaf says. Believe it only where `authenticated` is true. */
export interface Claims {
  readonly authenticated: boolean;
  readonly deliveryAttemptId: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly endpointUrl: string;
  readonly attemptNumber: number;
  readonly payloadHash: string;
  readonly payloadSize: number;
  readonly attemptedAt: string;
  readonly completedAt: string | null;
  readonly outcome: 'delivered' | 'rejected' | 'failed' | 'unknown';
  readonly responseStatus: number | null;
  readonly error: string | null;
}

/** Which head it is. */
export interface HeadFacts {
  readonly log: string;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly timestampMs: number;
}

/** Which head, and where in its tree the leaf stands. */
export interface TreeFacts extends HeadFacts {
  readonly leafIndex: number;
}

/** Whose key signed the head: pinned by the user, reached from a pinned one, or neither. */
export interface KeyFacts {
  readonly keyId: string;
  /** How the user calls the pinned key: this one, or the one that the statements begin at. */
  readonly name: string | null;
  readonly source: 'pinned' | 'chain' | 'unknown';
  /** The way from the pinned key to this one, in order; empty unless the source is `chain`. */
  readonly statements: readonly KeyStatementFacts[];
}

/** One step of that way: the key of before names the next one. */
export interface KeyStatementFacts {
  readonly previousKeyId: string;
  readonly keyId: string;
  readonly validFrom: string;
  /** Shown to stand in the log; otherwise signed only, which a thief of the previous key could do too. */
  readonly isLogged: boolean;
}

/** Everything that was found out about one proof package. */
export interface Report {
  readonly verdict: Verdict;
  /** Levels that were checked and hold; empty unless the verdict is `verified`. */
  readonly levels: readonly Level[];
  /** All checks in order; what did not run is `skipped` with a reason. */
  readonly checks: readonly Check[];
  readonly claims: Claims | null;
  readonly tree: TreeFacts | null;
  readonly key: KeyFacts | null;
  /** The verdict on each Bitcoin anchor of the file, as far as they were checked and could be read. */
  readonly anchors: readonly AnchorVerdict[];
  readonly steps: readonly Step[];
}

/** Everything that was found out about two heads. `old` is the one with the earlier timestamp. */
export interface ConsistencyReport {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly old: HeadFacts | null;
  readonly new: HeadFacts | null;
}

/** Worst first: the verdict of several is the leftmost of theirs. */
export const VERDICT_ORDER: readonly Verdict[] = [
  'invalid',
  'malformed',
  'untrusted',
  'inconclusive',
  'error',
  'verified',
];

/**
 * The worst of several verdicts, for a run over many packages. No verdict at all is `error`, never `verified`.
 * @example worstVerdict(['verified', 'untrusted']) // 'untrusted'
 */
export function worstVerdict(verdicts: Iterable<Verdict>): Verdict {
  const found = new Set(verdicts);
  return VERDICT_ORDER.find((verdict) => found.has(verdict)) ?? 'error';
}

/** The verdict of a list of checks: the worst failure, else `verified` only if each mandatory check passed. */
export function verdictOfChecks(checks: readonly Check[], mandatory: readonly CheckId[]): Verdict {
  const failures = checks.filter((check) => check.status === 'fail');
  if (failures.length > 0) return worstVerdict(failures.map(verdictOfFailure));
  const passed = new Set(checks.filter(({ status }) => status === 'pass').map(({ id }) => id));
  // A mandatory check that neither failed nor passed was not decided; silence is never a pass.
  return mandatory.every((id) => passed.has(id)) ? 'verified' : 'inconclusive';
}

/**
 * The failed check that explains the verdict: the first one in order that leads to it, or null.
 * @example leadingFailure(report)?.code // 'E_ROOT_MISMATCH'
 */
export function leadingFailure(report: {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}): Check | null {
  const failures = report.checks.filter((check) => check.status === 'fail');
  return failures.find((check) => verdictOfFailure(check) === report.verdict) ?? null;
}

function verdictOfFailure({ code }: Check): Verdict {
  return code === undefined ? 'error' : verdictOfRefusal(code);
}
