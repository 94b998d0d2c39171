/** Paths and bytes of tiles and entry bundles: one text for each, exact lengths, nothing left over. C2SP tlog-tiles. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeEntryBundlePath,
  encodeTilePath,
  parseEntryBundle,
  parseEntryBundlePath,
  parseHashTile,
  parseTilePath,
  TILE_WIDTH,
  verifyEntryBundle,
} from '../src/tile.ts';
import { utf8 } from './make-package.ts';
import { referenceLeafHash } from './reference-tree.ts';
import { expectRefusal } from './refusal.ts';

/** A bundle as a log writes it. */
function bundleOf(entries: readonly Uint8Array[]): Uint8Array {
  const parts = entries.map((entry) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    return Buffer.concat([length, entry]);
  });
  return new Uint8Array(Buffer.concat(parts));
}

const WRONG_PLACES = [
  '',
  '/',
  '5',
  '0005',
  'x5',
  'x005',
  'x000/005',
  'x000/x001/005',
  '001/005',
  'X001/005',
  'x001/x005',
  '005.p/0',
  '005.p/256',
  '005.p/999',
  '005.p/01',
  '005.p/-1',
  '005.p/',
  '005.p',
  '005.P/1',
  '005.p/1/',
  '005/',
  '/005',
  '005\n',
  ' 005',
  '٠٠٥',
  'x009/x223/x372/x036/x854/x775/808', // 2^63
  'x001/x000/x000/x000/x000/x000/x000/000',
];

describe('tile paths', () => {
  const places: readonly (readonly [number, bigint, number, string])[] = [
    [0, 0n, 256, 'tile/0/000'],
    [0, 5n, 256, 'tile/0/005'],
    [1, 999n, 256, 'tile/1/999'],
    [1, 1000n, 256, 'tile/1/x001/000'],
    [0, 1_234_067n, 256, 'tile/0/x001/x234/067'],
    [0, 1_234_067n, 17, 'tile/0/x001/x234/067.p/17'],
    [63, 0n, 1, 'tile/63/000.p/1'],
    [0, 2n ** 53n + 1n, 255, 'tile/0/x009/x007/x199/x254/x740/993.p/255'],
    [0, 2n ** 63n - 1n, 256, 'tile/0/x009/x223/x372/x036/x854/x775/807'],
  ];

  it.each(places.map((place) => [place[3], place] as const))('read and write %s', (_, place) => {
    const [level, index, width, text] = place;
    expect(encodeTilePath({ level, index, width })).toBe(text);
    expect(parseTilePath(text)).toEqual({ level, index, width });
    const bundleText = text.replace(/^tile\/[0-9]+/, 'tile/entries');
    expect(encodeEntryBundlePath({ index, width })).toBe(bundleText);
    expect(parseEntryBundlePath(bundleText)).toEqual({ index, width });
  });

  it.each(WRONG_PLACES)('refuses the place %j', (place) => {
    const tile = expectRefusal('E_FIELD', () => parseTilePath(`tile/0/${place}`));
    expect(tile.field).toBe('tile path');
    const bundle = expectRefusal('E_FIELD', () => parseEntryBundlePath(`tile/entries/${place}`));
    expect(bundle.field).toBe('entry bundle path');
  });

  it.each([
    '0/005',
    '/tile/0/005',
    'tile/005',
    'tile//005',
    'tile/00/005',
    'tile/64/005',
    'tile/100/005',
    'tile/-1/005',
    'tile/x/005',
    'tile/entries/005',
    'Tile/0/005',
    'log/tile/0/005',
    `tile/0/${'x001/'.repeat(13)}000`,
  ])('refuses %j', (text) => {
    expectRefusal('E_FIELD', () => parseTilePath(text));
  });

  it.each(['tile/0/005', 'entries/005', 'tile/entries', '/tile/entries/005', 'tile/entries/0/5'])(
    'refuses %j as the path of a bundle',
    (text) => {
      expectRefusal('E_FIELD', () => parseEntryBundlePath(text));
    },
  );

  it('are refused with what was expected', () => {
    const refusalOf = (text: string) =>
      expectRefusal('E_FIELD', () => parseTilePath(`tile/${text}`));
    const level = { expected: 'tile/<level 0 to 63>/<index>', actual: 'another text' };
    expect(refusalOf('64/005')).toMatchObject(level);
    const width = { expected: 'a partial width of at most 255', actual: '256' };
    expect(refusalOf('0/005.p/256')).toMatchObject(width);
    expect(refusalOf('0/x000/005')).toMatchObject({ expected: '005', actual: 'zero groups' });
    const bundle = expectRefusal('E_FIELD', () => parseEntryBundlePath('tile/0/005'));
    expect(bundle).toMatchObject({ expected: 'tile/entries/<index>', actual: 'another text' });
  });

  it('gives each tile a path of its own, which reads back', () => {
    const tiles = fc.record({
      level: fc.nat({ max: 63 }),
      index: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(parseTilePath(encodeTilePath(tile))).toEqual(tile);
      }),
      { seed: 6962, numRuns: 300 },
    );
  });

  it('are not written for a tile that cannot be', () => {
    const tile = { level: 0, index: 0n, width: 1 };
    for (const change of [
      { level: -1 },
      { level: 64 },
      { level: 0.5 },
      { index: -1n },
      { index: 2n ** 63n },
      { width: 0 },
      { width: 257 },
      { width: 1.5 },
    ]) {
      expect(() => encodeTilePath({ ...tile, ...change })).toThrow(RangeError);
    }
  });
});

describe('hash tiles', () => {
  const bytes = Uint8Array.from({ length: 256 * 32 }, (_, i) => i & 255);

  it('are exactly 32 bytes for each hash', () => {
    const hashes = parseHashTile(bytes.slice(0, 3 * 32), 3);
    expect(hashes.map((hash) => hash.length)).toEqual([32, 32, 32]);
    expect(hashes[2]).toEqual(bytes.slice(64, 96));
    expect(parseHashTile(bytes, TILE_WIDTH)).toHaveLength(256);
  });

  it('are cut where the full tile came for a partial one', () => {
    expect(parseHashTile(bytes, 3)).toEqual(parseHashTile(bytes.slice(0, 96), 3));
  });

  it.each([0, 1, 31, 95, 97, 128, 8_160, 8_191, 8_193, 16_384])(
    'are refused with %i bytes for 3 hashes',
    (length) => {
      const refusal = expectRefusal('E_FIELD', () => parseHashTile(new Uint8Array(length), 3));
      expect(refusal).toMatchObject({
        field: 'tile',
        expected: '96 bytes',
        actual: `${length} bytes`,
      });
    },
  );

  it('have a width from 1 to 256', () => {
    for (const width of [0, -1, 257, 2.5, Number.NaN]) {
      expect(() => parseHashTile(bytes, width)).toThrow(RangeError);
    }
  });
});

describe('entry bundles', () => {
  const entries = ['a', '', 'a leaf', 'x'.repeat(65_535)].map(utf8);

  it('hold entries behind their lengths, empty ones and the longest too', () => {
    expect(parseEntryBundle(bundleOf(entries), 4)).toEqual(entries);
  });

  it('are cut where the full bundle came for a partial one', () => {
    const full = bundleOf(Array.from({ length: 256 }, (_, i) => utf8(`leaf ${i}`)));
    expect(parseEntryBundle(full, 2)).toEqual([utf8('leaf 0'), utf8('leaf 1')]);
    expect(parseEntryBundle(full, 256)).toHaveLength(256);
  });

  it('are refused when an entry or its length ends too early', () => {
    const good = bundleOf(entries.slice(0, 3));
    for (let length = 1; length < good.length; length++) {
      const refusal = expectRefusal('E_FIELD', () => parseEntryBundle(good.slice(0, length), 3));
      // A cut between two entries leaves a bundle of fewer.
      expect(refusal.field).toBe(
        { 3: 'entry bundle', 5: 'entry bundle' }[length] ??
          `entries[${length < 3 ? 0 : length < 5 ? 1 : 2}]`,
      );
    }
  });

  it('are refused with the number of bytes that are missing', () => {
    const good = bundleOf(entries.slice(0, 3)); // lengths at bytes 0, 3 and 5, the end at 13
    for (const [length, missing] of [
      [1, 1],
      [2, 1],
      [4, 1],
      [6, 1],
      [7, 6],
      [12, 1],
    ] as const) {
      const refusal = expectRefusal('E_FIELD', () => parseEntryBundle(good.slice(0, length), 3));
      expect(refusal).toMatchObject({
        expected: 'a length and so many bytes',
        actual: `${missing} bytes too few`,
      });
    }
  });

  it('are refused with one byte too many, or another number of entries', () => {
    const good = bundleOf(entries.slice(0, 3));
    expectRefusal('E_FIELD', () => parseEntryBundle(new Uint8Array([...good, 0]), 3));
    expectRefusal('E_FIELD', () => parseEntryBundle(good, 2));
    expectRefusal('E_FIELD', () => parseEntryBundle(good, 4));
    expectRefusal('E_FIELD', () => parseEntryBundle(new Uint8Array(0), 1));
    const tooMany = new Uint8Array(2 * 257);
    const refusal = expectRefusal('E_FIELD', () => parseEntryBundle(tooMany, 256));
    expect(refusal.field).toBe('entries[256]');
    expect(() => parseEntryBundle(good, 0)).toThrow(RangeError);
  });

  it('are the entries that the leaf hashes were made of, or refused by number', () => {
    const hashes = entries.map(referenceLeafHash);
    expect(() => verifyEntryBundle(entries, hashes)).not.toThrow();
    const swapped = [entries[1], entries[0], ...entries.slice(2)] as Uint8Array[];
    const refusal = expectRefusal('E_LEAF_HASH', () => verifyEntryBundle(swapped, hashes));
    expect(refusal.field).toBe('entries[0]');
    expect(refusal.expected).toBe(Buffer.from(hashes[0] as Uint8Array).toString('hex'));
    expectRefusal('E_FIELD', () => verifyEntryBundle(entries, hashes.slice(1)));
    expectRefusal('E_FIELD', () => verifyEntryBundle(entries.slice(1), hashes));
  });
});
