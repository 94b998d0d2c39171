/** The JSON form of a consistency proof, as the log answers it. RFC 6962 section 2.1.2. @module */
import { HASH_BYTES } from './hash.ts';
import { parseJson, textFromInput } from './json.ts';
import type { Reader } from './members.ts';
import { hex, integer, list, object } from './members.ts';

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
  return readProof(parseJson(textFromInput(input, MAX_PROOF_BYTES, 'consistency proof')));
}

const readProof: Reader<ConsistencyProof> = /* @__PURE__ */ object({
  oldSize: integer(0),
  newSize: integer(0),
  oldRoot: hex(HASH_BYTES),
  newRoot: hex(HASH_BYTES),
  proofHashes: list(MAX_PROOF_HASHES, hex(HASH_BYTES)),
});
