/** What came of an anchor, under the verdict on the proof: apart from it, and with what is needed to check it by hand. Source of truth: opentimestamps 5.2 and 5.4. @module */
import {
  type AnchorState,
  type AnchorVerdict,
  type AttestationVerdict,
  anchorWords,
  type Report,
  type Verdict,
} from '@kapsel/verification';
import type { Look } from '../options.ts';
import { safe } from './checks.ts';
import { glyphOfVerdict } from './glyphs.ts';

const WORDS: Readonly<Record<AnchorState, readonly [Verdict, string]>> = {
  confirmed: ['verified', 'Anchor confirmed'],
  header_not_given: ['inconclusive', 'Anchor not decided'],
  pending: ['inconclusive', 'Anchor pending'],
  mismatch: ['invalid', 'Anchor contradicted'],
};

/** A headline for each anchor, and what to do next. */
export function anchorLines({ anchors, checks }: Report, look: Look): readonly string[] {
  if (anchors.length === 0) {
    const reason = checks.find(({ id }) => id === 'anchor')?.reason;
    return reason === undefined ? [] : [`  No anchor was checked: ${safe(reason)}`];
  }
  return anchors.flatMap((anchor) => linesOfAnchor(anchor, look));
}

/** The same for one that does not stand in a package. */
export function linesOfAnchor(anchor: AnchorVerdict, look: Look): readonly string[] {
  const [verdict, words] = WORDS[anchor.state];
  const headline = `${glyphOfVerdict(verdict, look.ascii)} ${words}`;
  const others = anchor.attestations.filter((each) => each !== anchor.decisive);
  return [
    `${look.paint(headline, verdict)}`,
    `  ${safe(anchorWords(anchor))}`,
    ...byHandLines(anchor),
    ...others.flatMap(otherLines),
  ];
}

/** The values a person compares, whole: roots in the order in which explorers show them. */
function byHandLines({ state, decisive, digest }: AnchorVerdict): readonly string[] {
  if (digest !== null) return [`  stamped    ${digest.actual}`, `  checkpoint ${digest.expected}`];
  if (decisive?.attestation.kind !== 'bitcoin' || decisive.merkleRoot === null) return [];
  const { height } = decisive.attestation;
  if (state === 'mismatch') {
    return [`  computed   ${decisive.merkleRoot}`, `  block      ${decisive.knownRoot ?? ''}`];
  }
  if (state === 'confirmed') return [`  Merkle root ${decisive.merkleRoot}`];
  // Not with the root of the proof: given back unseen, it would confirm itself.
  return [
    `  Look up block ${height} in a node or an explorer that you trust. Its Merkle root decides: --header ${height}:ROOT`,
  ];
}

/** What failed beside a good one is a warning; what waits is said. */
function otherLines({ attestation, state }: AttestationVerdict): readonly string[] {
  switch (attestation.kind) {
    case 'bitcoin':
      return [`  Also Bitcoin block ${attestation.height}: ${state.replaceAll('_', ' ')}`];
    case 'pending':
      return [];
    case 'unknown':
      return ['  Also an attestation of a kind that is not counted'];
    default:
      return [`  Also ${attestation.kind} block ${attestation.height}: not counted`];
  }
}
