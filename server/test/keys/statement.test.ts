/** Key statements: the exact text of the format, which the core's reader and verifier take. @module */
import {
  hexFromBytes,
  leafHash,
  parseKeyLeaf,
  utf8FromString,
  verifyEd25519,
} from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { KeyError, type Signer } from '../../src/keys/signer.ts';
import { signRevocation, signRotation } from '../../src/keys/statement.ts';
import { makeSigner, START_MS } from '../support/log-bench.ts';

const ORIGIN = 'log.kapsel.example/t1';
const [old, next] = [makeSigner(), makeSigner()];

describe('signRotation', () => {
  it('writes the members in the order of the format, both signatures last', async () => {
    const { data, hash, action, publicKey } = await signRotation(ORIGIN, old, next, START_MS);
    expect([action, publicKey]).toEqual(['rotate', next.publicKey]);
    expect(hash).toEqual(leafHash(utf8FromString(data)));
    const { possession, signature } = JSON.parse(data);
    expect(data).toBe(
      `{"type":"kapsel.key/v1","log":"${ORIGIN}","action":"rotate","endpoint_id":null,` +
        `"public_key":"${hexFromBytes(next.publicKey)}",` +
        `"previous_public_key":"${hexFromBytes(old.publicKey)}",` +
        `"valid_from":"2026-01-15T10:30:45.000Z",` +
        `"possession":"${possession}","signature":"${signature}"}`,
    );
  });

  it('is signed by the old key, and by the new one, over what the core cuts out', async () => {
    const leaf = parseKeyLeaf((await signRotation(ORIGIN, old, next, START_MS)).data);
    const [signature, possession] = [leaf.signature, leaf.possession] as [Uint8Array, Uint8Array];
    expect(verifyEd25519(signature, leaf.statementMessage, old.publicKey)).toBe(true);
    expect(verifyEd25519(possession, leaf.possessionMessage, next.publicKey)).toBe(true);
    expect(leaf.validFromMs).toBe(START_MS);
    const text = new TextDecoder().decode(leaf.statementMessage);
    expect(text.startsWith('kapsel.key/v1\n{"type"')).toBe(true);
    expect(text.endsWith(`"possession":"${hexFromBytes(possession)}"}`)).toBe(true);
  });

  it('is refused when either signer does not sign right', async () => {
    const lame = (right: Signer): Signer => ({ ...right, sign: makeSigner().sign });
    await expect(signRotation(ORIGIN, lame(old), next, START_MS)).rejects.toThrow(KeyError);
    await expect(signRotation(ORIGIN, old, lame(next), START_MS)).rejects.toThrow(KeyError);
    const short = { ...old, sign: async () => new Uint8Array(63) };
    await expect(signRotation(ORIGIN, short, next, START_MS)).rejects.toThrow();
  });

  it('is refused for a name that is no origin', async () => {
    await expect(signRotation('two words', old, next, START_MS)).rejects.toThrow();
  });
});

describe('signRevocation', () => {
  it('names the revoked key, and as the previous one whoever signs', async () => {
    const statement = await signRevocation(ORIGIN, old.publicKey, next, START_MS - 1);
    const leaf = parseKeyLeaf(statement.data);
    expect(leaf).toMatchObject({ action: 'revoke', possession: null, endpointId: null });
    expect(leaf.publicKey).toEqual(old.publicKey);
    expect(leaf.previousPublicKey).toEqual(next.publicKey);
    expect(leaf.validFromMs).toBe(START_MS - 1);
    const signature = leaf.signature as Uint8Array;
    expect(verifyEd25519(signature, leaf.statementMessage, next.publicKey)).toBe(true);
    expect(statement).toMatchObject({ action: 'revoke', publicKey: old.publicKey });
  });
});
