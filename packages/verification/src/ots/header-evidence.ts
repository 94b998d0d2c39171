/** What is known of the block at a height, and how far it is believed: whose word decides is part of every verdict. @module */
import { equalBytes, reversedBytes } from '../bytes.ts';
import type { BlockHeader } from './block-header.ts';
import type { ChainParameters } from './chain.ts';
import type { HeaderRun } from './header-run.ts';
import { headerOfHeight, headerOfRoot } from './header-run.ts';

/**
 * Where a header came from. `package` is whoever made the file: its headers count only where a pinned block vouches
 * for them, since valid work at a target of one's own choice takes a second.
 */
export type HeaderSource = 'user' | 'file' | 'node' | 'explorer' | 'package';

/** Headers, or the Merkle root of one block, and whose word they are. */
export type HeaderEvidence =
  | { readonly source: HeaderSource; readonly name?: string; readonly run: HeaderRun }
  | {
      readonly source: Exclude<HeaderSource, 'package'>;
      readonly name?: string;
      readonly height: number;
      /** In either order of its bytes: both bind alike. */
      readonly merkleRoot: Uint8Array;
    };

/** The chain that is meant, and what is known of its blocks. */
export interface AnchorEvidence {
  readonly chain: ChainParameters;
  readonly headers: readonly HeaderEvidence[];
}

/** Whose word decided: a pinned block of the chain, or the source. `name` is the height of the pin, or the explorer. */
export interface HeaderTrust {
  readonly source: 'pinned' | Exclude<HeaderSource, 'package'>;
  readonly name: string | null;
  /** Nobody but the proof says which height this header has: it was found by its root. */
  readonly isHeightClaimed: boolean;
}

/** A Merkle root that stands at a height, by somebody's word. */
export interface KnownRoot {
  readonly merkleRoot: Uint8Array;
  /** Null where only the root was given: then hash and time are not known. */
  readonly header: BlockHeader | null;
  readonly trust: HeaderTrust;
}

/** What the strongest word says of a height. `disagree`: two of the same strength say different things. */
export type HeightEvidence =
  | { readonly kind: 'known'; readonly root: KnownRoot }
  | { readonly kind: 'disagree' }
  /** Nobody who is believed knows. `isCarried`: the file brings a header of this root, which alone shows nothing. */
  | { readonly kind: 'unknown'; readonly isCarried: boolean };

const STRENGTH: Readonly<Record<HeaderTrust['source'], number>> = {
  pinned: 4,
  user: 3,
  file: 3,
  node: 2,
  explorer: 1,
};

/** Asks all evidence for a height. `merkleRoot` is what the proof claims of it: it is compared by whoever asks. */
export function evidenceOfHeight(
  { headers, chain }: AnchorEvidence,
  height: number,
  merkleRoot: Uint8Array,
): HeightEvidence {
  const known: KnownRoot[] = [];
  let isCarried = false;
  for (const each of headers) {
    const root = rootFrom(each, height, merkleRoot, chain);
    if (root === 'carried') isCarried = true;
    else if (root !== null) known.push(root);
  }
  const strongest = Math.max(...known.map(({ trust }) => STRENGTH[trust.source]));
  const [first, ...others] = known.filter(({ trust }) => STRENGTH[trust.source] === strongest);
  if (first === undefined) return { kind: 'unknown', isCarried };
  const agree = others.every((other) => equalBytes(other.merkleRoot, first.merkleRoot));
  if (!agree) return { kind: 'disagree' };
  // Of equal words the one that also knows hash and time.
  return { kind: 'known', root: [first, ...others].find(({ header }) => header !== null) ?? first };
}

function rootFrom(
  evidence: HeaderEvidence,
  height: number,
  claimed: Uint8Array,
  chain: ChainParameters,
): KnownRoot | 'carried' | null {
  const { source, name = null } = evidence;
  if (!('run' in evidence)) {
    if (evidence.height !== height) return null;
    const trust = { source: evidence.source, name, isHeightClaimed: false };
    const isReversed = equalBytes(reversedBytes(evidence.merkleRoot), claimed);
    return { merkleRoot: isReversed ? claimed : evidence.merkleRoot, header: null, trust };
  }
  const { run } = evidence;
  const isHeightKnown = run.firstHeight !== null;
  const header = isHeightKnown
    ? headerOfHeight(run, height, chain)
    : headerOfRoot(run, claimed, chain);
  if (header === null) return null;
  const { merkleRoot } = header;
  if (run.lastPinHeight !== null && height <= run.lastPinHeight) {
    const trust = {
      source: 'pinned',
      name: `${run.lastPinHeight}`,
      isHeightClaimed: false,
    } as const;
    return { merkleRoot, header, trust };
  }
  if (source === 'package') return equalBytes(merkleRoot, claimed) ? 'carried' : null;
  return { merkleRoot, header, trust: { source, name, isHeightClaimed: !isHeightKnown } };
}
