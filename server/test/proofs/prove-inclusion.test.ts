/** Inclusion proofs out of stored tiles, folded by the core: every kind of place, under many sizes. @module */
import { MemoryTree } from '@kapsel/tree';
import { bytesFromHex, hexFromBytes, verifyInclusion } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PendingLeaf } from '../../src/attestation/pending-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import type { Log } from '../../src/logs/log.ts';
import { haltLog } from '../../src/logs/store.ts';
import type { InclusionProofJson } from '../../src/proofs/cache.ts';
import { proveLeafHash } from '../../src/proofs/prove-inclusion.ts';
import { type Bench, makeLog, openBench, settleAttempts } from '../support/log-bench.ts';
import { openTestProofs, type TestProofs } from '../support/proofs.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

const SIZE = 600;

let bench: Bench;
let signed: SignedLog;
let proofs: TestProofs;
let head: TreeHead;
const leaves: PendingLeaf[] = [];
const reference = new MemoryTree();

beforeAll(async () => {
  bench = await openBench();
  proofs = openTestProofs(bench.pools.api);
  signed = await signLog(bench.pool, await makeLog(bench.pool));
  for (const count of [3, 200, 130, SIZE - 333]) {
    leaves.push(...(await growLog(signed, count)));
    head = await headOf(signed);
  }
  for (const { leaf } of leaves) reference.append(leaf.hash);
});
afterAll(() => bench.close());

const hashAt = (index: number): Uint8Array => {
  const leaf = leaves[index];
  if (leaf === undefined) throw new RangeError(`no leaf ${index}`);
  return leaf.leaf.hash;
};

const proveHash = (
  leafHash: Uint8Array,
  { treeSize = null, leafIndex = null }: { treeSize?: number | null; leafIndex?: number | null },
  log: Log = signed.log,
): Promise<InclusionProofJson> => proveLeafHash(proofs, log.id, { leafHash, treeSize, leafIndex });

const prove = (index: number, treeSize: number | null): Promise<InclusionProofJson> =>
  proveHash(hashAt(index), { treeSize });

function verify(proof: InclusionProofJson, index: number, size: number): void {
  expect(proof.leaf_index).toBe(index);
  expect(proof.tree_size).toBe(size);
  expect(proof.leaf_hash).toBe(hexFromBytes(hashAt(index)));
  expect(proof.root_hash).toBe(hexFromBytes(reference.root(size)));
  const path = proof.proof_hashes.map(bytesFromHex);
  verifyInclusion(bytesFromHex(proof.leaf_hash), index, size, path, bytesFromHex(proof.root_hash));
}

describe('proveLeafHash', () => {
  it('proves leaves under the newest head', async () => {
    for (const index of [0, 1, 2, 254, 255, 256, 257, 300, 511, 512, 513, 598, 599]) {
      const proof = await prove(index, null);
      verify(proof, index, SIZE);
      expect(proof.root_hash).toBe(hexFromBytes(head.rootHash));
    }
  });

  it('proves leaves under any smaller size, also between heads', async () => {
    for (const size of [1, 2, 3, 4, 127, 255, 256, 257, 258, 333, 511, 512, 513, 599]) {
      for (const index of new Set([0, size >> 1, size - 1])) {
        verify(await prove(index, size), index, size);
      }
    }
  });

  it('refuses sizes of nothing and sizes that are not signed yet', async () => {
    for (const size of [0, -1, SIZE + 1, Number.MAX_SAFE_INTEGER]) {
      await expect(prove(0, size)).rejects.toMatchObject({ kind: 'size_out_of_range' });
    }
  });

  it('does not find a leaf in a tree that is too small for it', async () => {
    await expect(prove(256, 256)).rejects.toMatchObject({ kind: 'not_found' });
    verify(await prove(255, 256), 255, 256);
  });

  it('does not find unknown hashes, nor those of another log', async () => {
    const ask = (hash: Uint8Array, log?: Log) => proveHash(hash, {}, log);
    await expect(ask(new Uint8Array(32))).rejects.toMatchObject({ kind: 'not_found' });
    await expect(ask(head.rootHash)).rejects.toMatchObject({ kind: 'not_found' });
    const other = await signLog(bench.pool, await makeLog(bench.pool));
    await growLog(other, 2);
    await headOf(other);
    await expect(ask(hashAt(0), other.log)).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('does not serve a leaf above the newest head, and serves it once it is signed', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    await growLog(own, 5);
    await headOf(own);
    const [leaf] = await growLog(own, 1);
    const hash = leaf?.leaf.hash ?? new Uint8Array();
    const ask = () => proveHash(hash, {}, own.log);
    await expect(ask()).rejects.toMatchObject({ kind: 'not_yet_committed' });
    await headOf(own);
    expect(await ask()).toMatchObject({ leaf_index: 5, tree_size: 6 });
  });

  it('says of a leaf that waits that it waits, also before the first head', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    const [leaf] = await settleAttempts(bench.pool, own.log, 1);
    const hash = leaf?.leaf.hash ?? new Uint8Array();
    const ask = () => proveHash(hash, {}, own.log);
    await expect(ask()).rejects.toMatchObject({ kind: 'not_yet_committed' });
    await sequence(bench.pool, own.log);
    await expect(ask()).rejects.toMatchObject({ kind: 'not_yet_committed' });
    await headOf(own);
    expect(await ask()).toMatchObject({ leaf_index: 0, tree_size: 1 });
    const [later] = await settleAttempts(bench.pool, own.log, 1);
    const waiting = proveHash(later?.leaf.hash ?? hash, {}, own.log);
    await expect(waiting).rejects.toMatchObject({ kind: 'not_yet_committed' });
  });

  it('says of a leaf that waits in a halted log that the log is halted', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    const [first] = await growLog(own, 1);
    await headOf(own);
    const [above] = await growLog(own, 1);
    const [waiting] = await settleAttempts(bench.pool, own.log, 1);
    await haltLog(bench.pool, own.log.id, 'somebody edited the database');
    for (const leaf of [above, waiting]) {
      const asked = proveHash(leaf?.leaf.hash ?? new Uint8Array(), {}, own.log);
      await expect(asked).rejects.toMatchObject({ kind: 'log_halted' });
    }
    const served = await proveHash(first?.leaf.hash ?? new Uint8Array(), {}, own.log);
    expect(served.tree_size).toBe(1);
  });

  it('has nothing to prove before the first head', async () => {
    const log = await makeLog(bench.pool);
    await expect(proveHash(hashAt(0), {}, log)).rejects.toMatchObject({ kind: 'no_tree_head' });
  });
});

describe('with the place of the leaf', () => {
  it('proves from tiles alone, when the rows of the leaves are gone', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    const hashes = (await growLog(own, 300)).map(({ leaf }) => leaf.hash);
    await headOf(own);
    await bench.pool.query('DELETE FROM merkle_leaves WHERE log_id = $1', [own.log.id]);
    for (const leafIndex of [0, 255, 256, 299]) {
      const leafHash = hashes[leafIndex] ?? new Uint8Array();
      await expect(proveHash(leafHash, {}, own.log)).rejects.toMatchObject({ kind: 'not_found' });
      const proof = await proveHash(leafHash, { leafIndex }, own.log);
      const path = proof.proof_hashes.map(bytesFromHex);
      verifyInclusion(leafHash, leafIndex, 300, path, bytesFromHex(proof.root_hash));
    }
    // Once it was proved, its place is known.
    expect(
      await proveHash(hashes[255] ?? new Uint8Array(), { treeSize: 256 }, own.log),
    ).toMatchObject({ leaf_index: 255, tree_size: 256 });
  });

  it('does not find a leaf at a place that is another’s', async () => {
    const ask = (leafIndex: number, treeSize: number | null = null) =>
      proveHash(hashAt(300), { leafIndex, treeSize });
    expect(await ask(300)).toMatchObject({ leaf_index: 300 });
    for (const index of [0, 299, 301, SIZE - 1, SIZE, SIZE + 1, Number.MAX_SAFE_INTEGER]) {
      await expect(ask(index), `${index}`).rejects.toMatchObject({ kind: 'not_found' });
    }
    await expect(ask(300, 300)).rejects.toMatchObject({ kind: 'not_found' });
    verify(await ask(300, 301), 300, 301);
  });

  it('waits like any other while no head covers the leaf', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    await growLog(own, 2);
    await headOf(own);
    const [leaf] = await growLog(own, 1);
    const leafHash = leaf?.leaf.hash ?? new Uint8Array();
    const ask = (leafIndex: number) => proveHash(leafHash, { leafIndex }, own.log);
    await expect(ask(2)).rejects.toMatchObject({ kind: 'not_yet_committed' });
    await expect(ask(3)).rejects.toMatchObject({ kind: 'not_found' });
    await expect(ask(1)).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe('what was changed in the database', () => {
  it('is an error and no proof, and no harm once it is mended', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    const hashes = (await growLog(own, 300)).map(({ leaf }) => leaf.hash);
    await headOf(own);
    const flip = () =>
      inTransaction(bench.pool, async (db) => {
        await db.query('ALTER TABLE merkle_tiles DISABLE TRIGGER merkle_tiles_only_grow');
        await db.query(
          `UPDATE merkle_tiles SET hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1)
            WHERE log_id = $1 AND level = 0 AND tile_index = 0`,
          [own.log.id],
        );
        await db.query('ALTER TABLE merkle_tiles ENABLE TRIGGER merkle_tiles_only_grow');
      });
    const ask = (treeSize: number | null) =>
      proveHash(hashes[1] ?? new Uint8Array(), { treeSize }, own.log);
    await flip();
    // Also under a size that has no head of its own: its root is tied to that of the newest head.
    for (const size of [null, 300, 299, 256, 2]) {
      await expect(ask(size), `${size}`).rejects.toThrow('does not verify');
    }
    await flip();
    for (const size of [null, 300, 299, 256, 2]) await ask(size);
  });

  it('is an error when the row of a leaf names another place', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    const [leaf] = await growLog(own, 3);
    await headOf(own);
    const move = (index: number) =>
      bench.pool.query(
        'UPDATE merkle_leaves SET leaf_index = $2 WHERE log_id = $1 AND leaf_hash = $3',
        [own.log.id, index, leaf?.leaf.hash],
      );
    const ask = () => proveHash(leaf?.leaf.hash ?? new Uint8Array(), {}, own.log);
    await move(5);
    await expect(ask()).rejects.toMatchObject({ kind: 'not_yet_committed' });
    await bench.pool.query('DELETE FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 2', [
      own.log.id,
    ]);
    await move(2);
    await expect(ask()).rejects.toThrow('does not verify');
  });
});
