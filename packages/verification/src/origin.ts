/** The name of a log: what an origin may look like. It is the first line of every checkpoint, so nothing else may begin so. @module */

const ORIGIN = /^[!-~]{1,255}$/; // printable ASCII without space
const FORBIDDEN = /[+"']/; // "+" separates the parts of a vkey; quotes end strings in policies and shells
// What the same key signs besides checkpoints begins with these lines: an origin must not imitate them.
const RESERVED: readonly string[] = ['kapsel.key/v1', 'cosignature/v1'];

/**
 * Tells whether a text may name a log.
 * @example isOrigin('log.kapsel.example/t1') // true
 */
export function isOrigin(text: string): boolean {
  return ORIGIN.test(text) && !FORBIDDEN.test(text) && !RESERVED.includes(text);
}

export const ORIGIN_RULE = '1 to 255 printable ASCII characters without space, "+" and quotes';
