import { MemoryTree } from '@kapsel/tree';
import { hexFromBytes, VerificationError } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { answerVerified, verifiedRoot } from '../../src/proofs/verified-root.ts';
import { type Bench, makeLog, openBench } from '../support/log-bench.ts';
import { openTestProofs, type TestProofs } from '../support/proofs.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

let bench: Bench;
let signed: SignedLog;
let head: TreeHead;
let proofs: TestProofs;
const reference = new MemoryTree();
beforeAll(async () => {
  bench = await openBench();
  signed = await signLog(bench.pool, await makeLog(bench.pool));
  for (const { leaf } of await growLog(signed, 300)) reference.append(leaf.hash);
  head = await headOf(signed);
  proofs = openTestProofs(bench.pools.api);
});
afterAll(() => bench.close());

describe('verifiedRoot', () => {
  it('gives the root of every size up to the head’s', async () => {
    const tiles = proofs.tiles.reader(signed.log.id);
    for (const size of [1, 2, 255, 256, 257, 299, 300]) {
      const root = await verifiedRoot(tiles, head, size);
      expect(hexFromBytes(root)).toBe(hexFromBytes(reference.root(size)));
    }
  });

  it('refuses a root that does not lead to the head’s', async () => {
    const tiles = proofs.tiles.reader(signed.log.id);
    const other = { ...head, rootHash: reference.root(299) };
    await expect(verifiedRoot(tiles, other, 256)).rejects.toBeInstanceOf(VerificationError);
  });
});

describe('answerVerified', () => {
  it('passes on what is good, and failures that are none of a proof', async () => {
    const tiles = proofs.tiles.reader(signed.log.id);
    expect(await answerVerified(tiles, async () => 'good')).toBe('good');
    const failing = answerVerified(tiles, () => Promise.reject(new TypeError('other')));
    await expect(failing).rejects.toBeInstanceOf(TypeError);
  });

  it('answers no proof that does not verify, and reads its tiles anew the next time', async () => {
    const { requests } = proofs;
    const tiles = proofs.tiles.reader(signed.log.id);
    const failing = answerVerified(tiles, async () => {
      await tiles.readTile(0, 0, 256);
      throw new VerificationError('E_ROOT_MISMATCH');
    });
    await expect(failing).rejects.toThrow('does not verify: E_ROOT_MISMATCH');
    const misses = requests.get('tile miss') ?? 0;
    await proofs.tiles.reader(signed.log.id).readTile(0, 0, 256);
    expect(requests.get('tile miss')).toBe(misses + 1);
  });
});
