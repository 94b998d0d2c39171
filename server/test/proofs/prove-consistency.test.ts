/** Consistency proofs out of stored tiles between many pairs of sizes, folded by the core. @module */
import { MemoryTree } from '@kapsel/tree';
import {
  bytesFromHex,
  hexFromBytes,
  parseConsistencyProof,
  verifyConsistency,
  verifyHeadConsistency,
} from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTreeHeadJson, type TreeHead } from '../../src/attestation/tree-head.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { proveSizes } from '../../src/proofs/prove-consistency.ts';
import { type Bench, makeLog, openBench } from '../support/log-bench.ts';
import { openTestProofs } from '../support/proofs.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

const SIZE = 600;

let bench: Bench;
let signed: SignedLog;
const heads: TreeHead[] = [];
const reference = new MemoryTree();

beforeAll(async () => {
  bench = await openBench();
  signed = await signLog(bench.pool, await makeLog(bench.pool));
  for (const count of [3, 200, 130, SIZE - 333]) {
    for (const { leaf } of await growLog(signed, count)) reference.append(leaf.hash);
    heads.push(await headOf(signed));
  }
  await growLog(signed, 5); // committed, not signed
});
afterAll(() => bench.close());

const prove = (oldSize: number, newSize: number) =>
  proveSizes(openTestProofs(bench.pools.api), signed.log.id, oldSize, newSize);

describe('proveSizes', () => {
  it('proves any pair of sizes, also between heads', async () => {
    const sizes = [1, 2, 7, 203, 255, 256, 257, 512, 599, 600];
    for (const [i, oldSize] of sizes.entries()) {
      for (const newSize of sizes.slice(i + 1)) {
        const proof = parseConsistencyProof(JSON.stringify(await prove(oldSize, newSize)));
        expect([proof.oldSize, proof.newSize]).toEqual([oldSize, newSize]);
        expect(hexFromBytes(proof.oldRoot)).toBe(hexFromBytes(reference.root(oldSize)));
        expect(hexFromBytes(proof.newRoot)).toBe(hexFromBytes(reference.root(newSize)));
        verifyConsistency(proof.oldRoot, proof.newRoot, oldSize, newSize, proof.proofHashes);
      }
    }
  });

  it('needs no hashes for equal sizes', async () => {
    for (const size of [1, 256, 333, SIZE]) {
      const root = hexFromBytes(reference.root(size));
      expect(await prove(size, size)).toEqual({
        old_size: size,
        new_size: size,
        old_root: root,
        new_root: root,
        proof_hashes: [],
      });
    }
  });

  it('connects all heads that were ever signed, so that `consistency` verifies each pair', async () => {
    const trust = { keys: [{ publicKey: signed.signer.publicKey, name: null }] };
    const options = { nowMs: signed.clock.nowMs() };
    for (const [i, oldHead] of heads.entries()) {
      for (const newHead of heads.slice(i + 1)) {
        const report = verifyHeadConsistency(
          JSON.stringify(encodeTreeHeadJson(oldHead)),
          JSON.stringify(encodeTreeHeadJson(newHead)),
          JSON.stringify(await prove(oldHead.treeSize, newHead.treeSize)),
          trust,
          options,
        );
        expect(report.verdict).toBe('verified');
      }
    }
  });

  it('refuses sizes that are empty, backwards or not signed', async () => {
    for (const [oldSize, newSize] of [
      [0, 5],
      [-1, 5],
      [6, 5],
      [1, SIZE + 1],
      [SIZE + 1, SIZE + 1],
      [1, Number.MAX_SAFE_INTEGER],
    ] as const) {
      await expect(prove(oldSize, newSize)).rejects.toMatchObject({ kind: 'size_out_of_range' });
    }
  });

  it('has nothing to prove before the first head', async () => {
    const log = await makeLog(bench.pool);
    await expect(proveSizes(openTestProofs(bench.pools.api), log.id, 1, 1)).rejects.toMatchObject({
      kind: 'no_tree_head',
    });
  });

  it('is another proof when one hash is changed', async () => {
    const proof = await prove(203, SIZE);
    const hashes = proof.proof_hashes.map(bytesFromHex);
    const first = hashes[0];
    if (first === undefined) throw new TypeError('no hash');
    first[0] = (first[0] ?? 0) ^ 1;
    const verify = () =>
      verifyConsistency(reference.root(203), reference.root(SIZE), 203, SIZE, hashes);
    expect(verify).toThrow();
  });
});

describe('what was changed in the database', () => {
  it('is an error and no proof, whichever sizes are asked for', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    await growLog(own, 300);
    await headOf(own);
    const proofs = openTestProofs(bench.pools.api);
    const ask = (oldSize: number, newSize: number) =>
      proveSizes(proofs, own.log.id, oldSize, newSize);
    await ask(1, 2);
    await inTransaction(bench.pool, async (db) => {
      await db.query('ALTER TABLE merkle_tiles DISABLE TRIGGER merkle_tiles_only_grow');
      await db.query(
        `UPDATE merkle_tiles SET hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1)
          WHERE log_id = $1 AND level = 0 AND tile_index = 1`,
        [own.log.id],
      );
      await db.query('ALTER TABLE merkle_tiles ENABLE TRIGGER merkle_tiles_only_grow');
    });
    const cold = openTestProofs(bench.pools.api);
    for (const [oldSize, newSize] of [
      [257, 299],
      [257, 257],
      [1, 258],
      [299, 300],
    ] as const) {
      const asked = proveSizes(cold, own.log.id, oldSize, newSize);
      await expect(asked, `${oldSize} ${newSize}`).rejects.toThrow('does not verify');
    }
  });
});
