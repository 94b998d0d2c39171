import { encodeVkey, keyIdFromPublicKey, parseVkey } from '@kapsel/verification';
import { expect, it } from 'vitest';
import { type LogId, newId } from '../../../src/base/ids.ts';
import { encodeLogKeysJson } from '../../../src/http/schemas/log-keys.ts';
import type { KeyHistory } from '../../../src/proofs/key-history.ts';
import { makeSigner, START_MS } from '../../support/log-bench.ts';

const ID: LogId = newId(START_MS);
const LOG = { id: ID, tenantId: null, name: 'shared', isPublic: true, origin: 'log.test/keys' };

it('shows keys and statements under their names in the format', () => {
  const { publicKey } = makeSigner();
  const keyId = Buffer.from(keyIdFromPublicKey(publicKey), 'hex');
  const history: KeyHistory = {
    keys: [
      {
        keyId,
        publicKey,
        provider: 'file',
        state: 'retired',
        validFromMs: START_MS,
        validUntilMs: START_MS + 1,
      },
    ],
    statements: [
      {
        statement: {
          action: 'rotate',
          keyId,
          leafData: '{"type":"kapsel.key/v1"}',
          leafHash: new Uint8Array(32).fill(1),
          leafIndex: null,
          validFromMs: START_MS,
        },
        proof: null,
      },
    ],
    head: null,
  };
  const json = encodeLogKeysJson(LOG, history);
  expect(json).toEqual({
    log: 'log.test/keys',
    keys: [
      {
        key_id: keyIdFromPublicKey(publicKey),
        public_key: Buffer.from(publicKey).toString('hex'),
        vkey: encodeVkey('log.test/keys', publicKey),
        state: 'retired',
        valid_from: '2026-01-15T10:30:45.000Z',
        valid_until: '2026-01-15T10:30:45.001Z',
      },
    ],
    statements: [
      {
        leaf_data: '{"type":"kapsel.key/v1"}',
        leaf_hash: '01'.repeat(32),
        leaf_index: null,
        inclusion_proof: null,
      },
    ],
    signed_tree_head: null,
  });
  const [{ vkey }] = (json as { keys: [{ vkey: string }] }).keys;
  expect(parseVkey(vkey, 'log').publicKey).toEqual(publicKey);
});
