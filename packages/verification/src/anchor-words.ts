/** Anchors in words: the block, its day, and whose word it is. What is not decided is said so, with what decides it. @module */
import type { HeaderTrust } from './ots/header-evidence.ts';
import type { AnchorVerdict, AttestationVerdict } from './ots/verify-anchor.ts';

const MAINNET = 'mainnet';
const TRUST_WORDS: Readonly<Record<HeaderTrust['source'], string>> = {
  pinned: 'linked to known block #',
  user: 'header you gave',
  file: 'your header file',
  node: 'your node',
  explorer: 'relies on explorer #',
};

/**
 * The verdict on an anchor in one line. The time of a block can be wrong by hours: only its day is told. Of the file it
 * quotes calendar addresses alone, which hold no character that needs an escape.
 * @example anchorWords(verdict) // 'existed before Bitcoin block 358391 (block time about 2015-05-28; header you gave)'
 */
export function anchorWords(verdict: AnchorVerdict): string {
  const { state, decisive } = verdict;
  switch (state) {
    case 'confirmed':
      return `existed before ${blockWords(verdict)} (${[dayOf(decisive), trustOf(decisive)].filter((each) => each !== null).join('; ')})`;
    case 'header_not_given':
      return `${stepsOf(decisive)} to ${blockWords(verdict)}, Merkle root ${decisive?.merkleRoot ?? ''}; ${whyOpen(decisive)}`;
    case 'mismatch':
      return verdict.digest === null
        ? `${blockWords(verdict)} has another Merkle root`
        : 'the proof is of other bytes than this checkpoint';
    case 'pending':
      return `not yet in a Bitcoin block${calendarsOf(verdict)}`;
  }
}

/**
 * The block that decides, with the chain where it is not the main one: a proof does not name its chain.
 * @example blockWords(verdict) // 'Bitcoin block 358391'
 */
export function blockWords({ chain, decisive }: AnchorVerdict): string {
  const height = decisive?.attestation.kind === 'bitcoin' ? `${decisive.attestation.height}` : '?';
  return chain === MAINNET ? `Bitcoin block ${height}` : `block ${height} of the chain "${chain}"`;
}

function dayOf(decisive: AttestationVerdict | null): string | null {
  const time = decisive?.blockTime ?? null;
  return time === null
    ? null
    : `block time about ${new Date(1_000 * time).toISOString().slice(0, 10)}`;
}

function trustOf(decisive: AttestationVerdict | null): string | null {
  const trust = decisive?.trust ?? null;
  if (trust === null) return null;
  const words = TRUST_WORDS[trust.source].replace('#', () => trust.name ?? '');
  return trust.isHeightClaimed ? `${words}, height as the proof claims it` : words;
}

function stepsOf(decisive: AttestationVerdict | null): string {
  const count = decisive?.operationCount ?? 0;
  return count === 1 ? '1 operation' : `${count} operations`;
}

function whyOpen(decisive: AttestationVerdict | null): string {
  if (decisive?.isDisputed) return 'the sources contradict each other';
  return decisive?.isHeaderCarried
    ? 'header not given (the file brings one with valid work, not linked to a known block)'
    : 'header not given';
}

function calendarsOf({ attestations }: AnchorVerdict): string {
  const uris = attestations.flatMap(({ attestation }) =>
    attestation.kind === 'pending' ? [attestation.uri] : [],
  );
  return uris.length === 0 ? '' : `; promised by ${[...new Set(uris)].join(', ')}`;
}
