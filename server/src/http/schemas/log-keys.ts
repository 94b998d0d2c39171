/** A log's keys and what was said of them, as the API shows them. @module */
import { encodeVkey, hexFromBytes } from '@kapsel/verification';
import { Type } from 'typebox';
import { encodeTreeHeadJson } from '../../attestation/tree-head.ts';
import { timeFromMs } from '../../base/clock.ts';
import type { Log } from '../../logs/log.ts';
import type { KeyHistory } from '../../proofs/key-history.ts';
import { InclusionProofAnswer, TreeHeadAnswer } from './attestation.ts';
import { Count, Hash, nullable, Time } from './values.ts';

export const LogKeysAnswer = Type.Object(
  {
    log: Type.String({ examples: ['log.acme.example/1'] }),
    keys: Type.Array(
      Type.Object({
        key_id: Hash,
        public_key: Hash,
        vkey: Type.String({ examples: ['log.acme.example/1+9a8b7c6d+AZ…'] }),
        state: Type.String({ examples: ['active'] }),
        valid_from: Time,
        valid_until: nullable(Time),
      }),
    ),
    statements: Type.Array(
      Type.Object({
        leaf_data: Type.String({ examples: ['{"type":"kapsel.key/v1",…}'] }),
        leaf_hash: Hash,
        leaf_index: nullable(Count),
        inclusion_proof: nullable(InclusionProofAnswer),
      }),
    ),
    signed_tree_head: nullable(TreeHeadAnswer),
  },
  { title: 'LogKeys' },
);

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
