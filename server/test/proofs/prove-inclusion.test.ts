/** Inclusion proofs out of stored tiles, folded by the core: every kind of place, under many sizes. @module */
import { MemoryTree } from '@kapsel/tree';
import { bytesFromHex, hexFromBytes, verifyInclusion } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PendingLeaf } from '../../src/attestation/pending-store.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { type InclusionProofJson, proveLeafHash } from '../../src/proofs/prove-inclusion.ts';
import { type Bench, makeLog, openBench, settleAttempts } from '../support/log-bench.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

const SIZE = 600;

let bench: Bench;
let signed: SignedLog;
let head: TreeHead;
const leaves: PendingLeaf[] = [];
const reference = new MemoryTree();

beforeAll(async () => {
  bench = await openBench();
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

const prove = (index: number, size: number | null): Promise<InclusionProofJson> =>
  proveLeafHash(bench.pools.api, signed.log, hashAt(index), size);

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
    const ask = (hash: Uint8Array, log = signed.log) =>
      proveLeafHash(bench.pools.api, log, hash, null);
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
    const ask = () => proveLeafHash(bench.pools.api, own.log, hash, null);
    await expect(ask()).rejects.toMatchObject({ kind: 'not_found' });
    await headOf(own);
    expect(await ask()).toMatchObject({ leaf_index: 5, tree_size: 6 });
  });

  it('does not find a leaf that still waits', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    await growLog(own, 1);
    await headOf(own);
    const [leaf] = await settleAttempts(bench.pool, own.log, 1);
    const hash = leaf?.leaf.hash ?? new Uint8Array();
    const ask = proveLeafHash(bench.pools.api, own.log, hash, null);
    await expect(ask).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('has nothing to prove before the first head', async () => {
    const log = await makeLog(bench.pool);
    const ask = proveLeafHash(bench.pools.api, log, hashAt(0), null);
    await expect(ask).rejects.toMatchObject({ kind: 'no_tree_head' });
  });
});
