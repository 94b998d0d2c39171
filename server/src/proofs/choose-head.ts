/** Which signed head a package is under: the newest, one that witnesses signed, or one that stands in a block. @module */
import { equalBytes, stampFormOfCheckpoint } from '@kapsel/verification';
import type { AnchorStatus } from '../anchors/anchor.ts';
import { type CoveringAnchor, listCoveringAnchors } from '../anchors/store.ts';
import { findHeadById } from '../attestation/head-store.ts';
import type { SequencedLeaf } from '../attestation/leaf-store.ts';
import type { TreeHead } from '../attestation/tree-head.ts';
import { Failure } from '../base/failure.ts';
import type { LogId } from '../base/ids.ts';
import type { AttestationKey } from '../keys/store.ts';
import type { ProofCache } from './cache.ts';
import { coveringHead, refusalOfWaiting } from './prove-inclusion.ts';

export interface ChooseHeadDeps {
  readonly proofs: ProofCache;
  /** The newest head of at most so many leaves that enough witnesses signed, or null. */
  readonly findWitnessedHead: (logId: LogId, atMost?: number) => Promise<TreeHead | null>;
}

/** What the head of a package should be, must be, or need not be. */
export interface HeadWish {
  readonly witnessed?: 'prefer' | 'require' | 'none';
  /** `require`: with a way into a block. `begun`: it is enough that a calendar has promised one. */
  readonly anchor?: 'prefer' | 'require' | 'begun' | 'none';
}

/** An anchor with its file. */
export type FoundAnchor = CoveringAnchor & { readonly ots: Uint8Array };

export interface ChosenHead {
  readonly head: TreeHead;
  readonly anchor: FoundAnchor | null;
}

type Leaf = Pick<SequencedLeaf, 'logId' | 'leafIndex'>;

/** Failures: `not_yet_committed` or `log_halted`, `not_witnessed_yet`, `not_anchored_yet`. */
export async function chooseHead(
  deps: ChooseHeadDeps,
  leaf: Leaf,
  { witnessed = 'prefer', anchor = 'prefer' }: HeadWish,
  keys: readonly AttestationKey[],
): Promise<ChosenHead> {
  const { proofs, findWitnessedHead } = deps;
  const { logId, leafIndex } = leaf;
  // A stolen key's word is worth nothing, also where it was ours: the next head is by the key after it.
  const isRevoked = (head: TreeHead): boolean =>
    keys.some((key) => key.state === 'revoked' && equalBytes(key.publicKey, head.publicKey));
  const newest = await coveringHead(proofs, logId, leafIndex);
  const seen = witnessed === 'none' ? null : await findWitnessedHead(logId);
  const covering = seen !== null && seen.treeSize > leafIndex && !isRevoked(seen) ? seen : null;

  const anchored = await findAnchoredHead(proofs, leaf, anchor, isRevoked);
  if (anchored === null && (anchor === 'require' || anchor === 'begun')) throw notAnchoredYet();
  if (anchored !== null) {
    const { treeSize } = anchored.head;
    // What witnesses signed is given up only for whoever asks for the block.
    const wantsWitnesses = witnessed === 'require' || (anchor === 'prefer' && covering !== null);
    const isSeen = async () => (await findWitnessedHead(logId, treeSize))?.treeSize === treeSize;
    if (!wantsWitnesses || (await isSeen())) return anchored;
    if (anchor !== 'prefer') throw notWitnessedYet();
  }
  if (covering !== null) return { head: covering, anchor: null };
  if (witnessed === 'require') throw notWitnessedYet();
  if (isRevoked(newest)) throw await refusalOfWaiting(proofs, logId);
  return { head: newest, anchor: null };
}

/** Best first: what was checked before what was not, and that before a promise. */
const STATUSES: readonly (readonly AnchorStatus[])[] = [
  ['confirmed'],
  ['header_not_given'],
  ['pending', 'mismatch'],
];
const MAX_TRIED = 8;

async function findAnchoredHead(
  { pool }: ProofCache,
  { logId, leafIndex }: Leaf,
  wish: NonNullable<HeadWish['anchor']>,
  isRevoked: (head: TreeHead) => boolean,
): Promise<(ChosenHead & { anchor: FoundAnchor }) | null> {
  if (wish === 'none') return null;
  for (const statuses of wish === 'require' ? STATUSES.slice(0, 2) : STATUSES) {
    for (const anchor of await listCoveringAnchors(pool, logId, leafIndex, statuses, MAX_TRIED)) {
      const { ots } = anchor;
      const head = await findHeadById(pool, logId, anchor.headId);
      if (ots === null || head === null || isRevoked(head)) continue;
      const note = stampFormOfCheckpoint(head.checkpoint, head.origin, head.publicKey);
      if (!equalBytes(note, anchor.note)) {
        throw new Error('what was stamped is not the note of its head');
      }
      return { head, anchor: { ...anchor, ots } };
    }
  }
  return null;
}

function notAnchoredYet(): Failure {
  return new Failure('not_anchored_yet', 'No head above the leaf is anchored yet');
}

function notWitnessedYet(): Failure {
  return new Failure(
    'not_witnessed_yet',
    'No head above the leaf was signed by enough witnesses yet',
  );
}
