/** UUIDv7: layout, order by time, and random bits that differ. RFC 9562 section 5.7. @module */
import { describe, expect, it } from 'vitest';
import { isUuid, newId, timeMsOfId } from '../../src/base/ids.ts';

const NOW = Date.UTC(2026, 0, 15, 10, 30, 45, 123);

function bitsOf(id: string): string {
  return [...id.replaceAll('-', '')]
    .map((c) => Number.parseInt(c, 16).toString(2).padStart(4, '0'))
    .join('');
}

describe('timeMsOfId', () => {
  it('reads the time that an id was made with', () => {
    for (const ms of [0, 1, NOW, 2 ** 48 - 1]) expect(timeMsOfId(newId(ms))).toBe(ms);
  });
});

describe('newId', () => {
  it('carries the time in its first 48 bits, then version 7 and variant 10', () => {
    for (const ms of [0, 1, NOW, 2 ** 48 - 1]) {
      const id = newId(ms);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number(`0x${id.replaceAll('-', '').slice(0, 12)}`)).toBe(ms);
    }
  });

  it('sorts by time as text', () => {
    const times = [0, 1, 255, 256, NOW, NOW + 1, NOW + 1_000, 2 ** 47, 2 ** 48 - 1];
    const ids: string[] = times.map((ms) => newId(ms));
    expect([...ids].sort()).toEqual(ids);
  });

  it('is another each time within one millisecond', () => {
    const ids = Array.from({ length: 10_000 }, () => newId(NOW));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('leaves 74 bits to chance: each of them is seen both ways, no other is', () => {
    const ids = Array.from({ length: 200 }, () => bitsOf(newId(NOW)));
    const changing = Array.from({ length: 128 }, (_, i) => new Set(ids.map((bits) => bits[i])).size)
      .map((kinds, i) => (kinds === 2 ? i : -1))
      .filter((i) => i >= 0);
    const random = Array.from({ length: 128 }, (_, i) => i).filter(
      (i) => (i >= 52 && i < 64) || i >= 66,
    );
    expect(random).toHaveLength(74);
    expect(changing).toEqual(random);
  });

  it.each([-1, 2 ** 48])('refuses the time %d, which 48 bits cannot hold', (ms) => {
    expect(() => newId(ms)).toThrow(RangeError);
  });
});

describe('isUuid', () => {
  it('knows the lower-case text form and nothing else', () => {
    const id = newId(NOW);
    expect(isUuid(id)).toBe(true);
    expect(isUuid('00000000-0000-0000-0000-000000000000')).toBe(true);
    for (const text of [
      '',
      id.toUpperCase(),
      `{${id}}`,
      `${id}\n`,
      ` ${id}`,
      id.replaceAll('-', ''),
      id.slice(1),
      `${id}0`,
      `${id.slice(0, -1)}g`,
      `${id}' OR true --`,
    ]) {
      expect(isUuid(text), JSON.stringify(text)).toBe(false);
    }
  });
});
