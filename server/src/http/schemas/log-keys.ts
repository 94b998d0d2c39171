/** A log's keys and what was said of them, as the API shows them. @module */
import { encodeVkey, hexFromBytes } from '@kapsel/verification';
import { encodeTreeHeadJson } from '../../attestation/tree-head.ts';
import { timeFromMs } from '../../base/clock.ts';
import type { Log } from '../../logs/log.ts';
import type { KeyHistory } from '../../proofs/key-history.ts';

export function encodeLogKeysJson(log: Log, { keys, statements, head }: KeyHistory): object {
  return {
    log: log.origin,
    keys: keys.map((key) => ({
      key_id: hexFromBytes(key.keyId),
      public_key: hexFromBytes(key.publicKey),
      vkey: encodeVkey(log.origin, key.publicKey),
      state: key.state,
      valid_from: timeFromMs(key.validFromMs),
      valid_until: key.validUntilMs === null ? null : timeFromMs(key.validUntilMs),
    })),
    statements: statements.map(({ statement, proof }) => ({
      leaf_data: statement.leafData,
      leaf_hash: hexFromBytes(statement.leafHash),
      leaf_index: statement.leafIndex,
      inclusion_proof: proof,
    })),
    signed_tree_head: head === null ? null : encodeTreeHeadJson(head),
  };
}
