/** The verdict on a proof: did these bytes exist before a Bitcoin block? Pure: proof, bytes and headers in, verdict out. @module */
import { equalBytes, hexFromBytes } from '../bytes.ts';
import { HASH_BYTES, sha256 } from '../hash.ts';
import type { OtsAttestation } from './attestation.ts';
import { displayHash } from './block-header.ts';
import type { AnchorEvidence, HeaderTrust, KnownRoot } from './header-evidence.ts';
import { evidenceOfHeight } from './header-evidence.ts';
import type { OtsProof } from './proof.ts';
import type { AttestedMessage } from './timestamp.ts';
import { attestedMessages } from './timestamp.ts';

/**
 * What a proof comes to. `confirmed` alone is level C; `pending` and `header_not_given` are no faults, they are not
 * decided; `mismatch` contradicts.
 */
export type AnchorState = 'confirmed' | 'mismatch' | 'header_not_given' | 'pending';

/** One end of the proof and what came of it. `not_counted` are chains and kinds that nothing here checks. */
export interface AttestationVerdict {
  readonly attestation: OtsAttestation;
  readonly state: AnchorState | 'not_counted';
  /** What it attests, hex: at a Bitcoin attestation the Merkle root in the order of the header's bytes. */
  readonly message: string;
  readonly operationCount: number;
  /** The Merkle root as explorers show it; null unless it is a Bitcoin attestation of 32 bytes. */
  readonly merkleRoot: string | null;
  /** The root that stands at that height by the word of `trust`, as explorers show it. */
  readonly knownRoot: string | null;
  readonly trust: HeaderTrust | null;
  readonly blockHash: string | null;
  /** Unix seconds by the miner's clock: it can be wrong by hours, so show the day. */
  readonly blockTime: number | null;
  /** Two sources of the same strength contradict each other about that height. */
  readonly isDisputed: boolean;
  /** The file brings a header with this root whose work is valid; nothing links it to a known block. */
  readonly isHeaderCarried: boolean;
}

/** The whole verdict: the lowest confirmed height decides, the others are listed. */
export interface AnchorVerdict {
  readonly state: AnchorState;
  /** The name of the chain it was asked for: the proof does not name its own. */
  readonly chain: string;
  /** The attestation that decided, if one did. */
  readonly decisive: AttestationVerdict | null;
  readonly attestations: readonly AttestationVerdict[];
  /** Both digests where the proof is of other bytes; null where they agree. A hash other than sha256 never agrees. */
  readonly digest: { readonly expected: string; readonly actual: string } | null;
}

/**
 * Checks a proof against the bytes that were stamped and what is known of the blocks. Never throws on what a file says.
 * @example verifyAnchor(parseOtsProof(ots), checkpointBytes, { chain: bitcoinMainnet(), headers: [] }).state // 'header_not_given'
 */
export function verifyAnchor(
  proof: OtsProof,
  stamped: Uint8Array,
  evidence: AnchorEvidence,
): AnchorVerdict {
  const chain = evidence.chain.name;
  const digest = wrongDigest(proof, stamped);
  const attestations = attestedMessages(proof.timestamp).map((each) => judge(each, evidence));
  if (digest !== null) {
    return { state: 'mismatch', chain, decisive: null, attestations, digest };
  }
  const decisive = decisiveOf(attestations);
  const state = decisive === null ? 'pending' : (decisive.state as AnchorState);
  return { state, chain, decisive, attestations, digest: null };
}

/**
 * The heights of the blocks whose headers decide the proof, lowest first, each once.
 * @example neededHeights(parseOtsProof(ots)) // [358391]
 */
export function neededHeights(proof: OtsProof): readonly number[] {
  const heights = attestedMessages(proof.timestamp).flatMap(({ attestation }) =>
    attestation.kind === 'bitcoin' ? [attestation.height] : [],
  );
  return [...new Set(heights)].sort((one, other) => one - other);
}

// A sha1 proof of the same bytes is refused too: sha1 is broken for exactly this use.
function wrongDigest(proof: OtsProof, stamped: Uint8Array): AnchorVerdict['digest'] {
  const expected = sha256(stamped);
  const { message } = proof.timestamp;
  if (proof.fileHash === 'sha256' && equalBytes(message, expected)) return null;
  const actual = `${proof.fileHash === 'sha256' ? '' : `${proof.fileHash} `}${hexFromBytes(message)}`;
  return { expected: hexFromBytes(expected), actual };
}

/** Confirmed before contradicted before undecided; of each the lowest height. */
function decisiveOf(attestations: readonly AttestationVerdict[]): AttestationVerdict | null {
  const bitcoin = attestations.filter(({ attestation }) => attestation.kind === 'bitcoin');
  const lowestFirst = bitcoin.sort((one, other) => heightOf(one) - heightOf(other));
  for (const wanted of ['confirmed', 'mismatch', 'header_not_given'] as const) {
    const found = lowestFirst.find(({ state }) => state === wanted);
    if (found !== undefined) return found;
  }
  return null;
}

/** The height an attestation names; beyond all heights for other kinds. */
export function heightOf({ attestation }: AttestationVerdict): number {
  return attestation.kind === 'bitcoin' ? attestation.height : Number.POSITIVE_INFINITY;
}

function judge(
  { attestation, message, operationCount }: AttestedMessage,
  evidence: AnchorEvidence,
): AttestationVerdict {
  const blank = {
    attestation,
    message: hexFromBytes(message),
    operationCount,
    merkleRoot: null,
    knownRoot: null,
    trust: null,
    blockHash: null,
    blockTime: null,
    isDisputed: false,
    isHeaderCarried: false,
  };
  if (attestation.kind === 'pending') return { ...blank, state: 'pending' };
  if (attestation.kind !== 'bitcoin') return { ...blank, state: 'not_counted' };
  if (message.length !== HASH_BYTES) return { ...blank, state: 'mismatch' }; // no root has this length
  const merkleRoot = displayHash(message);
  const found = evidenceOfHeight(evidence, attestation.height, message);
  switch (found.kind) {
    case 'known': {
      const state = equalBytes(found.root.merkleRoot, message) ? 'confirmed' : 'mismatch';
      return { ...blank, ...factsOf(found.root), state, merkleRoot };
    }
    case 'disagree':
      return { ...blank, state: 'header_not_given', merkleRoot, isDisputed: true };
    case 'unknown':
      return { ...blank, state: 'header_not_given', merkleRoot, isHeaderCarried: found.isCarried };
  }
}

function factsOf({
  merkleRoot,
  header,
  trust,
}: KnownRoot): Pick<AttestationVerdict, 'knownRoot' | 'trust' | 'blockHash' | 'blockTime'> {
  return {
    knownRoot: displayHash(merkleRoot),
    trust,
    blockHash: header === null ? null : displayHash(header.hash),
    blockTime: header?.time ?? null,
  };
}
