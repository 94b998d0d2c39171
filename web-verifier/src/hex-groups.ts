/** Hex for human eyes: groups of four, and where two values begin to differ. @module */

const HEX = /^(?:[0-9a-f]{2})+$/;

/** True for text that is a whole number of bytes in lower-case hex. */
export function isHex(text: string): boolean {
  return HEX.test(text);
}

/** Four digits, and at which byte they start. */
export interface HexGroup {
  readonly byte: number;
  readonly digits: string;
}

/** Splits into groups of four digits; the last one may be shorter. */
export function groupsFromHex(hex: string): HexGroup[] {
  const groups = hex.match(/.{1,4}/gs) ?? [];
  return groups.map((digits, i) => ({ byte: 2 * i, digits }));
}

/** The index of the first differing byte, or null if the values are equal or not both hex. */
export function firstDifferentByte(left: string, right: string): number | null {
  if (!isHex(left) || !isHex(right) || left === right) return null;
  const bytes = Math.max(left.length, right.length) / 2;
  for (let i = 0; i < bytes; i++) {
    if (left.slice(2 * i, 2 * i + 2) !== right.slice(2 * i, 2 * i + 2)) return i;
  }
  return null;
}

/** First and last eight digits. */
export function shortHash(hex: string): string {
  return hex.length <= 20 ? hex : `${hex.slice(0, 8)}…${hex.slice(-8)}`;
}
