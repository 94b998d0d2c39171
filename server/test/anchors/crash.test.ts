/** A process that ends anywhere between two lines loses nothing: whoever comes next finds the row, asks the same, and goes on. */
import { attestedMessages, hexFromBytes, parseOtsProof } from '@kapsel/verification';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Anchor } from '../../src/anchors/anchor.ts';
import { claimDueAnchor } from '../../src/anchors/store.ts';
import { upgradeAnchor } from '../../src/anchors/upgrade.ts';
import {
  type AnchorBench,
  HOUR_MS,
  MINUTE_MS,
  openAnchorBench,
  verdictOn,
} from '../support/anchor-bench.ts';
import { backUp } from '../support/backup.ts';
import { type Fault, failAt } from '../support/faulty-pool.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
let anchors: AnchorBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  anchors = await openAnchorBench(bench.pool);
});
afterEach(async () => {
  await anchors.close();
  await bench.pool.query('TRUNCATE anchors, anchor_calendars');
});

const { signal } = new AbortController();
const LEASE_MS = 2 * MINUTE_MS;

/** Works on what is due, and ends at that statement of its transaction. Answers what was sent until then. */
async function crashAt(at: number, fault: Fault): Promise<readonly string[]> {
  const { clock } = anchors;
  const due = await claimDueAnchor(bench.pool, clock.nowMs(), clock.nowMs() + LEASE_MS);
  if (due === null) throw new Error('nothing is due');
  const faulty = failAt(bench.pool, at, fault);
  await expect(
    upgradeAnchor({ ...anchors.deps, pool: faulty.pool }, due, signal),
  ).rejects.toThrow();
  expect(faulty.struck()).toBe(true);
  return faulty.statements;
}

/** Everything that a proof says, as texts. */
function saysOf({ ots }: Anchor): string[] {
  if (ots === null) return [];
  return attestedMessages(parseOtsProof(ots).timestamp).map(
    ({ attestation, message }) => `${JSON.stringify(attestation)} ${hexFromBytes(message)}`,
  );
}

const digests = (): Set<string> =>
  new Set(
    anchors.calendars.flatMap((each) => each.digests.map((digest) => digest.toString('hex'))),
  );

// BEGIN, the anchor, two calendars, COMMIT.
const POINTS = [0, 1, 2, 3, 4].flatMap((at) =>
  (['before', 'after', 'killed', 'mute'] as const).map((fault) => [at, fault] as const),
);

describe.each(POINTS)('an end at statement %i, %s it', (at, fault) => {
  it('of the first answers: the same digest goes out again, and nothing is half there', async () => {
    await anchors.grow(2);
    const fresh = await anchors.stamp();
    await crashAt(at, fault);
    const left = await anchors.anchor();
    const isThere = at === 4 && fault === 'after';
    expect([left.status, left.calendars.length]).toEqual(isThere ? ['pending', 2] : ['new', 0]);
    const next = await anchors.after(LEASE_MS);
    expect([next.status, next.note, next.nonce]).toEqual(['pending', fresh.note, fresh.nonce]);
    expect(digests().size).toBe(1);
    for (const calendar of anchors.calendars) calendar.confirm();
    expect((await anchors.after(11 * MINUTE_MS)).status).toBe('confirmed');
  });

  it('of a confirmation: it is looked up again, and nothing of the proof is lost', async () => {
    await anchors.grow(2);
    await anchors.stamp();
    await anchors.run();
    const pending = await anchors.anchor();
    for (const calendar of anchors.calendars) calendar.confirm();
    anchors.clock.advance(11 * MINUTE_MS);
    await crashAt(at, fault);
    const left = await anchors.anchor();
    const isThere = at === 4 && fault === 'after';
    expect(left.status).toBe(isThere ? 'confirmed' : 'pending');
    const next = await anchors.after(LEASE_MS);
    expect(next.status).toBe('confirmed');
    expect(saysOf(next)).toEqual(expect.arrayContaining(saysOf(pending)));
    expect(verdictOn(anchors, next)).toMatch(/^confirmed/);
  });
});

describe('an end', () => {
  it('after the row was written and before anybody was asked: whoever finds it asks', async () => {
    await anchors.grow(2);
    await anchors.stamp();
    // Claimed, and then nothing.
    const { clock } = anchors;
    await claimDueAnchor(bench.pool, clock.nowMs(), clock.nowMs() + LEASE_MS);
    await anchors.run();
    expect((await anchors.anchor()).status).toBe('new');
    expect((await anchors.after(LEASE_MS)).status).toBe('pending');
  });

  it('of one that was too slow for its lease: what it brings is dropped', async () => {
    await anchors.grow(2);
    await anchors.stamp();
    const { clock } = anchors;
    const slow = await claimDueAnchor(bench.pool, clock.nowMs(), clock.nowMs() + LEASE_MS);
    clock.advance(LEASE_MS);
    await anchors.run();
    const stored = await anchors.anchor();
    if (slow === null) throw new Error('nothing is due');
    expect(await upgradeAnchor(anchors.deps, slow, signal)).toBeNull();
    expect(await anchors.anchor()).toEqual(stored);
    // The calendars made further promises to it, which do no harm.
    for (const calendar of anchors.calendars) calendar.confirm();
    expect((await anchors.after(11 * MINUTE_MS)).status).toBe('confirmed');
  });

  it('of the database, which comes back from an older backup: the calendars still know', async () => {
    await anchors.grow(2);
    await anchors.stamp();
    await anchors.run();
    const backup = await backUp(bench.connectionString);
    for (const calendar of anchors.calendars) calendar.confirm();
    const confirmed = await anchors.after(11 * MINUTE_MS);
    await backup.restore();
    await expect.poll(async () => (await anchors.anchor()).status).toBe('pending');
    const again = await anchors.after(HOUR_MS);
    expect([again.status, again.ots]).toEqual(['confirmed', confirmed.ots]);
    await backup.drop();
  });
});
