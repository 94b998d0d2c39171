/** Two tree heads among what was given: they are compared with each other instead of being called no proof packages. @module */
import { followKeyStatements, leadingFailure, verifyHeadConsistency } from '@kapsel/verification';
import type { Finding } from './finding.ts';
import type { Grounds } from './grounds.ts';
import type { Item } from './item.ts';

/** What is needed for a comparison, gathered while a run goes by. */
export interface HeadsGiven {
  readonly heads: readonly Item[];
  readonly proofs: readonly Item[];
}

/** The two heads, and the proof between them if there is one. Null if it is not plain which belong together. */
export function itemsToCompare({ heads, proofs }: HeadsGiven): readonly Item[] | null {
  return heads.length === 2 && proofs.length <= 1 ? [...heads, ...proofs] : null;
}

/** The verifier's word on two heads and the proof, as one finding under the number of the first. */
export function findingFromHeads(
  items: readonly Item[],
  { trust, options: { nowMs } }: Grounds,
): Finding {
  const [first, second, proof] = items;
  const report = verifyHeadConsistency(
    first?.bytes ?? '',
    second?.bytes ?? '',
    proof?.bytes ?? null,
    trust,
    { nowMs, followKeyStatements },
  );
  const name = items.map((item) => item.name).join(' + ');
  const place = { path: name, entry: null, line: null };
  const item: Item = { id: first?.id ?? 0, place, name, bytes: null, refusal: null };
  const failure = leadingFailure(report);
  return {
    item,
    verdict: report.verdict,
    code: failure?.code ?? null,
    failure,
    report: null,
    other: null,
    comparison: report,
    checkedAtMs: nowMs,
  };
}
