/** Tiles in memory: one query for what is asked together, one load for what is asked at once, and no tile of another width. @module */
import { MemoryTree, proveInclusion, rootFromTiles } from '@kapsel/tree';
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { primaryReads } from '../../src/db/reads.ts';
import { TileCache } from '../../src/proofs/tile-cache.ts';
import { type Bench, type BenchLog, makeLog, openBench } from '../support/log-bench.ts';
import { countQueries } from '../support/proofs.ts';
import { growLog, type SignedLog, signLog } from '../support/signed-log.ts';
import { tamper } from '../support/tamper.ts';

let bench: Bench;
let signed: SignedLog;
let log: BenchLog;
let results: string[];
let queries: () => number;
let cache: TileCache;
const reference = new MemoryTree();

function openCache(maxBytes = 64 * 1024 * 1024): TileCache {
  const { pool, count } = countQueries(bench.pools.api);
  results = [];
  queries = count;
  return new TileCache({
    reads: primaryReads(pool),
    maxBytes,
    onRequest: (result) => results.push(result),
  });
}

beforeAll(async () => {
  bench = await openBench();
  log = await makeLog(bench.pool);
  signed = await signLog(bench.pool, log);
  for (const { leaf } of await growLog(signed, 600)) reference.append(leaf.hash);
});
beforeEach(() => {
  cache = openCache();
});
afterAll(() => bench.close());

const hex = (bytes: Uint8Array): string => hexFromBytes(bytes);

describe('TileCache', () => {
  it('reads all tiles of a proof in one query, and none the second time', async () => {
    const prove = () => proveInclusion(cache.reader(log.id), 599, 600);
    const path = await prove();
    expect(queries()).toBe(1);
    expect(await prove()).toEqual(path);
    expect(queries()).toBe(1);
    // 0/1 by its upper nodes, 0/0 by nothing but its root in 1/0, 0/2 and 1/0 as partial tiles.
    expect(new Set(results.slice(0, results.length / 2))).toEqual(new Set(['miss']));
    expect(new Set(results.slice(results.length / 2))).toEqual(new Set(['hit']));
  });

  it('loads a tile once for all who ask at the same time', async () => {
    const roots = await Promise.all(
      Array.from({ length: 50 }, () => rootFromTiles(cache.reader(log.id), 512)),
    );
    expect(queries()).toBe(1);
    expect(new Set(roots.map(hex))).toEqual(new Set([hex(reference.root(512))]));
  });

  it('loads a tile once also for who asks while the query is under way', async () => {
    const first = cache.reader(log.id).readTile(0, 0, 256);
    await Promise.resolve();
    await Promise.resolve();
    const second = cache.reader(log.id).readTile(0, 0, 256);
    expect(hex(await second)).toBe(hex(await first));
    expect(queries()).toBe(1);
  });

  it('serves every width of a tile from the full one, and partial ones by their width', async () => {
    const reader = cache.reader(log.id);
    await reader.readTile(0, 0, 256);
    expect((await reader.readTile(0, 0, 3)).length).toBeGreaterThanOrEqual(3 * 32);
    expect(queries()).toBe(1);
    expect((await reader.readTile(0, 2, 80)).length).toBe(80 * 32);
    expect((await reader.readTile(0, 2, 88)).length).toBe(88 * 32);
    expect((await reader.readTile(0, 2, 80)).length).toBe(80 * 32);
    expect(queries()).toBe(3);
  });

  it('keeps a tile that became full instead of the partial one', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    const tree = new MemoryTree();
    for (const { leaf } of await growLog(own, 200)) tree.append(leaf.hash);
    const root = async (size: number) => hex(await rootFromTiles(cache.reader(own.log.id), size));
    expect(await root(200)).toBe(hex(tree.root(200)));
    for (const { leaf } of await growLog(own, 100)) tree.append(leaf.hash);
    expect(await root(256)).toBe(hex(tree.root(256)));
    const before = queries();
    for (const size of [200, 255]) expect(await root(size)).toBe(hex(tree.root(size)));
    expect(await root(200)).toBe(hex(tree.root(200)));
    expect(queries()).toBe(before + 1); // 0/0 of width 255: what came is full, and serves from now on
  });

  it('tells logs apart', async () => {
    const other = await signLog(bench.pool, await makeLog(bench.pool));
    await growLog(other, 256);
    await cache.reader(log.id).readTile(0, 0, 256);
    const theirs = await cache.reader(other.log.id).readTile(0, 0, 256);
    expect(hex(theirs)).not.toBe(hex(await cache.reader(log.id).readTile(0, 0, 256)));
  });

  it('forgets what a reader gave out, and nothing else', async () => {
    const reader = cache.reader(log.id);
    await reader.readTile(0, 0, 256);
    await reader.readTile(0, 2, 80);
    await cache.reader(log.id).readTile(0, 1, 256);
    reader.forget();
    const before = queries();
    await cache.reader(log.id).readTile(0, 1, 256);
    expect(queries()).toBe(before);
    await cache.reader(log.id).readTile(0, 0, 256);
    await cache.reader(log.id).readTile(0, 2, 80);
    expect(queries()).toBe(before + 2);
  });

  it('stays within its bound', async () => {
    cache = openCache(20_000); // one whole tile with its inner nodes
    const reader = cache.reader(log.id);
    await reader.readTile(0, 0, 256);
    await reader.readTile(0, 1, 256);
    await reader.readTile(0, 1, 256);
    expect(queries()).toBe(2);
    await reader.readTile(0, 0, 256);
    expect(queries()).toBe(3);
  });

  it('refuses a tile that is missing or too narrow, also beside good ones, and asks again the next time', async () => {
    const reader = cache.reader(log.id);
    const asked = await Promise.allSettled([
      reader.readTile(0, 0, 256),
      reader.readTile(0, 3, 1),
      reader.readTile(0, 2, 89),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(reader.readTile(0, 3, 1)).rejects.toThrow('missing');
    await expect(reader.readTile(0, 2, 89)).rejects.toThrow(RangeError);
    const missing = { tile: { level: 0, index: 9, width: 1 }, offset: 0, count: 1 };
    await expect(reader.readSubtrees([missing])).rejects.toThrow('missing');
  });

  it('tells all who wait when the database is away, and asks again the next time', async () => {
    let isAway = true;
    const query = (...args: unknown[]) =>
      isAway
        ? Promise.reject(new Error('away'))
        : (bench.pools.api.query as (...args: unknown[]) => unknown)(...args);
    cache = new TileCache({
      reads: primaryReads({ query } as unknown as typeof bench.pool),
      maxBytes: 1_000_000,
      onRequest: () => undefined,
    });
    const reader = cache.reader(log.id);
    const both = await Promise.allSettled([reader.readTile(0, 0, 256), reader.readTile(0, 1, 256)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    expect((await reader.readTile(0, 0, 256)).length).toBe(8_192);
  });

  it('reads of a full tile what a proof needs, and joins the same path of it', async () => {
    const bytes: number[] = [];
    const watched = {
      query: async (...args: unknown[]) => {
        const answer = await (bench.pools.api.query as (...all: unknown[]) => Promise<Answer>)(
          ...args,
        );
        bytes.push(...answer.rows.map((row) => row.bytes.length));
        return answer;
      },
    };
    cache = new TileCache({
      reads: primaryReads(watched as unknown as typeof bench.pool),
      maxBytes: 1_000_000,
      onRequest: () => undefined,
    });
    for (const index of [0, 15, 16, 255]) {
      expect(await proveInclusion(cache.reader(log.id), index, 512)).toEqual(
        reference.proveInclusion(index, 512),
      );
    }
    // Upper nodes of 0/0; groups 0, 1 and 15 of it; the two roots in 1/0.
    expect(bytes.sort((a, b) => a - b)).toEqual([64, 512, 512, 512, 960]);
  });

  it('joins what is not stored of tiles from before upper nodes were kept', async () => {
    const own = await signLog(bench.pool, await makeLog(bench.pool));
    const tree = new MemoryTree();
    for (const { leaf } of await growLog(own, 300)) tree.append(leaf.hash);
    await tamper(
      bench.pool,
      'UPDATE merkle_tiles SET upper_nodes = NULL WHERE log_id = $1 AND upper_nodes IS NOT NULL',
      [own.log.id],
    );
    for (const index of [0, 100, 299]) {
      expect(await proveInclusion(cache.reader(own.log.id), index, 300)).toEqual(
        tree.proveInclusion(index, 300),
      );
    }
    const before = queries();
    await proveInclusion(cache.reader(own.log.id), 255, 300);
    expect(queries()).toBe(before); // the whole tile is there, and serves
  });

  it('asks for what is wanted while the readers are busy with few queries', async () => {
    const reader = cache.reader(log.id);
    await Promise.all(
      Array.from({ length: 64 }, async (_, i) => {
        for (let turn = 0; turn < i % 5; turn++) await Promise.resolve();
        return proveInclusion(reader, i * 9, 600);
      }),
    );
    expect(queries()).toBeLessThanOrEqual(8);
  });
});

interface Answer {
  readonly rows: readonly { readonly bytes: Uint8Array }[];
}
