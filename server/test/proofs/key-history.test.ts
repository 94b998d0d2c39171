/** Keys of a log with their statements, each proved under the newest head. */
import { bytesFromHex, verifyInclusion } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKeys } from '../../src/proofs/key-history.ts';
import { type Bench, makeLog, openBench } from '../support/log-bench.ts';
import { openTestProofs } from '../support/proofs.ts';
import { growLog, headOf, signLog } from '../support/signed-log.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('knows the only key of a new log, before and after its first head', async () => {
  const signed = await signLog(bench.pool, await makeLog(bench.pool));
  const proofs = openTestProofs(bench.pools.api);
  const before = await describeKeys(proofs, signed.log.id);
  expect(before).toMatchObject({ keys: [{ state: 'active' }], statements: [], head: null });
  await growLog(signed, 1);
  await headOf(signed);
  const after = await describeKeys(proofs, signed.log.id);
  expect(after.keys).toEqual(before.keys);
  expect(after.head?.treeSize).toBe(1);
});

it('proves each statement under the head, and none that the head does not cover', async () => {
  const signed = await signLog(bench.pool, await makeLog(bench.pool));
  const leaves = await growLog(signed, 3);
  await headOf(signed);
  const insert = async (index: number, place: number | null): Promise<void> => {
    await bench.pool.query(
      `INSERT INTO key_statements (leaf_hash, log_id, action, key_id, leaf_data, leaf_index, valid_from)
       SELECT $1, $2, 'rotate', key_id, $3, $4, now() FROM attestation_keys WHERE log_id = $2`,
      [leaves[index]?.leaf.hash, signed.log.id, leaves[index]?.leaf.data, place],
    );
  };
  await insert(1, 1);
  await insert(2, null);
  const late = await growLog(signed, 1);
  leaves.push(...late);
  await insert(3, 3);
  const { statements, head } = await describeKeys(openTestProofs(bench.pools.api), signed.log.id);
  expect(statements.map(({ statement }) => statement.leafIndex)).toEqual([1, 3, null]);
  const [proved, above, waiting] = statements.map(({ proof }) => proof);
  expect([above, waiting]).toEqual([null, null]);
  const path = (proved?.proof_hashes ?? []).map(bytesFromHex);
  const hash = leaves[1]?.leaf.hash ?? new Uint8Array();
  verifyInclusion(hash, 1, 3, path, head?.rootHash ?? new Uint8Array());
});
