/** Public keys of logs in a real database: one current key for each log. @module */
import { keyIdFromPublicKey } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogId } from '../../src/base/ids.ts';
import {
  activateKey,
  endActiveKey,
  findKeyInState,
  insertAttestationKey,
  type KeyState,
  listAttestationKeys,
  revokeRetiredKey,
} from '../../src/keys/store.ts';
import { type Bench, makeLog, makeSigner, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function insert(
  logId: LogId,
  validFromMs: number,
  state: KeyState = 'active',
): Promise<Uint8Array> {
  const { publicKey } = makeSigner();
  const keyId = Buffer.from(keyIdFromPublicKey(publicKey), 'hex');
  const key = { keyId, publicKey, provider: 'file', validFromMs, state };
  await insertAttestationKey(bench.pool, logId, key);
  return publicKey;
}

describe('attestation keys', () => {
  it('are listed oldest first, with the time until which each was valid', async () => {
    const log = await makeLog(bench.pool);
    const first = await insert(log.id, START_MS + 1_234);
    await bench.pool.query(
      "UPDATE attestation_keys SET valid_until = $2, state = 'retired' WHERE log_id = $1",
      [log.id, new Date(START_MS + 5_678)],
    );
    const second = await insert(log.id, START_MS + 5_678);
    const keys = await listAttestationKeys(bench.pool, log.id);
    expect(keys.map((key) => ({ ...key, keyId: null, publicKey: [...key.publicKey] }))).toEqual([
      {
        keyId: null,
        publicKey: [...first],
        provider: 'file',
        state: 'retired',
        validFromMs: START_MS + 1_234,
        validUntilMs: START_MS + 5_678,
      },
      {
        keyId: null,
        publicKey: [...second],
        provider: 'file',
        state: 'active',
        validFromMs: START_MS + 5_678,
        validUntilMs: null,
      },
    ]);
  });

  it('are those of one log alone', async () => {
    const [log, other] = [await makeLog(bench.pool), await makeLog(bench.pool)];
    await insert(other.id, START_MS);
    expect(await listAttestationKeys(bench.pool, log.id)).toEqual([]);
  });

  it('have at most one that is active, and one that is announced', async () => {
    const log = await makeLog(bench.pool);
    await insert(log.id, START_MS);
    await expect(insert(log.id, START_MS + 1)).rejects.toMatchObject({ code: '23505' });
    await insert(log.id, START_MS + 1, 'announced');
    const second = insert(log.id, START_MS + 2, 'announced');
    await expect(second).rejects.toMatchObject({ code: '23505' });
  });

  it('are found by state, end, and follow each other', async () => {
    const log = await makeLog(bench.pool);
    const find = (state: 'active' | 'announced') => findKeyInState(bench.pool, log.id, state);
    expect([await find('active'), await find('announced')]).toEqual([null, null]);
    const first = await insert(log.id, START_MS);
    const next = await insert(log.id, START_MS + 1, 'announced');
    expect((await find('active'))?.publicKey).toEqual(Buffer.from(first));
    const announced = await find('announced');
    expect(announced?.publicKey).toEqual(Buffer.from(next));

    expect(await endActiveKey(bench.pool, log.id, 'retired', START_MS + 9)).toBe(true);
    expect(await endActiveKey(bench.pool, log.id, 'retired', START_MS + 9)).toBe(false);
    const keyId = announced?.keyId ?? new Uint8Array();
    await activateKey(bench.pool, log.id, keyId, START_MS + 9);
    expect(await find('active')).toMatchObject({ state: 'active', validFromMs: START_MS + 9 });
    await expect(activateKey(bench.pool, log.id, keyId, START_MS + 10)).rejects.toThrow();

    // The active key cannot be revoked in this way, one that signs no more can.
    await revokeRetiredKey(bench.pool, log.id, keyId, START_MS);
    const retired = Buffer.from(keyIdFromPublicKey(first), 'hex');
    await revokeRetiredKey(bench.pool, log.id, retired, START_MS + 3);
    const keys = await listAttestationKeys(bench.pool, log.id);
    expect(keys.map(({ state, validUntilMs }) => [state, validUntilMs])).toEqual([
      ['revoked', START_MS + 3],
      ['active', null],
    ]);
  });

  it('of a state or a provider that nobody knows are refused', async () => {
    const log = await makeLog(bench.pool);
    const { publicKey } = makeSigner();
    const keyId = Buffer.from(keyIdFromPublicKey(publicKey), 'hex');
    const key = { keyId, publicKey, provider: 'paper', validFromMs: START_MS };
    const inserted = insertAttestationKey(bench.pool, log.id, key);
    await expect(inserted).rejects.toMatchObject({ code: '23514' });
  });
});
