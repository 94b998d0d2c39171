/** A log grows and is signed while proofs are asked for through two caches: whatever comes is right for its own size. @module */
import { MemoryTree } from '@kapsel/tree';
import {
  bytesFromHex,
  hexFromBytes,
  verifyConsistency,
  verifyInclusion,
} from '@kapsel/verification';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import type { InclusionProofJson, ProofCache } from '../../src/proofs/cache.ts';
import { proveSizes } from '../../src/proofs/prove-consistency.ts';
import { proveLeafHash } from '../../src/proofs/prove-inclusion.ts';
import { type Bench, makeLog, openBench, START_MS } from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openTestProofs } from '../support/proofs.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** Parts of the known leaves and sizes, so that every choice means something at every size. */
const Part = fc.integer({ min: 0, max: 999 });
const Ask = fc.record({
  cache: fc.integer({ min: 0, max: 1 }),
  leaf: Part,
  size: fc.option(Part),
  named: fc.boolean(),
});
const Round = fc.record({
  grow: fc.constantFrom(0, 1, 2, 7, 60, 256),
  sign: fc.boolean(),
  sleepMs: fc.constantFrom(0, 500, 1_000),
  asks: fc.array(Ask, { minLength: 1, maxLength: 8 }),
  publish: fc.boolean(),
});

class World {
  readonly signed: SignedLog;
  readonly tree = new MemoryTree();
  readonly hashes: Uint8Array[] = [];
  readonly roots = new Map<number, string>();
  readonly clock = new ManualClock(START_MS);
  readonly caches: readonly ProofCache[];

  constructor(signed: SignedLog) {
    this.signed = signed;
    const options = { clock: this.clock, headMaxAgeMs: 1_000 };
    this.caches = [0, 1].map(() => openTestProofs(bench.pools.api, options));
  }

  async grow(count: number): Promise<void> {
    if (count === 0) return;
    for (const { leaf } of await growLog(this.signed, count)) {
      this.tree.append(leaf.hash);
      this.hashes.push(leaf.hash);
    }
  }

  async sign(publish: boolean): Promise<void> {
    const head = await headOf(this.signed);
    this.roots.set(head.treeSize, hexFromBytes(head.rootHash));
    if (publish) this.caches[0]?.heads.publish(this.signed.log.id, head);
  }

  get newestSize(): number {
    return Math.max(...this.roots.keys());
  }
}

interface Asked {
  readonly leafIndex: number;
  readonly treeSize: number | null;
  readonly proof: InclusionProofJson | null;
}

async function ask(
  world: World,
  how: typeof Ask extends fc.Arbitrary<infer T> ? T : never,
): Promise<Asked> {
  const { log } = world.signed;
  const leafIndex = Math.floor((how.leaf * world.hashes.length) / 1_000);
  const leafHash = world.hashes[leafIndex] ?? new Uint8Array();
  const treeSize = how.size === null ? null : 1 + Math.floor((how.size * world.newestSize) / 1_000);
  const cache = world.caches[how.cache] as ProofCache;
  try {
    const request = { leafHash, treeSize, leafIndex: how.named ? leafIndex : null };
    return { leafIndex, treeSize, proof: await proveLeafHash(cache, log.id, request) };
  } catch (error) {
    // Not under a head yet, or not in a tree that small; nothing else may be in the way.
    if (!(error instanceof Failure)) throw error;
    expect(['not_yet_committed', 'not_found']).toContain(error.kind);
    if (error.kind === 'not_found') expect(leafIndex).toBeGreaterThanOrEqual(treeSize ?? 0);
    return { leafIndex, treeSize, proof: null };
  }
}

function check(world: World, { leafIndex, treeSize, proof }: Asked): void {
  if (proof === null) return;
  const size = proof.tree_size;
  if (treeSize !== null) expect(size).toBe(treeSize);
  // Under the newest head: one that was signed, with its own root.
  else expect(proof.root_hash).toBe(world.roots.get(size));
  expect(proof.root_hash).toBe(hexFromBytes(world.tree.root(size)));
  expect(proof.leaf_index).toBe(leafIndex);
  verifyInclusion(
    world.hashes[leafIndex] as Uint8Array,
    leafIndex,
    size,
    proof.proof_hashes.map(bytesFromHex),
    bytesFromHex(proof.root_hash),
  );
}

it('never serves a proof with another head’s size or root', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Round, { minLength: 1, maxLength: 8 }), async (rounds) => {
      const world = new World(await signLog(bench.pool, await makeLog(bench.pool)));
      await world.grow(5);
      await world.sign(false);
      for (const round of rounds) {
        // All at once: the tree grows while it is read, in whichever order the database answers.
        const [asked] = await Promise.all([
          Promise.all(round.asks.map((each) => ask(world, each))),
          world.grow(round.grow),
        ]);
        const [again] = await Promise.all([
          Promise.all(round.asks.map((each) => ask(world, each))),
          round.sign ? world.sign(round.publish) : undefined,
        ]);
        for (const each of [...asked, ...again]) check(world, each);
        world.clock.advance(round.sleepMs);
        world.signed.clock.advance(1_000);
        const [cache] = world.caches;
        const size = world.newestSize;
        const proof = await proveSizes(cache as ProofCache, world.signed.log.id, 1, size);
        expect(proof.new_root).toBe(hexFromBytes(world.tree.root(size)));
        const path = proof.proof_hashes.map(bytesFromHex);
        verifyConsistency(
          bytesFromHex(proof.old_root),
          bytesFromHex(proof.new_root),
          1,
          size,
          path,
        );
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);
