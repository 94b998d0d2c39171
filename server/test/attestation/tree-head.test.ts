/** When a head is due, what time it carries, and its JSON form. @module */
import { parseTreeHead } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import {
  encodeTreeHeadJson,
  isHeadDue,
  nextTimestampMs,
  type TreeHead,
} from '../../src/attestation/tree-head.ts';
import type { TreeHeadId } from '../../src/base/ids.ts';
import { START_MS } from '../support/log-bench.ts';

const PACE = { growingMs: 1_000, idleMs: 3_600_000 };
const NEWEST = { treeSize: 10, timestampMs: START_MS };

const isDue = (treeSize: number, ageMs: number): boolean =>
  isHeadDue(treeSize, NEWEST, PACE, START_MS + ageMs);

describe('isHeadDue', () => {
  it('never signs an empty tree, and signs the first leaf at once', () => {
    expect(isHeadDue(0, null, PACE, START_MS)).toBe(false);
    expect(isHeadDue(1, null, PACE, START_MS)).toBe(true);
  });

  it('signs a growing log at its pace', () => {
    expect(isDue(11, 0)).toBe(false);
    expect(isDue(11, 999)).toBe(false);
    expect(isDue(11, 1_000)).toBe(true);
    expect(isDue(5_000, 1_000)).toBe(true);
  });

  it('signs an unchanged log again when it has been idle', () => {
    expect(isDue(10, 1_000)).toBe(false);
    expect(isDue(10, 3_599_999)).toBe(false);
    expect(isDue(10, 3_600_000)).toBe(true);
  });

  it('goes on with a growing log when the clock went back, however far', () => {
    for (const ageMs of [-1, -999, -86_400_000]) expect(isDue(11, ageMs)).toBe(true);
  });

  it('does not sign an unchanged log over and over while the clock is behind', () => {
    for (const ageMs of [-1, -999, -86_400_000]) expect(isDue(10, ageMs)).toBe(false);
  });

  it('signs at once with a pace of 0, as a server does that ends', () => {
    const pace = { growingMs: 0, idleMs: 3_600_000 };
    expect(isHeadDue(11, NEWEST, pace, START_MS)).toBe(true);
    expect(isHeadDue(10, NEWEST, pace, START_MS)).toBe(false);
  });
});

describe('nextTimestampMs', () => {
  it('is the present, or one more than the newest when the clock went back', () => {
    expect(nextTimestampMs(null, START_MS)).toBe(START_MS);
    expect(nextTimestampMs(START_MS - 1, START_MS)).toBe(START_MS);
    expect(nextTimestampMs(START_MS, START_MS)).toBe(START_MS + 1);
    expect(nextTimestampMs(START_MS + 60_000, START_MS)).toBe(START_MS + 60_001);
  });

  it('strictly grows whatever the clock does', () => {
    let newest: number | null = null;
    for (const stepMs of [0, 0, 5, -10_000, 0, 1, 86_400_000, -1, 0]) {
      const next: number = nextTimestampMs(newest, START_MS + stepMs);
      expect(next).toBeGreaterThan(newest ?? 0);
      newest = next;
    }
  });
});

describe('encodeTreeHeadJson', () => {
  it('has the members of the format, and the core reads them back', () => {
    const head: TreeHead = {
      id: '019bc0e2-6d88-7000-8000-000000000001' as TreeHeadId,
      origin: 'log.kapsel.test/a',
      treeSize: 7,
      rootHash: new Uint8Array(32).fill(0x0a),
      timestampMs: START_MS,
      signature: new Uint8Array(64).fill(0x0b),
      publicKey: new Uint8Array(32).fill(0x0c),
      checkpoint: 'note',
      cosignatures: [],
    };
    const json = encodeTreeHeadJson(head);
    expect(json).toEqual({
      tree_size: 7,
      root_hash: '0a'.repeat(32),
      timestamp: START_MS,
      signature: '0b'.repeat(64),
      public_key: '0c'.repeat(32),
      sth_id: '019bc0e2-6d88-7000-8000-000000000001',
      log: 'log.kapsel.test/a',
      checkpoint: 'note',
    });
    const { id: sthId, origin: log, cosignatures: _none, ...rest } = head;
    expect(parseTreeHead(JSON.stringify(json))).toEqual({ ...rest, sthId, log });
  });

  it('puts the lines of witnesses under the note', () => {
    const head: TreeHead = {
      id: '019bc0e2-6d88-7000-8000-000000000001' as TreeHeadId,
      origin: 'log.kapsel.test/a',
      treeSize: 7,
      rootHash: new Uint8Array(32),
      timestampMs: START_MS,
      signature: new Uint8Array(64),
      publicKey: new Uint8Array(32),
      checkpoint: 'note\n',
      cosignatures: ['first\n', 'second\n'],
    };
    expect(encodeTreeHeadJson(head).checkpoint).toBe('note\nfirst\nsecond\n');
  });
});
