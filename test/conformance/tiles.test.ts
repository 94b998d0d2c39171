/** Tiles written by @kapsel/tree, read by the client of the core: two programs that share only hashing get equal proofs. @module */
import {
  MemoryTree,
  planTileWrites,
  proveConsistency,
  proveInclusion,
  readRightEdge,
  rootFromTiles as rootByTree,
  type Tile,
  type TileReader,
  tilePath,
} from '@kapsel/tree';
import {
  consistencyProofFromTiles,
  encodeEntryBundlePath,
  encodeTilePath,
  hexFromBytes,
  inclusionProofFromTiles,
  leafHash,
  leafHashesFromTiles,
  parseEntryBundle,
  parseTilePath,
  planConsistencyTiles,
  planInclusionTiles,
  planLeafTiles,
  planRootTiles,
  rootFromTiles,
  type TileId,
  utf8FromString,
  VerificationError,
  verifyConsistency,
  verifyEntryBundle,
  verifyInclusion,
} from '@kapsel/verification';
import { beforeAll, describe, expect, test } from 'vitest';

// Around each place where a level gets a new tile, and a few that are nothing special.
const SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 812, 1_000];
const LARGE_SIZES = [65_535, 65_536, 65_537, 66_000];
const LAST = 66_000;

/** A log's public files: each path is served as it was last written, a full tile ends its partial ones. */
class TileFolder implements TileReader {
  readonly #files = new Map<string, Uint8Array>();

  write(tile: Tile): void {
    const path = `tile/${tilePath(tile.level, tile.index, tile.width)}`;
    this.#files.set(path, tile.hashes);
    if (tile.width < 256) return;
    for (const old of this.#files.keys()) if (old.startsWith(`${path}.p/`)) this.#files.delete(old);
  }

  get(path: string): Uint8Array | undefined {
    return this.#files.get(path);
  }

  async readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    const path = `tile/${tilePath(level, index, width)}`;
    const full = `tile/${tilePath(level, index, 256)}`;
    const bytes = this.get(path) ?? this.get(full);
    if (bytes === undefined) throw new Error(`no ${path}`);
    return bytes;
  }
}

const folder = new TileFolder();
const tree = new MemoryTree();
const texts = Array.from({ length: LAST }, (_, i) => `leaf ${i}`);

/** The caller's loop, as the documentation tells it: 404 for a partial tile, so ask for the full one. */
function fetchTiles(plan: readonly TileId[]): Uint8Array[] {
  return plan.map((tile) => {
    const bytes =
      folder.get(encodeTilePath(tile)) ?? folder.get(encodeTilePath({ ...tile, width: 256 }));
    if (bytes === undefined) throw new Error(`no ${encodeTilePath(tile)}`);
    return bytes;
  });
}

function hexOf(hashes: readonly Uint8Array[]): string[] {
  return hashes.map(hexFromBytes);
}

beforeAll(async () => {
  let size = 0;
  for (const next of [...SIZES, ...LARGE_SIZES]) {
    const added = texts.slice(size, next).map((text) => leafHash(utf8FromString(text)));
    const edge = await readRightEdge(folder, size);
    for (const tile of planTileWrites(size, edge, added)) folder.write(tile);
    for (const hash of added) tree.append(hash);
    size = next;
  }
}, 60_000);

describe.each([...SIZES, ...LARGE_SIZES])('a tree of %i leaves', (size) => {
  const indexes = [0, 1, 2, 254, 255, 256, 511, 65_535, 65_536, size >> 1, size - 2, size - 1];

  test('has the same root, also where its partial tiles are gone', async () => {
    const root = rootFromTiles(size, fetchTiles(planRootTiles(size)));
    expect(hexFromBytes(root)).toBe(hexFromBytes(tree.root(size)));
    expect(hexFromBytes(root)).toBe(hexFromBytes(await rootByTree(folder, size)));
  });

  test('has the same inclusion proofs, and they verify', async () => {
    const root = tree.root(size);
    for (const index of indexes.filter((each) => each >= 0 && each < size)) {
      const tiles = fetchTiles(planInclusionTiles(index, size));
      const proof = inclusionProofFromTiles(index, size, tiles, root);
      const byTree = await proveInclusion(folder, index, size);
      expect(hexOf(proof.proofHashes)).toEqual(hexOf(byTree));
      expect(hexOf(proof.proofHashes)).toEqual(hexOf(tree.proveInclusion(index, size)));
      const leaf = leafHash(utf8FromString(texts[index] as string));
      expect(hexFromBytes(proof.leafHash)).toBe(hexFromBytes(leaf));
      verifyInclusion(leaf, index, size, proof.proofHashes, root);
    }
  });

  test('has the same consistency proofs from every earlier size, and they verify', async () => {
    const root = tree.root(size);
    for (const oldSize of [...SIZES, ...LARGE_SIZES].filter((each) => each <= size)) {
      const tiles = fetchTiles(planConsistencyTiles(oldSize, size));
      const path = consistencyProofFromTiles(oldSize, size, tiles, root);
      expect(hexOf(path)).toEqual(hexOf(await proveConsistency(folder, oldSize, size)));
      verifyConsistency(tree.root(oldSize), root, oldSize, size, path);
    }
  });
});

test('every leaf of 812 is proven from tiles as the tree proves it', () => {
  const root = tree.root(812);
  for (let index = 0; index < 812; index++) {
    const tiles = fetchTiles(planInclusionTiles(index, 812));
    const { proofHashes } = inclusionProofFromTiles(index, 812, tiles, root);
    expect(hexOf(proofHashes).join()).toBe(hexOf(tree.proveInclusion(index, 812)).join());
  }
});

test('both write the same paths, and read each other', () => {
  for (const index of [0, 5, 999, 1_000, 1_234_067, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    for (const width of [1, 17, 255, 256]) {
      const path = encodeTilePath({ level: 3, index: BigInt(index), width });
      expect(path).toBe(`tile/${tilePath(3, index, width)}`);
      expect(parseTilePath(path)).toEqual({ level: 3, index: BigInt(index), width });
    }
  }
});

test('entries are checked with the leaf hashes of a tile that hangs on the signed root', () => {
  const [tileIndex, size] = [3, 812];
  const tiles = fetchTiles(planLeafTiles(tileIndex, size));
  const hashes = leafHashesFromTiles(tileIndex, size, tiles, tree.root(size));
  const parts = texts.slice(768, 812).map((text) => {
    const bytes = utf8FromString(text);
    return [0, bytes.length, ...bytes];
  });
  const bundle = Uint8Array.from(parts.flat());
  expect(encodeEntryBundlePath({ index: 3n, width: 44 })).toBe('tile/entries/003.p/44');
  verifyEntryBundle(parseEntryBundle(bundle, 44), hashes);
  bundle[bundle.length - 1] = 0x7a;
  expect(() => verifyEntryBundle(parseEntryBundle(bundle, 44), hashes)).toThrow(VerificationError);
});
