/** Packages whose checkpoint is stamped, made with other code than the verifier's. @module */
import { createHash } from 'node:crypto';
import {
  bitcoinAttestation,
  encodeFile,
  follow,
  type OtsStep,
  pendingAttestation,
} from '../../../test/support/ots-writer.ts';

/** Behind the last block that the page knows: only what a person gives decides. */
export const HEIGHT = 4_000_000;

export interface Anchored {
  readonly text: string;
  /** The Merkle root that the proof claims of block `HEIGHT`, as explorers show it. */
  readonly merkleRoot: string;
}

/** The package with an anchor: in a block, or only promised by a calendar. */
export function withAnchor(text: string, end: 'block' | 'promise'): Anchored {
  const made = JSON.parse(text);
  const digest = createHash('sha256').update(made.signed_tree_head.checkpoint).digest();
  const steps: readonly OtsStep[] = [['append', Buffer.alloc(16, 5)], ['sha256']];
  const attestation =
    end === 'block'
      ? bitcoinAttestation(HEIGHT)
      : pendingAttestation('https://calendar.example/anchors');
  const proof = encodeFile(digest, { ways: [{ steps, end: { attestations: [attestation] } }] });
  const anchors = [{ type: 'opentimestamps', proof: proof.toString('base64') }];
  const merkleRoot = Buffer.from(follow(digest, steps)).reverse().toString('hex');
  return { text: JSON.stringify({ ...made, anchors }, null, 2), merkleRoot };
}
