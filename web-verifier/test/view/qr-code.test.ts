/** The QR code: read back module by module, by other code than its maker's, as far as a code of this size goes. @module */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { QrCode } from '../../src/view/qr-code.tsx';

const QUIET = 4;
const FINGERPRINT = '0123456789abcdef'.repeat(4);

/** The dark modules of what is drawn, without the light around them. */
function modulesOf(text: string): { size: number; isDark: (x: number, y: number) => boolean } {
  const html = renderToStaticMarkup(createElement(QrCode, { text, name: 'a code' }));
  const whole = Number(/viewBox="0 0 (\d+) \1"/.exec(html)?.[1]);
  const dark = new Set([...html.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => `${x} ${y}`));
  const isDark = (x: number, y: number) => dark.has(`${x + QUIET} ${y + QUIET}`);
  for (const at of dark) {
    for (const place of at.split(' ').map(Number)) {
      expect(place).toBeGreaterThanOrEqual(QUIET);
      expect(place).toBeLessThan(whole - QUIET);
    }
  }
  return { size: whole - 2 * QUIET, isDark };
}

// ISO/IEC 18004 7.10: the mask of each pattern.
const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];
const FORMAT_MASK = 0b101010000010010;

it('holds the fingerprint, in bytes', () => {
  const { size, isDark } = modulesOf(FINGERPRINT);
  // Version 5: 37 modules a side. At level M its 86 bytes of data stand in two blocks of 43.
  expect(size).toBe(37);
  const format = [0, 1, 2, 3, 4, 5, 7].map((x) => isDark(x, 8)).concat(isDark(8, 8));
  const bits = format.reduce((sum, bit) => 2 * sum + Number(bit), 0) ^ (FORMAT_MASK >> 7);
  expect(bits >> 6).toBe(0b00); // level M
  const mask = MASKS[(bits >> 3) & 7] ?? (() => false);

  const stream: boolean[] = [];
  for (let right = size - 1, isUp = true; right > 0; right -= 2, isUp = !isUp) {
    if (right === 6) right--; // the column of the timing pattern
    for (let i = 0; i < size; i++) {
      const y = isUp ? size - 1 - i : i;
      for (const x of [right, right - 1]) {
        if (!isFunction(x, y, size)) stream.push(isDark(x, y) !== mask(x, y));
      }
    }
  }
  const bytes = Array.from({ length: 86 }, (_, i) =>
    stream.slice(8 * i, 8 * i + 8).reduce((sum, bit) => 2 * sum + Number(bit), 0),
  );
  const data = [0, 1].flatMap((block) => bytes.filter((_, i) => i % 2 === block));
  const hex = Buffer.from(data).toString('hex');
  // Mode 0100 (bytes), the length in 8 bits, then the text: all of it half a byte late.
  expect(hex.slice(0, 3)).toBe('440');
  expect(Buffer.from(hex.slice(3, 3 + 128), 'hex').toString()).toBe(FINGERPRINT);
});

/** Finders with their format bits, timing, and the one alignment pattern of version 5. */
function isFunction(x: number, y: number, size: number): boolean {
  const isCorner = (x < 9 && y < 9) || (x < 9 && y >= size - 8) || (x >= size - 8 && y < 9);
  const isAlignment = Math.abs(x - 30) <= 2 && Math.abs(y - 30) <= 2;
  return isCorner || isAlignment || x === 6 || y === 6;
}
