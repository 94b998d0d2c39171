/** Durable files: whole or not there, with the mode that was asked for, and nothing left beside them. @module */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceDurably, syncFolder, writeDurably } from '../../src/base/durable-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-durable-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('writeDurably', () => {
  it('makes a file for its owner alone, and never writes over one', async () => {
    const path = join(folder, 'a');
    await writeDurably(path, 'first');
    await expect(writeDurably(path, 'second')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await modeOf(path)).toBe(0o600);
  });
});

describe('replaceDurably', () => {
  it('puts the new file in the place of the old one', async () => {
    const path = join(folder, 'a');
    await replaceDurably(path, 'first');
    await replaceDurably(path, new Uint8Array([50]), 0o644);
    expect(await readFile(path, 'utf8')).toBe('2');
    expect(await modeOf(path)).toBe(0o644);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('leaves the old file, and nothing beside it, when the new one is refused', async () => {
    const path = join(folder, 'a');
    await replaceDurably(path, 'first');
    const refused = replaceDurably(path, 'second', 0o600, async (beside) => {
      expect(await readFile(beside, 'utf8')).toBe('second');
      throw new RangeError('no');
    });
    await expect(refused).rejects.toThrow(RangeError);
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await readdir(folder)).toEqual(['a']);
  });
});

describe('syncFolder', () => {
  it('fails where there is no folder', async () => {
    await syncFolder(folder);
    await expect(syncFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
