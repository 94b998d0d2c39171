/** The server's only source of chance for jitter; ids and keys take theirs from `node:crypto`. @module */

/** From 0 inclusive to 1 exclusive. Tests hand in their own. */
export function systemRandom(): number {
  return Math.random();
}
