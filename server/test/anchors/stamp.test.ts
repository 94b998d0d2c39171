/** Heads become anchors: which, when, with which bytes, and by whom when two processes want it. */
import { parseCheckpoint, parseNote } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StampDeps, stampDueHeads } from '../../src/anchors/stamp.ts';
import { listAnchors } from '../../src/anchors/store.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { HOUR_MS } from '../support/anchor-bench.ts';
import { type Bench, makeLog, openBench } from '../support/log-bench.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

let bench: Bench;
let signed: SignedLog;
let made: number[];
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  signed = await signLog(bench.pool, await makeLog(bench.pool));
  made = [];
});

const stamp = (change: Partial<StampDeps> = {}): Promise<void> =>
  stampDueHeads(
    {
      pool: bench.pool,
      clock: signed.clock,
      intervalMs: HOUR_MS,
      headOf: async (id) => (id === signed.log.id ? findNewestHead(bench.pool, id) : null),
      onAnchor: (_log, { treeSize }) => made.push(treeSize),
      ...change,
    },
    new AbortController().signal,
  );

const anchorsOf = () => listAnchors(bench.pool, signed.log.id, Number.MAX_SAFE_INTEGER, 100);

describe('a log', () => {
  it('without a head has nothing to stamp', async () => {
    await stamp();
    expect(made).toEqual([]);
  });

  it('is stamped once an interval, and only where it has grown', async () => {
    await growLog(signed, 2);
    await headOf(signed);
    await stamp();
    await stamp();
    expect(made).toEqual([2]);
    await growLog(signed, 1);
    await headOf(signed);
    await stamp();
    expect(made).toEqual([2]);
    signed.clock.advance(HOUR_MS);
    await stamp();
    expect(made).toEqual([2, 3]);
    signed.clock.advance(HOUR_MS);
    // Signed again, but not grown.
    await headOf(signed);
    await stamp();
    expect(made).toEqual([2, 3]);
  });

  it('keeps the note with one signature, and a nonce of its own for each anchor', async () => {
    await growLog(signed, 2);
    const head = await headOf(signed);
    // Witnesses' lines are no part of what is stamped.
    const line = '\u2014 witness.example AAAAAAAA\n';
    await stamp({
      headOf: async (id) =>
        id === signed.log.id ? { ...head, checkpoint: head.checkpoint + line } : null,
    });
    signed.clock.advance(HOUR_MS);
    await growLog(signed, 1);
    await headOf(signed);
    await stamp();
    const [second, first] = await anchorsOf();
    const note = Buffer.from(first?.note ?? []).toString('utf8');
    expect(note).toBe(head.checkpoint);
    expect(parseNote(note).signatures).toHaveLength(1);
    expect(parseCheckpoint(parseNote(note).text)).toMatchObject({ treeSize: 2n });
    expect(first?.headId).toBe(head.id);
    expect(first?.nonce.length).toBe(16);
    expect(first?.nonce).not.toEqual(second?.nonce);
  });

  it('gets one anchor from two processes', async () => {
    await growLog(signed, 2);
    await headOf(signed);
    await Promise.all([stamp(), stamp(), stamp()]);
    expect(made).toEqual([2]);
    expect(await anchorsOf()).toHaveLength(1);
  });
});
