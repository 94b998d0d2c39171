/** The name of a log: what an origin may look like. It is the first line of every checkpoint, so nothing else may begin so. @module */

// Printable ASCII without space and what follows: "+" separates the parts of a vkey, quotes end strings in policies and
// shells. The key also signs texts that begin with the two lines excluded first: an origin must not imitate them.
const ORIGIN = /^(?!kapsel\.key\/v1$|cosignature\/v1$)[!#-&(-*,-~]{1,255}$/;

/**
 * Tells whether a text may name a log.
 * @example isOrigin('log.kapsel.example/t1') // true
 */
export function isOrigin(text: string): boolean {
  return ORIGIN.test(text);
}
