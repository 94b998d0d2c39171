/** A second place for heads in memory, with the rules of the contract. @module */
import {
  assertFollows,
  isSameHead,
  PublishedHeadMoved,
  type PublishedHeads,
} from '../../src/attestation/published-head.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import type { LogId } from '../../src/base/ids.ts';

export interface MemoryHeads extends PublishedHeads {
  /** The test may put in and take out what it likes. */
  readonly heads: Map<LogId, TreeHead>;
}

export function memoryHeads(): MemoryHeads {
  const heads = new Map<LogId, TreeHead>();
  return {
    place: 'memory',
    heads,
    read: async ({ id }) => heads.get(id) ?? null,
    async write(log, head, expected) {
      const current = heads.get(log.id) ?? null;
      if (isSameHead(current, head)) return;
      if (!isSameHead(current, expected)) throw new PublishedHeadMoved('moved');
      assertFollows(log.origin, current, head);
      heads.set(log.id, head);
    },
    othersOfOrigin: async ({ id, origin }) =>
      [...heads].filter(([key, head]) => key !== id && head.origin === origin).map(([key]) => key),
  };
}
