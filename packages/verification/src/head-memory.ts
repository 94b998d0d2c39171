/** Remembers the heads that passed a check: a bundle carries one head in thousands of packages. @module */
import { hexFromBytes } from './bytes.ts';
import { remembered } from './memory.ts';
import type { TreeHead } from './tree-head.ts';

const KEPT_HEADS = 16; // a head may carry a checkpoint of a mebibyte

/** The texts of heads that passed one check. */
export type HeadMemory = Map<string, true>;

/**
 * Runs the check unless it passed for a head that is equal in every member: a text of some hundred characters in place
 * of two hashes and a note (docs/benchmarks.md).
 */
export function verifyOnce(
  passed: HeadMemory,
  head: TreeHead,
  verify: (head: TreeHead) => void,
): void {
  remembered(passed, KEPT_HEADS, textOfHead(head), () => {
    verify(head);
    return true;
  });
}

function textOfHead({ rootHash, signature, publicKey, ...rest }: TreeHead): string {
  return JSON.stringify([rest, ...[rootHash, signature, publicKey].map(hexFromBytes)]);
}
