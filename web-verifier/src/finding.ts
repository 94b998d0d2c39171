/** From an item and the pinned keys to what the page shows: the verifier's report, or why there is none. @module */
import {
  type ConsistencyReport,
  type ErrorCode,
  followKeyStatements,
  leadingFailure,
  type Report,
  type Trust,
  type Verdict,
  verifyProofPackage,
} from '@kapsel/verification';
import type { Item } from './item.ts';
import { type Other, recogniseOther } from './recognise.ts';

/** What is known about one item. */
export interface Finding {
  readonly item: Item;
  readonly verdict: Verdict;
  /** The code that leads to the verdict; null only for `verified`. */
  readonly code: ErrorCode | null;
  /** Null if the item was not read or is something else. */
  readonly report: Report | null;
  readonly other: Other | null;
  /** Two tree heads that were compared; null for a single item. */
  readonly comparison: ConsistencyReport | null;
  /** The clock under which it was checked. */
  readonly checkedAtMs: number;
}

/** A finding as a line of the list. */
export interface Result {
  readonly id: number;
  readonly name: string;
  readonly verdict: Verdict;
  readonly code: ErrorCode | null;
  /** Null unless verified: nobody should take a fact from a list that may be wrong. */
  readonly fact: { readonly endpointUrl: string; readonly attemptedAt: string } | null;
  /** The fingerprint, when the item is a public key that could be pinned. */
  readonly pinnable: string | null;
}

/** Checks one item. The verifier decides; this only chooses what to ask it. */
export function findingFromItem(item: Item, trust: Trust, nowMs: number): Finding {
  const { bytes } = item;
  if (bytes === null) {
    const verdict = item.fault === 'E_TOO_LARGE' ? 'malformed' : 'error';
    const nothing = { report: null, other: null, comparison: null };
    return { item, verdict, code: item.fault, ...nothing, checkedAtMs: nowMs };
  }
  const report = verifyProofPackage(bytes, trust, { nowMs, followKeyStatements });
  const other = report.verdict === 'malformed' ? recogniseOther(bytes) : null;
  const code = leadingFailure(report)?.code ?? null;
  const shown = other === null ? report : null;
  const { verdict } = report;
  return { item, verdict, code, report: shown, other, comparison: null, checkedAtMs: nowMs };
}

/** What the list needs of a finding. */
export function resultFromFinding({ item, verdict, code, report, other }: Finding): Result {
  const claims = verdict === 'verified' ? (report?.claims ?? null) : null;
  const fact = claims && { endpointUrl: claims.endpointUrl, attemptedAt: claims.attemptedAt };
  const pinnable = other?.kind === 'public-key' ? other.key.keyId : null;
  return { id: item.id, name: item.name, verdict, code, fact, pinnable };
}
