/** From files to items: names, limits, and nothing that is lost without a word. @module */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readFixtureArchive } from '../../test/support/fixture-archives.ts';
import {
  type Item,
  MAX_PACKAGE_BYTES,
  RUN_LIMITS,
  type RunLimits,
  type Source,
} from '../src/item.ts';
import { newTally, readItems, type Tally } from '../src/read-items.ts';
import { inputsIn, inWalkOrder, sourceFromText } from '../src/sources.ts';

describe('readItems', () => {
  it('reads a file of exactly the limit, and not one byte more', async () => {
    const whole = await read([file('a.json', 'x'.repeat(MAX_PACKAGE_BYTES))]);
    expect(whole.items).toMatchObject([{ id: 1, name: 'a.json' }]);
    expect(whole.items[0]?.bytes?.length).toBe(MAX_PACKAGE_BYTES);
    const longer = await read([file('a.json', 'x'.repeat(MAX_PACKAGE_BYTES + 1))]);
    expect(longer.items).toMatchObject([{ bytes: null, refusal: { code: 'E_TOO_LARGE' } }]);
  });

  it('makes an item of what cannot be read, and goes on', async () => {
    const broken = new File(['x'], 'gone.json');
    broken.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
    const { items } = await read([
      { name: 'gone.json', blob: broken, isListed: false },
      { name: 'folder', blob: null, isListed: false },
      file('b.json', '{}'),
    ]);
    expect(items.map(({ id, refusal }) => [id, refusal?.code ?? null])).toEqual([
      [1, 'E_IO'],
      [2, 'E_IO'],
      [3, null],
    ]);
  });

  it('makes an item of each line that is not blank, under its own number', async () => {
    const { items } = await read([file('many.ndjson', '{"a":1}\n\n \r\n{"b":2}\r\n{"c":3}')]);
    expect(items.map(({ name }) => name)).toEqual([
      'many.ndjson:1',
      'many.ndjson:4',
      'many.ndjson:5',
    ]);
    expect(items.map(textOf)).toEqual(['{"a":1}', '{"b":2}\r', '{"c":3}']);
  });

  it('refuses a line above the limit and reads the next', async () => {
    const long = 'x'.repeat(MAX_PACKAGE_BYTES + 1);
    const { items } = await read([file('many.jsonl', `${long}\n{}\n`)]);
    expect(items).toMatchObject([
      { name: 'many.jsonl:1', bytes: null, refusal: { code: 'E_TOO_LARGE' } },
      { name: 'many.jsonl:2', refusal: null },
    ]);
  });

  it('unfolds gzip, by its bytes and not by its name', async () => {
    const packed = gzipSync('{"a":1}\n{"b":2}\n');
    expect((await read([file('x.ndjson.gz', packed)])).items.map(({ name }) => name)).toEqual([
      'x.ndjson.gz:1',
      'x.ndjson.gz:2',
    ]);
    expect((await read([file('x.json', gzipSync('{}'))])).items.map(textOf)).toEqual(['{}']);
  });

  it('stops unfolding where a package would be too large', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const { items } = await read([file('bomb.json.gz', bomb)]);
    expect(items).toMatchObject([{ bytes: null, refusal: { code: 'E_TOO_LARGE' } }]);
  });

  it.each([
    ['cut off', gzipSync('{"a":1}\n'.repeat(1_000)).subarray(0, 40)],
    ['with other bytes', Buffer.concat([gzipSync('{}').subarray(0, 10), Buffer.from('nonsense')])],
  ])('refuses a gzip file %s', async (_, bytes) => {
    const { items } = await read([file('x.json.gz', bytes)]);
    expect(items.at(-1)).toMatchObject({ bytes: null, refusal: { code: 'E_FIELD' } });
  });

  it('takes pasted text as lines only when the first is a whole object and more follow', async () => {
    const names = async (text: string) =>
      (await read([sourceFromText(text)])).items.map(({ name }) => name);
    expect(await names('{"a":1}\n{"b":2}')).toEqual(['pasted text:1', 'pasted text:2']);
    expect(await names('{"a":1}\n')).toEqual(['pasted text']);
    expect(await names('{\n  "a": 1\n}\n')).toEqual(['pasted text']);
    expect(await names('no json\n{}')).toEqual(['pasted text']);
  });

  it('takes an archive apart, skips what holds no proof, and refuses what breaks a rule', async () => {
    const { name, bytes } = readFixtureArchive('sound-folders-and-others.zip');
    const { items, tally } = await read([file(name, bytes)]);
    expect(items.map((item) => item.name)).toEqual([`${name}!proofs/\u00fcber/a.json`]);
    expect(tally).toMatchObject({ files: 1, skippedFiles: 1 });
    const broken = readFixtureArchive('bad-checksum.zip');
    const found = await read([file(broken.name, broken.bytes)]);
    expect(found.items.map(({ refusal }) => refusal?.code ?? null)).toEqual(['E_FIELD', null]);
  });

  it('counts what it skips in a folder, and looks at everything that was chosen by itself', async () => {
    const listed = await read([
      { ...file('f/a.json', '{}'), isListed: true },
      { ...file('f/readme.txt', 'x'), isListed: true },
    ]);
    expect(listed.items.map(({ name }) => name)).toEqual(['f/a.json']);
    expect(listed.tally.skippedFiles).toBe(1);
    expect((await read([file('readme.txt', 'x')])).items.length).toBe(1);
  });

  it('stops at the limits of a run and says so', async () => {
    const three = file('many.ndjson', '{}\n{}\n{}\n');
    const byCount = await read([three], { items: 2, bytes: 100 });
    expect(byCount).toMatchObject({ items: [{ id: 1 }, { id: 2 }], tally: { isCut: true } });
    const byBytes = await read([three], { items: 9, bytes: 5 });
    expect(byBytes).toMatchObject({ items: [{ id: 1 }, { id: 2 }], tally: { isCut: true } });
    const exact = await read([three], { items: 3, bytes: 6 });
    expect(exact.items.length).toBe(3);
    expect(exact.tally.isCut).toBe(false);
  });
});

describe('a folder', () => {
  const names = ['p/b.json', 'p/a/z.json', 'p/a.json', 'p/B.json', 'p/a/y.json', 'q/a.json'];
  const listed = names.map((name) => ({ ...file(name, '{}'), isListed: true }));

  it('is walked as the command line walks it, and is one input', () => {
    const single = file('z.json', '{}');
    const sources = [single, ...listed, file('a.json', '{}')];
    expect(inWalkOrder(sources).map(({ name }) => name)).toEqual([
      'z.json',
      'p/B.json',
      'p/a/y.json',
      'p/a/z.json',
      'p/a.json',
      'p/b.json',
      'q/a.json',
      'a.json',
    ]);
    expect(inputsIn(sources)).toBe(4);
    expect(inputsIn([single, file('z.json', '{}')])).toBe(2);
  });
});

async function read(
  sources: readonly Source[],
  limits: RunLimits = RUN_LIMITS,
): Promise<{ items: Item[]; tally: Tally }> {
  const tally = newTally();
  const items: Item[] = [];
  for await (const item of readItems(sources, tally, limits)) items.push(item);
  return { items, tally };
}

function file(name: string, content: string | Uint8Array<ArrayBuffer> | Buffer): Source {
  return { name, blob: new Blob([content as BlobPart]), isListed: false };
}

function textOf({ bytes }: Item): string | null {
  return bytes && new TextDecoder().decode(bytes);
}
