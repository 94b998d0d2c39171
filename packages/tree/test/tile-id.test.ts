import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseTilePath,
  placeOfNode,
  TilePathError,
  tilePath,
  tileRowLength,
  tileWidthAt,
} from '../src/tile-id.ts';

describe('path text', () => {
  test.each([
    [0, 0, 256, '0/000'],
    [0, 5, 256, '0/005'],
    [1, 999, 256, '1/999'],
    [1, 1000, 256, '1/x001/000'],
    [0, 1_234_067, 256, '0/x001/x234/067'],
    [0, 1_234_067, 17, '0/x001/x234/067.p/17'],
    [63, 0, 1, '63/000.p/1'],
    [2, 2 ** 40, 255, '2/x001/x099/x511/x627/776.p/255'],
    [0, Number.MAX_SAFE_INTEGER, 256, '0/x009/x007/x199/x254/x740/991'],
  ])('tile %i, %i, %i is %s', (level, index, width, text) => {
    expect(tilePath(level, index, width)).toBe(text);
    expect(parseTilePath(text)).toEqual({ level, index, width });
  });

  test.each([
    '',
    '0',
    '0/',
    '0/5',
    '0/0005',
    '0/x5',
    '0/x005',
    '0/x000/005',
    '0/x000/x001/005',
    '0/001/005',
    '0/X001/005',
    '0/005.p/0',
    '0/005.p/256',
    '0/005.p/01',
    '0/005.p/',
    '0/005.p',
    '0/005.p/1/',
    '0/005/',
    '/0/005',
    'tile/0/005',
    '00/005',
    '64/005',
    '100/005',
    '-1/005',
    '0/005\n',
    ' 0/005',
    '0/٠٠٥',
    '0/x009/x007/x199/x254/x740/992',
    '0/x001/x000/x000/x000/x000/x000/000',
    'entries/000',
  ])('refuses %j', (text) => {
    expect(() => parseTilePath(text)).toThrow(TilePathError);
  });

  test('there is one text for each tile', () => {
    const tile = fc.record({
      level: fc.integer({ min: 0, max: 63 }),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tile, (id) => {
        expect(parseTilePath(tilePath(id.level, id.index, id.width))).toEqual(id);
      }),
      { seed: 20_260_115, numRuns: 500 },
    );
  });

  test('refuses to write what it could not read', () => {
    for (const [level, index, width] of [
      [64, 0, 1],
      [-1, 0, 1],
      [0, -1, 1],
      [0, 2 ** 53, 1],
      [0, 0, 0],
      [0, 0, 257],
      [0, 0, 1.5],
    ] as const) {
      expect(() => tilePath(level, index, width)).toThrow(RangeError);
    }
  });
});

describe('widths', () => {
  test('a row holds the roots of the full tiles below', () => {
    expect([0, 1, 2].map((level) => tileRowLength(level, 70_000))).toEqual([70_000, 273, 1]);
    expect([0, 1, 2].map((level) => tileRowLength(level, 65_536))).toEqual([65_536, 256, 1]);
    expect(tileRowLength(6, Number.MAX_SAFE_INTEGER)).toBe(31);
    expect(tileRowLength(7, Number.MAX_SAFE_INTEGER)).toBe(0);
  });

  test('only the last tile of a row is partial', () => {
    expect(tileWidthAt(0, 272, 70_000)).toBe(256);
    expect(tileWidthAt(0, 273, 70_000)).toBe(112);
    expect(tileWidthAt(0, 274, 70_000)).toBe(0);
    expect(tileWidthAt(1, 1, 70_000)).toBe(17);
    expect(tileWidthAt(1, 1, 65_536)).toBe(0);
    expect(tileWidthAt(0, 2 ** 32, 2 ** 40 + 3)).toBe(3);
  });
});

describe('place of a node', () => {
  test('levels 0 to 7 stand in the tile row of the leaves', () => {
    expect(placeOfNode({ level: 0, index: 300 }, 812)).toEqual({
      tile: { level: 0, index: 1, width: 256 },
      offset: 44,
      count: 1,
    });
    expect(placeOfNode({ level: 5, index: 24 }, 812)).toEqual({
      tile: { level: 0, index: 3, width: 44 },
      offset: 0,
      count: 32,
    });
  });

  test('level 8 is the next row', () => {
    expect(placeOfNode({ level: 8, index: 2 }, 812)).toEqual({
      tile: { level: 1, index: 0, width: 3 },
      offset: 2,
      count: 1,
    });
  });

  test('refuses a node that is not complete yet', () => {
    expect(() => placeOfNode({ level: 0, index: 812 }, 812)).toThrow(RangeError);
    expect(() => placeOfNode({ level: 8, index: 3 }, 812)).toThrow(RangeError);
  });
});
