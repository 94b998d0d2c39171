/** The second place as files: whole or old, never back, and nothing strange is taken for "no head yet". @module */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTreeHead, verifyTreeHead } from '@kapsel/verification';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PublishedHeadMoved, type PublishedHeads } from '../../src/attestation/published-head.ts';
import { openPublishedHeadFiles } from '../../src/attestation/published-head-file.ts';
import { encodeTreeHeadJson, type TreeHead } from '../../src/attestation/tree-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { makeSigner, START_MS } from '../support/log-bench.ts';
import { makeHead } from '../support/made-heads.ts';

const signer = makeSigner();
const log = { id: newId<'log'>(START_MS), origin: 'log.kapsel.test/a' };

let folder: string;
let heads: PublishedHeads;
let path: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'kapsel-heads-')), 'deep', 'heads');
  heads = await openPublishedHeadFiles(folder, systemClock);
  path = join(folder, `${log.id}.json`);
});
afterEach(() => rm(join(folder, '..', '..'), { recursive: true, force: true }));

const headAt = (treeSize: number, seconds = treeSize): Promise<TreeHead> =>
  makeHead({ origin: log.origin, signer, treeSize, timestampMs: START_MS + seconds * 1_000 });

const jsonOf = (head: TreeHead | null): unknown => head && encodeTreeHeadJson(head);

describe('a folder of heads', () => {
  it('has none at first, and then the last that was written', async () => {
    expect(await heads.read(log)).toBeNull();
    const [three, five] = [await headAt(3), await headAt(5)];
    await heads.write(log, three, null);
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(three));
    await heads.write(log, five, three);
    const again = await openPublishedHeadFiles(folder, systemClock);
    expect(jsonOf(await again.read(log))).toEqual(jsonOf(five));
    expect(await readdir(folder)).toEqual([`${log.id}.json`]);
  });

  it('keeps a file that the core reads and verifies, for its owner alone', async () => {
    await heads.write(log, await headAt(3), null);
    verifyTreeHead(parseTreeHead((await readFile(path, 'utf8')).trimEnd()));
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('keeps the head as the log alone signed it', async () => {
    const head = await headAt(3);
    await heads.write(log, { ...head, cosignatures: ['\u2014 w AAAA\n'] }, null);
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(head));
  });

  it('keeps the heads of each log apart', async () => {
    const other = { ...log, id: newId<'log'>(START_MS), origin: 'log.kapsel.test/b' };
    await heads.write(log, await headAt(3), null);
    expect(await heads.read(other)).toBeNull();
    expect(await heads.othersOfOrigin(other)).toEqual([]);
  });

  it('finds another log of the same name', async () => {
    await heads.write(log, await headAt(3), null);
    const renewed = { ...log, id: newId<'log'>(START_MS) };
    expect(await heads.othersOfOrigin(renewed)).toEqual([log.id]);
    expect(await heads.othersOfOrigin(log)).toEqual([]);
  });
});

describe('a write', () => {
  it('that was done already is none', async () => {
    const three = await headAt(3);
    await heads.write(log, three, null);
    await heads.write(log, three, null);
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(three));
  });

  it('that expected another head changes nothing', async () => {
    const [three, five, six] = [await headAt(3), await headAt(5), await headAt(6)];
    await heads.write(log, three, null);
    await heads.write(log, five, three);
    for (const expected of [null, three]) {
      await expect(heads.write(log, six, expected)).rejects.toBeInstanceOf(PublishedHeadMoved);
    }
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(five));
  });

  it('never goes back in size or time, nor beside it', async () => {
    const five = await headAt(5);
    await heads.write(log, five, null);
    const smaller = heads.write(log, await headAt(4, 6), five);
    await expect(smaller).rejects.toMatchObject({ kind: 'forked' });
    await expect(heads.write(log, await headAt(6, 4), five)).rejects.toBeInstanceOf(RangeError);
    const beside = await makeHead({
      origin: log.origin,
      signer,
      treeSize: 5,
      timestampMs: START_MS + 9_000,
      rootHash: new Uint8Array(32),
    });
    await expect(heads.write(log, beside, five)).rejects.toMatchObject({ kind: 'forked' });
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(five));
  });

  it('by one of many processes at once wins, and the others see that it was moved', async () => {
    const places = await Promise.all(
      Array.from({ length: 6 }, () => openPublishedHeadFiles(folder, systemClock)),
    );
    const candidates = await Promise.all(places.map((_, i) => headAt(10 + i)));
    const runs = await Promise.allSettled(
      places.map((place, i) => place.write(log, candidates[i] as TreeHead, null)),
    );
    const won = runs.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    expect(won).toHaveLength(1);
    for (const run of runs) {
      if (run.status === 'rejected') expect(run.reason).toBeInstanceOf(PublishedHeadMoved);
    }
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(candidates[won[0] as number] ?? null));
  });

  it('is not stopped by what a crash left, and a reader never sees half a file', async () => {
    const three = await headAt(3);
    await heads.write(log, three, null);
    await writeFile(`${path}.0.new`, '{"tree_size":');
    await writeFile(`${path}.lock`, 'a process that died');
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(three));
    const five = await headAt(5);
    await heads.write(log, five, three);
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(five));
  });
});

describe('a file that is not a head of the log', () => {
  const textOf = async (change: (json: Record<string, unknown>) => unknown): Promise<string> =>
    JSON.stringify(change({ ...encodeTreeHeadJson(await headAt(3)) }));

  it.each<[string, () => Promise<string>]>([
    ['is empty', async () => ''],
    ['was cut off', async () => (await textOf((json) => json)).slice(0, 200)],
    ['is something else', async () => '{"hello":"world"}'],
    ['has another size', () => textOf((json) => ({ ...json, tree_size: 2 }))],
    ['has another time', () => textOf((json) => ({ ...json, timestamp: START_MS }))],
    ['has no checkpoint', () => textOf(({ checkpoint: _, ...json }) => json)],
    [
      'has the checkpoint of another head',
      async () => {
        const { checkpoint } = await headAt(4);
        return textOf((json) => ({ ...json, checkpoint }));
      },
    ],
  ])('and %s is refused as damaged, read or written over', async (_what, text) => {
    await writeFile(path, await text());
    await expect(heads.read(log)).rejects.toMatchObject({ kind: 'damaged' });
    await expect(heads.read(log)).rejects.toThrow(path);
    const write = heads.write(log, await headAt(9), null);
    await expect(write).rejects.toMatchObject({ kind: 'damaged' });
  });

  it('but of another one is refused as foreign', async () => {
    const other = { id: log.id, origin: 'log.kapsel.test/b' };
    await heads.write(log, await headAt(3), null);
    await expect(heads.read(other)).rejects.toMatchObject({ kind: 'foreign' });
  });

  it('and cannot be opened is an error, not "no head yet"', async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file in the place of the folder');
    await expect(heads.read(log)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
