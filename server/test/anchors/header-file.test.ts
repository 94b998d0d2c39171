/** Headers in a file: read when it changes, refused when they do not hold together. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChain, type TestChain } from '../../../test/support/bitcoin-chain.ts';
import { openHeaderFile, parseHeadersPlace } from '../../src/anchors/header-file.ts';
import type { HeaderSource } from '../../src/anchors/header-source.ts';
import { LAB } from '../support/anchor-bench.ts';

let folder: string;
let path: string;
let chain: TestChain;
let source: HeaderSource;
let seconds = 1_768_000_000;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-headers-'));
  path = join(folder, 'headers.bin');
  chain = createChain();
  chain.mine(7);
  source = openHeaderFile({ path, firstHeight: 100 }, LAB);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const headers = (): Buffer => Buffer.concat(chain.blocks.map(({ header }) => header));

/** Writes the file as if time had passed. */
async function write(bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes);
  seconds += 1;
  await utimes(path, seconds, seconds);
}

describe('a headers file', () => {
  it('answers what is in it, with its depth under the last one', async () => {
    await write(headers());
    const found = await source.find(102);
    if (found.kind !== 'found') throw new Error(found.kind);
    expect(Buffer.from(found.header).equals(chain.at(102)?.header ?? Buffer.alloc(0))).toBe(true);
    expect(found.depth).toBe(6);
    expect([await source.find(99), await source.find(108)]).toEqual([
      { kind: 'none' },
      { kind: 'none' },
    ]);
  });

  it('is read again when it has grown', async () => {
    await write(headers());
    expect((await source.find(108)).kind).toBe('none');
    chain.mine(1);
    await write(headers());
    expect((await source.find(108)).kind).toBe('found');
  });

  it('is refused when it is missing, cut, broken or too large', async () => {
    expect(await source.find(102)).toEqual({ kind: 'failed', error: 'unreadable' });
    await write(headers().subarray(1));
    expect(await source.find(102)).toEqual({ kind: 'failed', error: 'bad-header' });
    const swapped = Buffer.concat([headers().subarray(80), headers().subarray(0, 80)]);
    await write(swapped);
    expect(await source.find(102)).toEqual({ kind: 'failed', error: 'bad-header' });
    await write(Buffer.alloc(4_194_305));
    expect(await source.find(102)).toEqual({ kind: 'failed', error: 'too-large' });
  });

  it('is named with the height of its first header', () => {
    expect(parseHeadersPlace('/srv/a@b/headers.bin@840000')).toEqual({
      path: '/srv/a@b/headers.bin',
      firstHeight: 840_000,
    });
    for (const text of ['/srv/headers.bin', '@1', 'x@', 'x@-1', 'x@01', 'x@99999999999']) {
      expect(() => parseHeadersPlace(text), text).toThrow(RangeError);
    }
  });
});
