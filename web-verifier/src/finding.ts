/** From an item and the pinned keys to what the page shows: the verifier's report, or why there is none. @module */
import {
  type Check,
  type ConsistencyReport,
  type ErrorCode,
  leadingFailure,
  type Report,
  reportOfRefusal,
  type Verdict,
  verifyProofPackage,
} from '@kapsel/verification';
import type { Grounds } from './grounds.ts';
import type { Item } from './item.ts';
import { type Other, recogniseOther } from './recognise.ts';

/** What is known about one item. */
export interface Finding {
  readonly item: Item;
  readonly verdict: Verdict;
  /** The code that leads to the verdict; null only for `verified`. */
  readonly code: ErrorCode | null;
  /** The check that leads to the verdict; null where nothing failed, or the item is something else. */
  readonly failure: Check | null;
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

/** The verifier's report on one item, or that of why there was nothing to verify. */
export function reportOfItem({ bytes, refusal }: Item, { trust, options }: Grounds): Report {
  if (bytes === null) return reportOfRefusal(refusal ?? { code: 'E_IO' });
  return verifyProofPackage(bytes, trust, options);
}

/** Checks one item. The verifier decides; this only chooses what to ask it. */
export function findingFromItem(item: Item, grounds: Grounds): Finding {
  const { bytes } = item;
  const report = reportOfItem(item, grounds);
  const other = bytes !== null && report.verdict === 'malformed' ? recogniseOther(bytes) : null;
  const failure = leadingFailure(report);
  return {
    item,
    verdict: report.verdict,
    code: failure?.code ?? null,
    failure: other === null ? failure : null,
    report: bytes !== null && other === null ? report : null,
    other,
    comparison: null,
    checkedAtMs: grounds.options.nowMs,
  };
}

/** What the list needs of a finding. */
export function resultFromFinding({ item, verdict, code, report, other }: Finding): Result {
  const claims = verdict === 'verified' ? (report?.claims ?? null) : null;
  const fact = claims && { endpointUrl: claims.endpointUrl, attemptedAt: claims.attemptedAt };
  const pinnable = other?.kind === 'public-key' ? other.key.keyId : null;
  return { id: item.id, name: item.name, verdict, code, fact, pinnable };
}
