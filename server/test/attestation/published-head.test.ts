/** Which head may take the place of which, and what is said when none may. @module */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  assertFollows,
  behindConflict,
  forkedConflict,
  HeadConflict,
  isSameHead,
} from '../../src/attestation/published-head.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { makeSigner, START_MS } from '../support/log-bench.ts';
import { type MadeHead, makeHead } from '../support/made-heads.ts';

const ORIGIN = 'log.kapsel.test/a';
const signer = makeSigner();
const head = (change: Partial<MadeHead>): Promise<TreeHead> =>
  makeHead({ origin: ORIGIN, signer, treeSize: 5, timestampMs: START_MS, ...change });

let five: TreeHead;
beforeAll(async () => {
  five = await head({});
});

function conflictOf(current: TreeHead | null, next: TreeHead): unknown {
  try {
    assertFollows(ORIGIN, current, next);
    return null;
  } catch (error) {
    return error;
  }
}

describe('assertFollows', () => {
  it('lets anything be first, a later head of a larger tree follow, and one of the same tree', async () => {
    expect(conflictOf(null, five)).toBeNull();
    expect(conflictOf(five, await head({ treeSize: 6, timestampMs: START_MS + 1 }))).toBeNull();
    expect(conflictOf(five, await head({ timestampMs: START_MS + 1 }))).toBeNull();
  });

  it('calls a smaller tree at a later time a fork', async () => {
    const smaller = await head({ treeSize: 4, timestampMs: START_MS + 1 });
    expect(conflictOf(five, smaller)).toMatchObject({ name: 'HeadConflict', kind: 'forked' });
  });

  it('calls two roots of one size a fork', async () => {
    const other = await head({ timestampMs: START_MS + 1, rootHash: new Uint8Array(32) });
    expect(conflictOf(five, other)).toMatchObject({ name: 'HeadConflict', kind: 'forked' });
  });

  it('is not asked about an earlier or the same time', async () => {
    expect(conflictOf(five, await head({ treeSize: 6 }))).toBeInstanceOf(RangeError);
    const earlier = await head({ treeSize: 6, timestampMs: START_MS - 1 });
    expect(conflictOf(five, earlier)).toBeInstanceOf(RangeError);
  });
});

describe('isSameHead', () => {
  it('compares what was signed, and nothing that was added', async () => {
    expect(isSameHead(null, null)).toBe(true);
    expect(isSameHead(five, null)).toBe(false);
    expect(isSameHead(five, { ...five, cosignatures: ['line\n'] })).toBe(true);
    expect(isSameHead(five, await head({ timestampMs: START_MS + 1 }))).toBe(false);
    expect(isSameHead(five, await head({ treeSize: 6 }))).toBe(false);
  });
});

describe('what a conflict says', () => {
  it('names the log, both sizes and the place', () => {
    const { kind, message } = behindConflict(ORIGIN, 3, 8, '/data/heads');
    expect(kind).toBe('behind');
    for (const part of [ORIGIN, ' 3 ', ' 8 ', '/data/heads', 'restore']) {
      expect(message).toContain(part);
    }
    expect(forkedConflict(ORIGIN, 8, 'x')).toBeInstanceOf(HeadConflict);
    expect(forkedConflict(ORIGIN, 8, 'x').kind).toBe('forked');
  });
});
