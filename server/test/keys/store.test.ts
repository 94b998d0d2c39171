/** Public keys of logs in a real database: one current key for each log. @module */
import { keyIdFromPublicKey } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogId } from '../../src/base/ids.ts';
import { insertAttestationKey, listAttestationKeys } from '../../src/keys/store.ts';
import { type Bench, makeLog, makeSigner, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function insert(logId: LogId, validFromMs: number): Promise<Uint8Array> {
  const { publicKey } = makeSigner();
  const keyId = Buffer.from(keyIdFromPublicKey(publicKey), 'hex');
  const key = { keyId, publicKey, provider: 'file', validFromMs };
  await insertAttestationKey(bench.pool, logId, key);
  return publicKey;
}

describe('attestation keys', () => {
  it('are listed oldest first, with the time until which each was valid', async () => {
    const log = await makeLog(bench.pool);
    const first = await insert(log.id, START_MS + 1_234);
    await bench.pool.query('UPDATE attestation_keys SET valid_until = $2 WHERE log_id = $1', [
      log.id,
      new Date(START_MS + 5_678),
    ]);
    const second = await insert(log.id, START_MS + 5_678);
    const keys = await listAttestationKeys(bench.pool, log.id);
    expect(keys.map((key) => ({ ...key, keyId: null, publicKey: [...key.publicKey] }))).toEqual([
      {
        keyId: null,
        publicKey: [...first],
        validFromMs: START_MS + 1_234,
        validUntilMs: START_MS + 5_678,
      },
      { keyId: null, publicKey: [...second], validFromMs: START_MS + 5_678, validUntilMs: null },
    ]);
  });

  it('are those of one log alone', async () => {
    const [log, other] = [await makeLog(bench.pool), await makeLog(bench.pool)];
    await insert(other.id, START_MS);
    expect(await listAttestationKeys(bench.pool, log.id)).toEqual([]);
  });

  it('have at most one that is current', async () => {
    const log = await makeLog(bench.pool);
    await insert(log.id, START_MS);
    await expect(insert(log.id, START_MS + 1)).rejects.toMatchObject({ code: '23505' });
  });
});
