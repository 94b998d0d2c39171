/** The search for other Node releases: named folders first, and no silent fall-through. @module */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findRuntimes, MAJORS } from './support/runtimes.ts';

const folder = mkdtempSync(join(tmpdir(), 'kapsel-runtimes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function makeNode(path: string): string {
  const bin = join(folder, path, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'node'), '');
  chmodSync(join(bin, 'node'), 0o700);
  return join(folder, path);
}

describe('findRuntimes', () => {
  it('takes the folders that are named, in the order of the releases', () => {
    const named = MAJORS.map((major) => makeNode(`named-${major}`));
    const found = findRuntimes({ KAPSEL_NODES: named.join(delimiter) }, folder);
    expect(found).toEqual(
      MAJORS.map((major, i) => ({ major, executable: join(named[i] ?? '', 'bin', 'node') })),
    );
  });

  it('refuses a list of another length, and a folder without Node, although others are there', () => {
    for (const major of MAJORS) makeNode(`node-${major}`);
    expect(() => findRuntimes({ KAPSEL_NODES: folder }, folder)).toThrow('KAPSEL_NODES');
    const empty = [makeNode('named-22'), join(folder, 'nothing')].join(delimiter);
    expect(() => findRuntimes({ KAPSEL_NODES: empty }, folder)).toThrow('KAPSEL_NODES');
  });

  it('takes the installed ones, all or none', () => {
    for (const major of MAJORS) makeNode(`node-${major}`);
    expect(findRuntimes({}, folder)?.map(({ major }) => major)).toEqual(MAJORS);
    rmSync(join(folder, `node-${MAJORS[0]}`), { recursive: true });
    expect(findRuntimes({}, folder)).toBeNull();
  });
});
