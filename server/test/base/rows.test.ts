/** What PostgreSQL answers as text or joined bytes is read back exactly or refused. @module */
import { describe, expect, it } from 'vitest';
import { hashesFromRow, integerFromRow } from '../../src/base/rows.ts';

describe('integerFromRow', () => {
  it('reads bigint columns, which arrive as text', () => {
    expect(integerFromRow('0')).toBe(0);
    expect(integerFromRow('-7')).toBe(-7);
    expect(integerFromRow(12)).toBe(12);
    expect(integerFromRow('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each(['9007199254740992', '9223372036854775807', '1.5', 'x', 'NaN', Number.NaN, 0.5])(
    'refuses %j instead of losing digits',
    (value) => {
      expect(() => integerFromRow(value)).toThrow(RangeError);
    },
  );
});

describe('hashesFromRow', () => {
  it('cuts joined hashes apart', () => {
    const bytes = Uint8Array.from({ length: 96 }, (_, i) => i);
    expect(hashesFromRow(new Uint8Array())).toEqual([]);
    expect(hashesFromRow(bytes).map((hash) => [...hash])).toEqual([
      [...bytes.slice(0, 32)],
      [...bytes.slice(32, 64)],
      [...bytes.slice(64)],
    ]);
  });

  it.each([1, 31, 33, 95])('refuses %d bytes, which hold a part of a hash', (length) => {
    expect(() => hashesFromRow(new Uint8Array(length))).toThrow(RangeError);
  });
});
