/** From an entry and the pinned keys to what the page shows: the verifier's report, or why there is none. @module */
import {
  type ErrorCode,
  followKeyStatements,
  leadingFailure,
  type Report,
  type Trust,
  type Verdict,
  verifyProofPackage,
} from '@kapsel/verification';
import type { Entry } from './read-files.ts';
import { type Other, recogniseOther } from './recognise.ts';

/** What is known about one entry. */
export interface Finding {
  readonly entry: Entry;
  readonly verdict: Verdict;
  /** The code that leads to the verdict; null only for `verified`. */
  readonly code: ErrorCode | null;
  /** Null if the file was not read or is something else. */
  readonly report: Report | null;
  readonly other: Other | null;
}

/** Checks one entry. The verifier decides; this only chooses what to ask it. */
export function findingFromEntry(entry: Entry, trust: Trust, nowMs: number): Finding {
  if (entry.content.kind === 'too-large') {
    return { entry, verdict: 'malformed', code: 'E_TOO_LARGE', report: null, other: null };
  }
  if (entry.content.kind === 'unreadable') {
    return { entry, verdict: 'error', code: 'E_IO', report: null, other: null };
  }
  const { bytes } = entry.content;
  const report = verifyProofPackage(bytes, trust, { nowMs, followKeyStatements });
  const other = report.verdict === 'malformed' ? recogniseOther(bytes) : null;
  const code = leadingFailure(report)?.code ?? null;
  return { entry, verdict: report.verdict, code, report: other === null ? report : null, other };
}
