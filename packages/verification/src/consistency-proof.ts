/** The JSON form of a consistency proof, as the log answers it. RFC 6962 section 2.1.2. @module */
import { HASH_BYTES } from './hash.ts';
import { parseJson, textFromInput } from './json.ts';
import { Members } from './members.ts';

/** Two sizes with their roots, and the hashes that connect them. */
export interface ConsistencyProof {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly proofHashes: readonly Uint8Array[];
}

const MAX_PROOF_BYTES = 65_536;
const MAX_PROOF_HASHES = 64;

/**
 * Reads `{old_size, new_size, old_root, new_root, proof_hashes}`. Nothing is verified. Throws `VerificationError` where the
 * form is not exactly that.
 * @example parseConsistencyProof(text).proofHashes.length
 */
export function parseConsistencyProof(input: string | Uint8Array): ConsistencyProof {
  const value = parseJson(textFromInput(input, MAX_PROOF_BYTES, 'consistency proof'));
  const members = Members.open(value, '', {
    required: ['old_size', 'new_size', 'old_root', 'new_root', 'proof_hashes'],
  });
  return {
    oldSize: members.integer('old_size', 0),
    newSize: members.integer('new_size', 0),
    oldRoot: members.hex('old_root', HASH_BYTES),
    newRoot: members.hex('new_root', HASH_BYTES),
    proofHashes: members.hexList('proof_hashes', HASH_BYTES, MAX_PROOF_HASHES),
  };
}
