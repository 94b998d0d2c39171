/** Whether the block that a calendar's path leads to is the one that stands at that height, by the header sources. @module */
import { type ChainParameters, neededHeights, verifyAnchor } from '@kapsel/verification';
import type { Anchor, AnchorCalendar, AnchoredBlock } from './anchor.ts';
import { proofOfCalendar } from './answers.ts';
import type { FoundHeader } from './header-source.ts';
import { CONFIRMED_DEPTH } from './schedule.ts';

export type BlockVerdict =
  | { readonly kind: 'holds'; readonly block: AnchoredBlock; readonly depth: number }
  /** Another root stands at that height: the answer was a lie, or the block is not in the chain any more. */
  | { readonly kind: 'contradicted' }
  /** No source knows the height, sources disagree, or the block is not deep enough yet. */
  | { readonly kind: 'undecided' };

/** The heights that decide a calendar's path. */
export function heightsOf(anchor: Anchor, part: AnchorCalendar): readonly number[] {
  const proof = proofOfCalendar(anchor, part);
  return proof === null ? [] : neededHeights(proof);
}

/** One contradicted block spoils the whole answer: it has only one to tell. */
export function judgeBlocks(
  anchor: Anchor,
  part: AnchorCalendar,
  found: readonly FoundHeader[],
  chain: ChainParameters,
): BlockVerdict {
  const proof = proofOfCalendar(anchor, part);
  if (proof === null) return { kind: 'undecided' };
  const headers = found.map(({ source, run }) => ({ source: source.kind, name: source.name, run }));
  const { attestations, decisive } = verifyAnchor(proof, anchor.note, { chain, headers });
  if (attestations.some(({ state }) => state === 'mismatch')) return { kind: 'contradicted' };
  if (decisive?.state !== 'confirmed' || decisive.attestation.kind !== 'bitcoin') {
    return { kind: 'undecided' };
  }
  const { height } = decisive.attestation;
  // Of those that show this very block: whoever the verdict relied on, else the one that sees it deepest.
  const showing = found
    .filter((each) => each.height === height && isRoot(each.header, decisive.message))
    .sort((one, other) => other.depth - one.depth);
  const shown = showing.find(({ source }) => source.kind === decisive.trust?.source) ?? showing[0];
  if (shown === undefined || shown.depth < CONFIRMED_DEPTH) return { kind: 'undecided' };
  const { header, depth, source } = shown;
  return {
    kind: 'holds',
    block: { height, header, source: `${source.kind} ${source.name}` },
    depth,
  };
}

function isRoot(header: Uint8Array, rootHex: string): boolean {
  return Buffer.from(header.subarray(36, 68)).toString('hex') === rootHex; // Bitcoin's header: 36..68
}
