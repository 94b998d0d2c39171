/** Tiles in a real database: they only grow, and what was read once is read the same for ever. @module */
import { type NewTile, type Tile, upperNodesOfTile } from '@kapsel/tree';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  findTileParts,
  findTiles,
  tileReader,
  writeTiles,
} from '../../src/attestation/tile-store.ts';
import { type Db, inTransaction } from '../../src/db/transaction.ts';
import { type Bench, type BenchLog, makeLog, openBench } from '../support/log-bench.ts';

let bench: Bench;
let log: BenchLog;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
});
afterAll(() => bench.close());

const INTEGRITY_VIOLATION = { code: '23000' };

/** A tile of `width` hashes; hash i is made of the byte `first + i`. */
function tile(level: number, index: number, width: number, first = 0): NewTile {
  const hashes = new Uint8Array(width * 32);
  for (let i = 0; i < width; i += 1) hashes.fill((first + i) & 0xff, i * 32, (i + 1) * 32);
  const upperNodes = width === 256 ? upperNodesOfTile(hashes) : null;
  return { level, index, width, hashes, upperNodes };
}

const write = (...tiles: NewTile[]): Promise<void> => writeTiles(bench.pool, log.id, tiles);

async function read({ level, index, width }: Tile): Promise<number[]> {
  return [...(await tileReader(bench.pool, log.id).readTile(level, index, width))];
}

describe('a partial tile', () => {
  it('is replaced by a wider one that begins with it', async () => {
    await write(tile(0, 0, 1));
    for (const width of [2, 100, 255, 256]) {
      await write(tile(0, 0, width));
      expect(await read(tile(0, 0, width))).toEqual([...tile(0, 0, width).hashes]);
    }
  });

  it('refuses to become narrower, to stay as wide, or to begin with another hash', async () => {
    await write(tile(0, 3, 10));
    for (const other of [tile(0, 3, 9), tile(0, 3, 10), tile(0, 3, 10, 1), tile(0, 3, 11, 1)]) {
      await expect(write(other)).rejects.toMatchObject(INTEGRITY_VIOLATION);
    }
    expect(await read(tile(0, 3, 10))).toEqual([...tile(0, 3, 10).hashes]);
  });

  it('refuses one changed bit in its last hash', async () => {
    await write(tile(1, 0, 4));
    const wider = tile(1, 0, 5);
    wider.hashes[4 * 32 - 1] = (wider.hashes[4 * 32 - 1] ?? 0) ^ 1;
    await expect(write(wider)).rejects.toMatchObject(INTEGRITY_VIOLATION);
  });
});

describe('a full tile', () => {
  it('refuses every change', async () => {
    await write(tile(0, 1, 256));
    for (const other of [tile(0, 1, 256), tile(0, 1, 256, 1), tile(0, 1, 255)]) {
      await expect(write(other)).rejects.toMatchObject(INTEGRITY_VIOLATION);
    }
    const change = bench.pool.query(
      'UPDATE merkle_tiles SET hashes = set_byte(hashes, 0, 255) WHERE log_id = $1 AND tile_index = 1',
      [log.id],
    );
    await expect(change).rejects.toMatchObject(INTEGRITY_VIOLATION);
  });
});

describe('writeTiles', () => {
  it('writes all tiles of a batch or none', async () => {
    await write(tile(0, 0, 256));
    const batch = write(tile(0, 1, 5), tile(0, 0, 256, 9), tile(1, 0, 1));
    await expect(batch).rejects.toMatchObject(INTEGRITY_VIOLATION);
    await expect(read(tile(0, 1, 5))).rejects.toThrow('missing');
  });

  it('refuses a width that the bytes do not have', async () => {
    for (const wrong of [
      { ...tile(0, 0, 2), width: 3 },
      { ...tile(0, 0, 1), hashes: new Uint8Array(31) },
      { ...tile(0, 0, 0), width: 0 },
      { ...tile(0, 0, 257), width: 257 },
    ]) {
      await expect(write(wrong)).rejects.toMatchObject({ code: '23514' }); // check_violation
    }
  });

  it('keeps the tiles of logs apart', async () => {
    const other = await makeLog(bench.pool);
    await write(tile(0, 0, 2));
    await writeTiles(bench.pool, other.id, [tile(0, 0, 2, 7)]);
    expect(await read(tile(0, 0, 2))).toEqual([...tile(0, 0, 2).hashes]);
  });
});

describe('upper nodes', () => {
  const change = (value: string, where: string): Promise<unknown> =>
    bench.pool.query(
      `UPDATE merkle_tiles SET upper_nodes = ${value} WHERE log_id = $1 AND ${where}`,
      [log.id],
    );

  it('are stored with a full tile, also when it was partial before', async () => {
    await write(tile(0, 0, 200), tile(0, 1, 256, 1));
    await write(tile(0, 0, 256));
    for (const full of [tile(0, 0, 256), tile(0, 1, 256, 1)]) {
      const [upper] = await findTileParts(bench.pool, log.id, [{ ...full, part: 'upper' }]);
      expect(upper?.isWhole).toBe(false);
      expect([...(upper?.bytes ?? [])]).toEqual([...(full.upperNodes ?? [])]);
    }
  });

  it('may be added to a full tile that has none, and are never changed or taken away', async () => {
    await write({ ...tile(0, 0, 256), upperNodes: null }, tile(0, 1, 9));
    await change("decode(repeat('07', 960), 'hex')", 'tile_index = 0');
    for (const value of ["decode(repeat('08', 960), 'hex')", 'NULL', 'upper_nodes']) {
      await expect(change(value, 'tile_index = 0')).rejects.toMatchObject(INTEGRITY_VIOLATION);
    }
  });

  it('belong to full tiles alone, and are thirty hashes', async () => {
    const short = upperNodesOfTile(tile(0, 0, 256).hashes).subarray(32);
    const wrong = [
      { ...tile(0, 0, 9), upperNodes: tile(0, 0, 256).upperNodes },
      { ...tile(0, 0, 256), upperNodes: short },
    ];
    for (const each of wrong) await expect(write(each)).rejects.toMatchObject({ code: '23514' });
  });
});

describe('findTileParts', () => {
  it('reads a group, the upper nodes or all hashes, in the order that they were asked for', async () => {
    const [full, partial] = [tile(0, 0, 256), tile(0, 1, 40, 3)];
    await write(full, partial);
    const found = await findTileParts(bench.pool, log.id, [
      { level: 0, index: 0, part: 15 },
      { level: 0, index: 2, part: 0 },
      { level: 0, index: 0, part: 'whole' },
      { level: 0, index: 1, part: 0 },
      { level: 0, index: 0, part: 'upper' },
      { level: 0, index: 0, part: 15 },
    ]);
    const group = { bytes: Buffer.from(full.hashes.subarray(240 * 32)), isWhole: false };
    expect(found).toEqual([
      group,
      null,
      { bytes: Buffer.from(full.hashes), isWhole: true },
      { bytes: Buffer.from(partial.hashes), isWhole: true },
      { bytes: Buffer.from(full.upperNodes ?? []), isWhole: false },
      group,
    ]);
  });

  it('answers all hashes of a full tile whose upper nodes were never stored', async () => {
    await write({ ...tile(0, 0, 256), upperNodes: null });
    for (const part of [3, 'upper', 'whole'] as const) {
      const found = await findTileParts(bench.pool, log.id, [{ level: 0, index: 0, part }]);
      expect(found).toEqual([{ bytes: Buffer.from(tile(0, 0, 256).hashes), isWhole: true }]);
    }
  });
});

describe('tileReader', () => {
  it('reads several tiles at once over the one connection of a transaction', async () => {
    const tiles = [tile(0, 0, 256), tile(0, 1, 256, 1), tile(0, 2, 9, 2), tile(1, 0, 2, 3)];
    await write(...tiles);
    const read = await inTransaction(bench.pool, (db) => {
      const reader = tileReader(db, log.id);
      return Promise.all(
        tiles.map(({ level, index, width }) => reader.readTile(level, index, width)),
      );
    });
    expect(read.map((bytes) => [...bytes])).toEqual(tiles.map(({ hashes }) => [...hashes]));
  });

  it('asks one thing at a time, as a connection can answer no more', async () => {
    const tiles = [tile(0, 0, 256), tile(0, 1, 256, 1), tile(0, 2, 9, 2)];
    await write(...tiles);
    let running = 0;
    let most = 0;
    const query = async (text: string, values: unknown[]): Promise<unknown> => {
      running += 1;
      most = Math.max(most, running);
      const result = await bench.pool.query(text, values);
      running -= 1;
      return result;
    };
    const reader = tileReader({ query } as unknown as Db, log.id);
    await Promise.all(tiles.map(({ level, index, width }) => reader.readTile(level, index, width)));
    expect(most).toBe(1);
  });

  it('names a missing tile, and goes on with the next', async () => {
    await write(tile(0, 0, 3));
    const reader = tileReader(bench.pool, log.id);
    const [missing, present] = await Promise.allSettled([
      reader.readTile(0, 1, 256),
      reader.readTile(0, 0, 3),
    ]);
    expect(missing).toMatchObject({ reason: new Error('tile 0/1 of width 256 is missing') });
    expect(present.status).toBe('fulfilled');
  });
});

describe('findTiles', () => {
  it('answers several places in one question, as wide as they are, and leaves out what is missing', async () => {
    const tiles = [tile(0, 0, 256), tile(0, 1, 9, 1), tile(1, 0, 1, 2)];
    await write(...tiles);
    const places = [...tiles, { level: 0, index: 2 }, { level: 1, index: 1 }];
    const found = await findTiles(bench.pool, log.id, places);
    const sorted = found.sort((a, b) => a.level - b.level || a.index - b.index);
    expect(sorted.map(({ level, index, hashes }) => [level, index, hashes.length])).toEqual([
      [0, 0, 8_192],
      [0, 1, 288],
      [1, 0, 32],
    ]);
    expect(sorted.map(({ hashes }) => [...hashes])).toEqual(tiles.map(({ hashes }) => [...hashes]));
    expect(await findTiles(bench.pool, log.id, [])).toEqual([]);
    const other = await makeLog(bench.pool);
    expect(await findTiles(bench.pool, other.id, places)).toEqual([]);
  });
});
