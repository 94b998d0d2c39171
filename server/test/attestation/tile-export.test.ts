/** Export: tiles first, then the checkpoint, then the row; whatever dies in between, and whoever else exports. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planTileWrites } from '@kapsel/tree';
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findExportedSize, saveExportedSize } from '../../src/attestation/export-store.ts';
import { openS3Sink } from '../../src/attestation/s3-sink-client.ts';
import {
  type ExportDeps,
  ExportRefused,
  exportLog,
  newTiles,
} from '../../src/attestation/tile-export.ts';
import type { SinkObject, TileSink } from '../../src/attestation/tile-sink.ts';
import { systemClock } from '../../src/base/clock.ts';
import { Secret } from '../../src/base/secret.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { verifyExport } from '../support/exported-tree.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { BUCKET, KEY_ID, openS3Server, SECRET } from '../support/s3-server.ts';
import { tamper } from '../support/tamper.ts';

let bench: Bench;
let pool: Pool;
let written: WrittenLog;
beforeAll(async () => {
  bench = await openBench();
  pool = bench.pool;
});
afterAll(() => bench.close());
beforeEach(async () => {
  written = await writeLog(pool, { leaves: 600, headEvery: 100 });
});

/** A sink in memory that remembers the order, and fails where it is told to. */
class MemorySink implements TileSink {
  readonly name = `memory:${Math.random()}`;
  readonly objects = new Map<string, SinkObject>();
  readonly order: string[] = [];
  failAt = Number.POSITIVE_INFINITY;
  onPut: (object: SinkObject) => Promise<void> = async () => undefined;

  async put(object: SinkObject): Promise<void> {
    if (this.order.length >= this.failAt) throw new Error('the sink died');
    await this.onPut(object);
    this.order.push(object.path);
    this.objects.set(object.path, object);
  }

  async has(path: string): Promise<boolean> {
    return this.objects.has(path);
  }

  async close(): Promise<void> {}
}

const depsOf = (sink: TileSink): ExportDeps => ({ pool, clock: systemClock, sink });
const fromMemory = (sink: MemorySink) => async (path: string) =>
  sink.objects.get(`${written.log.name}/${path}`)?.bytes ?? null;
const INDEXES = [0, 255, 256, 511, 512, 598, 599];
const OLD_SIZES = [1, 255, 256, 257, 512, 599, 600];

/** Shows the exporter an older head: the newer ones are put aside. */
async function atSize(size: number): Promise<() => Promise<void>> {
  return tamper(pool, 'DELETE FROM signed_tree_heads WHERE log_id = $1 AND tree_size > $2', [
    written.log.id,
    size,
  ]);
}

describe('exportLog', () => {
  it('writes tiles, then the checkpoint, then the row; a client proves everything from them', async () => {
    const sink = new MemorySink();
    const exported = await exportLog(depsOf(sink), written.log, null);
    expect(exported).toMatchObject({ treeSize: 600, tiles: 4 });
    const { name } = written.log;
    expect(sink.order.at(-1)).toBe(`${name}/checkpoint`);
    expect(new Set(sink.order)).toEqual(
      new Set(
        ['tile/0/000', 'tile/0/001', 'tile/0/002.p/88', 'tile/1/000.p/2', 'checkpoint'].map(
          (path) => `${name}/${path}`,
        ),
      ),
    );
    for (const { path, lifetime, contentType } of sink.objects.values()) {
      const isCheckpoint = path.endsWith('checkpoint');
      expect([lifetime, contentType]).toEqual(
        isCheckpoint
          ? ['short', 'text/plain; charset=utf-8']
          : ['immutable', 'application/octet-stream'],
      );
    }
    expect(await findExportedSize(pool, written.log.id, sink.name)).toBe(600);
    expect(await verifyExport(fromMemory(sink), written.tree, INDEXES, OLD_SIZES)).toBe(600);
  });

  it('copies only what is new, and nothing when nothing is', async () => {
    const sink = new MemorySink();
    const undo = await atSize(300);
    const first = await exportLog(depsOf(sink), written.log, null);
    expect(first).toMatchObject({ treeSize: 300, tiles: 3 });
    expect(await exportLog(depsOf(sink), written.log, first?.checkpoint ?? null)).toBeNull();
    await undo();
    sink.order.length = 0;
    const second = await exportLog(depsOf(sink), written.log, first?.checkpoint ?? null);
    expect(second).toMatchObject({ treeSize: 600, tiles: 3 });
    expect(sink.order).not.toContain(`${written.log.name}/tile/0/000`);
    expect(await verifyExport(fromMemory(sink), written.tree, INDEXES, OLD_SIZES)).toBe(600);
  });

  it('copies everything again into a sink that was emptied', async () => {
    const sink = new MemorySink();
    await exportLog(depsOf(sink), written.log, null);
    sink.objects.clear();
    expect(await exportLog(depsOf(sink), written.log, null)).toMatchObject({ tiles: 4 });
    expect(await verifyExport(fromMemory(sink), written.tree, INDEXES, OLD_SIZES)).toBe(600);
  });

  it('writes the checkpoint again when a witness cosigned it', async () => {
    const sink = new MemorySink();
    const undo = await tamper(pool, 'DELETE FROM cosignatures WHERE log_id = $1', [written.log.id]);
    const first = await exportLog(depsOf(sink), written.log, null);
    await undo();
    sink.order.length = 0;
    const second = await exportLog(depsOf(sink), written.log, first?.checkpoint ?? null);
    expect(sink.order).toEqual([`${written.log.name}/checkpoint`]);
    expect(second?.checkpoint.startsWith(first?.checkpoint ?? '-')).toBe(true);
    expect(second?.checkpoint).toContain('witness.test/w1');
  });

  it('dies at each step, and the next call ends what was begun', async () => {
    for (let failAt = 0; failAt <= 4; failAt++) {
      const sink = new MemorySink();
      const undo = await atSize(300);
      await exportLog(depsOf(sink), written.log, null);
      await undo();
      sink.order.length = 0;
      sink.failAt = failAt;
      const died = exportLog(depsOf(sink), written.log, null);
      if (failAt < 4) await expect(died).rejects.toThrow('the sink died');
      else await died;
      // A reader in between sees the old tree, whole.
      const seen = await verifyExport(fromMemory(sink), written.tree, [0, 299], [1, 256, 300]);
      expect(seen).toBe(failAt < 4 ? 300 : 600);
      expect(await findExportedSize(pool, written.log.id, sink.name)).toBe(seen);
      sink.failAt = Number.POSITIVE_INFINITY;
      await exportLog(depsOf(sink), written.log, null);
      expect(await verifyExport(fromMemory(sink), written.tree, INDEXES, OLD_SIZES)).toBe(600);
    }
  });

  it('does not put an older checkpoint over that of a faster process', async () => {
    const sink = new MemorySink();
    const undo = await atSize(300);
    sink.onPut = async ({ path }) => {
      if (!path.endsWith('tile/1/000.p/1')) return;
      sink.onPut = async () => undefined;
      await undo();
      await exportLog(depsOf(sink), written.log, null);
    };
    expect(await exportLog(depsOf(sink), written.log, null)).toBeNull();
    expect(await verifyExport(fromMemory(sink), written.tree, INDEXES, OLD_SIZES)).toBe(600);
  });

  it('repairs an older checkpoint that it put over a newer one', async () => {
    const sink = new MemorySink();
    const undo = await atSize(300);
    sink.onPut = async ({ path }) => {
      if (!path.endsWith('checkpoint')) return;
      sink.onPut = async () => undefined;
      await undo();
      await exportLog(depsOf(sink), written.log, null);
    };
    expect(await exportLog(depsOf(sink), written.log, null)).toMatchObject({ treeSize: 600 });
    expect(await verifyExport(fromMemory(sink), written.tree, INDEXES, OLD_SIZES)).toBe(600);
  });

  it.each([
    [
      'a full tile was changed',
      'UPDATE merkle_tiles SET hashes = set_byte(hashes, 9, get_byte(hashes, 9) # 1) WHERE log_id = $1 AND level = 0 AND tile_index = 0',
    ],
    [
      'the edge was changed',
      'UPDATE merkle_tiles SET hashes = set_byte(hashes, 9, get_byte(hashes, 9) # 1) WHERE log_id = $1 AND level = 0 AND tile_index = 2',
    ],
    [
      'a tile is gone',
      'DELETE FROM merkle_tiles WHERE log_id = $1 AND level = 0 AND tile_index = 1',
    ],
  ])('hands out no checkpoint when %s', async (_name, sql) => {
    await tamper(pool, sql, [written.log.id]);
    const sink = new MemorySink();
    await expect(exportLog(depsOf(sink), written.log, null)).rejects.toThrow(ExportRefused);
    expect(sink.order).toEqual([]);
  });

  it('refuses to go back behind what was exported', async () => {
    const sink = new MemorySink();
    await saveExportedSize(pool, written.log.id, sink.name, 601, systemClock.nowMs());
    await expect(exportLog(depsOf(sink), written.log, null)).rejects.toThrow(ExportRefused);
    expect(sink.order).toEqual([]);
  });

  it('has nothing to copy before the first head', async () => {
    await atSize(0);
    expect(await exportLog(depsOf(new MemorySink()), written.log, null)).toBeNull();
  });
});

describe('newTiles', () => {
  it('names what the writer of a tree writes, for every step of a small tree', () => {
    const hashes = Array.from({ length: 700 }, () => new Uint8Array(32));
    for (let size = 1; size <= 700; size++) {
      const all = planTileWrites(0, [], hashes.slice(0, size));
      const named = [...newTiles(0, size)].map(({ level, index, width }) => [level, index, width]);
      expect(named).toEqual(all.map(({ level, index, width }) => [level, index, width]));
      expect([...newTiles(size, size)]).toEqual([]);
    }
  });
});

describe('a store that dies in the middle', () => {
  it('is filled at the next call, and proves everything with no server behind it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kapsel-export-'));
    const server = await openS3Server(folder);
    const open = () =>
      openS3Sink(
        { bucket: BUCKET, prefix: 'logs' },
        {
          region: server.region,
          endpoint: server.endpoint,
          pathStyle: true,
          accessKeyId: KEY_ID,
          secretAccessKey: new Secret(SECRET),
          sessionToken: null,
        },
        { clock: { ...systemClock, sleep: async () => undefined }, random: () => 0 },
      );
    let puts = 0;
    server.before = async (line) => {
      if (line.startsWith('PUT') && ++puts === 3) await server.kill();
    };
    const dying = open();
    await expect(exportLog(depsOf(dying), written.log, null)).rejects.toThrow('no answer');
    expect(await findExportedSize(pool, written.log.id, dying.name)).toBe(0);
    await dying.close();
    server.before = null;
    await server.revive();
    const sink = open();
    await exportLog(depsOf(sink), written.log, null);
    await sink.close();
    const get = async (path: string) => {
      const { status, bytes } = await server.fetch(`logs/${written.log.name}/${path}`);
      return status === 200 ? bytes : null;
    };
    expect(await verifyExport(get, written.tree, INDEXES, OLD_SIZES)).toBe(600);
    const { headers } = await server.fetch(`logs/${written.log.name}/checkpoint`);
    expect(headers['cache-control']).toBe('public, max-age=5');
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
});
