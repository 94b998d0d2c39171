/** A folder as a sink: whole files, in their place, inside the folder. @module */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFolderSink } from '../../src/attestation/folder-sink.ts';
import { SinkError, type SinkObject } from '../../src/attestation/tile-sink.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-sink-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function object(path: string, text: string): SinkObject {
  return { path, bytes: Buffer.from(text), contentType: 'text/plain', lifetime: 'short' };
}

describe('a folder sink', () => {
  it('keeps objects as files, replaces them, and leaves nothing else behind', async () => {
    const sink = openFolderSink(join(folder, 'made', 'when-needed'));
    await sink.put(object('shared/tile/0/x001/067', 'one'));
    await sink.put(object('shared/checkpoint', 'old'));
    await sink.put(object('shared/checkpoint', 'new'));
    const root = join(folder, 'made', 'when-needed', 'shared');
    expect(await readFile(join(root, 'tile/0/x001/067'), 'utf8')).toBe('one');
    expect(await readFile(join(root, 'checkpoint'), 'utf8')).toBe('new');
    expect((await readdir(root)).sort()).toEqual(['checkpoint', 'tile']);
    expect(await sink.has('shared/checkpoint')).toBe(true);
    expect(await sink.has('shared/other')).toBe(false);
    await sink.close();
  });

  it('is named by its place', () => {
    expect(openFolderSink(folder).name).toBe(pathToFileURL(folder).href);
  });

  it('takes the same object from several writers at once', async () => {
    const sink = openFolderSink(folder);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => sink.put(object('a/b', `${i % 10}`.repeat(9_000)))),
    );
    expect(await readFile(join(folder, 'a/b'), 'utf8')).toMatch(/^(\d)\1{8999}$/);
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
  });

  it('refuses a path that leads out', async () => {
    const sink = openFolderSink(folder);
    await expect(sink.put(object('../out', 'x'))).rejects.toThrow(TypeError);
    await expect(sink.has('/etc/passwd')).rejects.toThrow(TypeError);
  });

  it.skipIf(process.platform === 'win32')('refuses a link that leads out', async () => {
    const inside = join(folder, 'inside');
    const outside = join(folder, 'outside');
    await Promise.all([mkdir(inside), mkdir(outside)]);
    await symlink(outside, join(inside, 'shared'));
    await expect(openFolderSink(inside).put(object('shared/checkpoint', 'x'))).rejects.toThrow(
      SinkError,
    );
    expect(await readdir(outside)).toEqual([]);
  });

  it('says what failed, and leaves no temporary file', async () => {
    await writeFile(join(folder, 'shared'), 'a file where a folder should be');
    await expect(openFolderSink(folder).put(object('shared/checkpoint', 'x'))).rejects.toThrow(
      SinkError,
    );
    await mkdir(join(folder, 'log', 'checkpoint'), { recursive: true });
    await expect(openFolderSink(folder).put(object('log/checkpoint', 'x'))).rejects.toThrow(
      SinkError,
    );
    expect(await readdir(join(folder, 'log'))).toEqual(['checkpoint']);
  });
});
