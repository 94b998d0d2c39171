/** One anchor from the stamp to the block, with calendars that lie, hang, cut off or are away, and header sources that fail. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CALENDAR_FAULTS,
  faultOn,
  STAMP_FAULTS,
  UPGRADE_FAULTS,
} from '../../../test/support/calendar.ts';
import { honest } from '../../../test/support/faulty-http.ts';
import type { Anchor } from '../../src/anchors/anchor.ts';
import { createExplorerSource } from '../../src/anchors/header-client.ts';
import {
  type AnchorBench,
  HOUR_MS,
  loopbackClient,
  MINUTE_MS,
  openAnchorBench,
  verdictOn,
} from '../support/anchor-bench.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
let anchors: AnchorBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.pool.query('TRUNCATE anchors, anchor_calendars');
  anchors = await openAnchorBench(bench.pool);
});
afterEach(() => anchors.close());

const statesOf = ({ calendars }: Anchor): string => calendars.map(({ state }) => state).join(' ');

/** With A first, whatever their ports are. */
function partsOf(anchor: Anchor): Anchor['calendars'] {
  return anchors.calendars.flatMap(
    (calendar) => anchor.calendars.find(({ url }) => url === calendar.url) ?? [],
  );
}

async function stamped(): Promise<Anchor> {
  await anchors.grow(3);
  await anchors.stamp();
  await anchors.run();
  return anchors.anchor();
}

describe('the way of an anchor', () => {
  it('goes from the row to two promises, and from there to a block that was looked at', async () => {
    await anchors.grow(3);
    const fresh = await anchors.stamp();
    expect(fresh).toMatchObject({ status: 'new', ots: null, treeSize: 3, calendars: [] });
    await anchors.run();
    const pending = await anchors.anchor();
    expect([pending.status, statesOf(pending)]).toEqual(['pending', 'pending pending']);
    expect(verdictOn(anchors, pending)).toBe('pending: pending pending');
    const [a, b] = anchors.calendars;
    expect(a.digests).toEqual(b.digests);
    expect((await anchors.after(11 * MINUTE_MS)).status).toBe('pending');
    a.confirm();
    b.confirm();
    const confirmed = await anchors.after(11 * MINUTE_MS);
    expect([confirmed.status, statesOf(confirmed)]).toEqual(['confirmed', 'complete complete']);
    const block = anchors.bitcoin.chain.at(101);
    expect(confirmed.block).toMatchObject({ height: 101, header: block?.header });
    expect(confirmed.block?.source).toMatch(/^node 127\.0\.0\.1:/);
    expect(verdictOn(anchors, confirmed)).toMatch(/^confirmed: /);
    expect(confirmed.note).toEqual(fresh.note);
  });

  it('is pending with one calendar, and asks the other one again for a day', async () => {
    const [a, b] = anchors.calendars;
    a.fault = faultOn(a, 'digest', () => ({ status: 503 }));
    expect(partsOf(await stamped()).map(({ state }) => state)).toEqual(['new', 'pending']);
    const waits: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      const at = partsOf(await anchors.anchor())[0]?.nextCheckMs ?? 0;
      waits.push((at - anchors.clock.nowMs()) / 1_000);
      await anchors.after(at - anchors.clock.nowMs());
    }
    expect(waits).toEqual([5, 30, 120, 600]);
    a.fault = honest;
    const both = await anchors.after(11 * MINUTE_MS);
    expect([both.status, statesOf(both)]).toEqual(['pending', 'pending pending']);
    // Each time the same digest, and only one promise of B.
    expect(new Set([...a.digests, ...b.digests].map((digest) => digest.toString('hex'))).size).toBe(
      1,
    );
    expect(b.digests.length).toBe(1);
  });

  it('gives up a calendar that takes nothing for a day, and never has a proof without a promise', async () => {
    for (const each of anchors.calendars) each.fault = () => ({ status: 500 });
    const none = await stamped();
    expect([none.status, none.ots]).toEqual(['new', null]);
    const late = await anchors.after(25 * HOUR_MS);
    expect(late.calendars.map(({ nextCheckMs }) => nextCheckMs)).toEqual([null, null]);
    expect(late.calendars[0]?.lastError).toBe('status 500');
    const asked = anchors.news.length;
    await anchors.after(48 * HOUR_MS);
    expect(anchors.news.length).toBe(asked);
  });

  it('waits ten minutes, then an hour, then six, and never less', async () => {
    await stamped();
    const gaps: number[] = [];
    for (const ageH of [1, 11, 13, 100, 167, 169, 1_000]) {
      const { createdAtMs } = await anchors.anchor();
      anchors.clock.set(createdAtMs + ageH * HOUR_MS);
      await anchors.run();
      const [next = 0] = (await anchors.anchor()).calendars.map(
        ({ nextCheckMs }) => nextCheckMs ?? 0,
      );
      gaps.push((next - anchors.clock.nowMs()) / MINUTE_MS);
    }
    expect(gaps).toEqual([10, 10, 60, 60, 60, 360, 360]);
  });

  it('goes on asking for a second path for a week, and looks at a deep block once more', async () => {
    await stamped();
    const [a] = anchors.calendars;
    a.confirm();
    const one = await anchors.after(11 * MINUTE_MS);
    expect([one.status, statesOf(one).split(' ').sort()]).toEqual([
      'confirmed',
      ['complete', 'pending'],
    ]);
    anchors.bitcoin.chain.mine(100);
    const deep = await anchors.after(20 * HOUR_MS);
    expect(partsOf(deep)[0]).toMatchObject({ state: 'complete', nextCheckMs: null });
    expect(partsOf(deep)[0]?.recheckedAtMs).not.toBeNull();
    const old = await anchors.after(8 * 24 * HOUR_MS);
    expect(old.status).toBe('confirmed');
    expect(old.calendars.map(({ nextCheckMs }) => nextCheckMs)).toEqual([null, null]);
  });

  it('keeps both ways into one block', async () => {
    await stamped();
    const [a, b] = anchors.calendars;
    a.broadcast();
    b.confirm();
    const anchor = await anchors.after(11 * MINUTE_MS);
    expect(verdictOn(anchors, anchor).match(/confirmed/g)?.length).toBe(3);
    expect(anchor.block?.height).toBe(101);
  });
});

describe('an answer to a digest that is', () => {
  const refused = { ...CALENDAR_FAULTS, ...STAMP_FAULTS };
  it.each(Object.keys(refused))(
    '%s: nothing is stored of it, the other calendar is used, and later it counts',
    async (name) => {
      const [a] = anchors.calendars;
      const spoil = refused[name];
      if (spoil === undefined) throw new TypeError(name);
      a.fault = faultOn(a, 'digest', spoil);
      await anchors.grow(2);
      await anchors.stamp();
      const client = loopbackClient(300);
      await anchors.run({ client });
      const [partA, partB] = partsOf(await anchors.anchor());
      expect([partA?.state, partA?.stampAnswer, partB?.state]).toEqual(['new', null, 'pending']);
      expect(partA?.lastError).toMatch(/^[a-z0-9 -]+$/);
      a.fault = honest;
      const later = await anchors.after(MINUTE_MS, { client });
      expect(statesOf(later)).toBe('pending pending');
      expect(partsOf(later)[0]?.lastError).toBeNull();
      await client.close();
      // Never sent anywhere else, whatever the answer said.
      expect(a.requests.every(({ path }) => path === '/digest')).toBe(true);
    },
  );

  it('of a flipped nonce cannot be told apart: only the way into the block shows it', async () => {
    const [a, b] = anchors.calendars;
    a.fault = faultOn(a, 'digest', (right) => {
      const body = Buffer.from(right.body ?? '');
      body[4] = (body[4] ?? 0) ^ 1;
      return { ...right, body };
    });
    expect(statesOf(await stamped())).toBe('pending pending');
    a.confirm();
    b.confirm();
    const anchor = await anchors.after(11 * MINUTE_MS);
    expect(partsOf(anchor).map(({ state }) => state)).toEqual(['pending', 'complete']);
  });
});

describe('a path that is', () => {
  const spoils = { ...CALENDAR_FAULTS, ...UPGRADE_FAULTS };
  it.each(Object.keys(spoils))('%s is not taken, and the right one is, later', async (name) => {
    const [a, b] = anchors.calendars;
    const spoil = spoils[name];
    if (spoil === undefined) throw new TypeError(name);
    await stamped();
    // A second anchor, so that there is another commitment.
    await anchors.after(2 * HOUR_MS);
    await anchors.grow(1);
    await anchors.stamp();
    await anchors.run();
    a.confirm();
    b.confirm();
    const client = loopbackClient(300);
    // The other commitment has to be known from a question.
    if (name === 'of another commitment') await anchors.after(11 * MINUTE_MS);
    a.fault = faultOn(a, 'timestamp', spoil);
    if (name === 'of another commitment') {
      await anchors.after(2 * HOUR_MS);
      await anchors.grow(1);
      await anchors.stamp();
      await anchors.run();
      a.confirm();
      b.confirm();
    }
    const before = await anchors.anchor();
    const spoilt = await anchors.after(11 * MINUTE_MS, { client });
    const [partA, partB] = partsOf(spoilt);
    expect([spoilt.status, partB?.state]).toEqual(['confirmed', 'complete']);
    expect(partA?.upgradeAnswer).toBeNull();
    expect(partA?.lastError).toMatch(/^[a-z0-9 -]+$/);
    // What was there is still there, and nothing of the lie.
    expect(partA?.stampAnswer).toEqual(partsOf(before)[0]?.stampAnswer);
    expect(verdictOn(anchors, spoilt)).not.toContain('mismatch');
    a.fault = honest;
    const later = await anchors.after(2 * HOUR_MS, { client });
    expect(statesOf(later)).toBe('complete complete');
    await client.close();
  });
});

describe('header sources', () => {
  it('that are none leave the block unchecked, and one that comes later checks it', async () => {
    await stamped();
    const [a, b] = anchors.calendars;
    a.confirm();
    b.confirm();
    const claimed = await anchors.after(11 * MINUTE_MS, { sources: [] });
    expect([claimed.status, claimed.block]).toEqual(['header_not_given', null]);
    expect(verdictOn(anchors, claimed)).toMatch(/^confirmed/);
    expect(claimed.calendars.map(({ nextCheckMs }) => nextCheckMs)).toEqual([null, null]);
  });

  it('that are away leave it unchecked for a while', async () => {
    await stamped();
    const [a] = anchors.calendars;
    a.confirm();
    const { node } = anchors.bitcoin;
    for (const misdeed of ['reset', 'truncate', 'endless', 'hang'] as const) {
      node.fault = () => misdeed;
      const claimed = await anchors.after(11 * MINUTE_MS);
      expect([misdeed, claimed.status]).toEqual([misdeed, 'header_not_given']);
    }
    node.fault = honest;
    expect((await anchors.after(11 * MINUTE_MS)).status).toBe('confirmed');
  });

  it('that show another block refuse a claimed path, which leaves the proof again', async () => {
    await stamped();
    const [a] = anchors.calendars;
    a.fault = faultOn(a, 'timestamp', UPGRADE_FAULTS['wrong height'] ?? (() => null));
    a.confirm();
    const { node } = anchors.bitcoin;
    node.fault = () => 'reset';
    const claimed = await anchors.after(11 * MINUTE_MS);
    expect([claimed.status, verdictOn(anchors, claimed)]).toEqual([
      'header_not_given',
      'mismatch: mismatch pending pending',
    ]);
    node.fault = honest;
    const refused = await anchors.after(11 * MINUTE_MS);
    expect([refused.status, partsOf(refused)[0]?.state]).toEqual(['pending', 'refused']);
    expect(verdictOn(anchors, refused)).toBe('pending: pending pending');
    expect(anchors.news).toContain('A wrong block');
    a.fault = honest;
    expect((await anchors.after(11 * MINUTE_MS)).status).toBe('confirmed');
  });

  it('that disagree decide nothing', async () => {
    await stamped();
    anchors.calendars[0].confirm();
    const other = await openAnchorBench(bench.pool);
    other.bitcoin.chain.mine(20);
    const sources = [anchors.bitcoin, other.bitcoin].map(({ esploraUrl }) =>
      createExplorerSource(new URL(esploraUrl), 2_000),
    );
    const disputed = await anchors.after(11 * MINUTE_MS, { sources });
    expect(disputed.status).toBe('header_not_given');
    const [mine] = sources;
    const agreed = await anchors.after(11 * MINUTE_MS, { sources: mine ? [mine] : [] });
    expect(agreed.block?.source).toMatch(/^explorer 127\.0\.0\.1:/);
    for (const source of sources) await source.close();
    await other.close();
  });

  it('see a block that is gone at the second look: alarm, and the way is looked for again', async () => {
    await stamped();
    const [a] = anchors.calendars;
    a.confirm();
    expect((await anchors.after(11 * MINUTE_MS)).status).toBe('confirmed');
    const { chain } = anchors.bitcoin;
    chain.rewind(6);
    chain.mine(120);
    const lost = await anchors.after(20 * HOUR_MS);
    expect([lost.status, lost.block, verdictOn(anchors, lost)]).toEqual([
      'mismatch',
      null,
      'pending: pending pending',
    ]);
    expect(anchors.news).toContain('A wrong block of a confirmed one');
    const [, b] = anchors.calendars;
    b.confirm();
    const found = await anchors.after(2 * HOUR_MS);
    expect([found.status, partsOf(found)[1]?.state]).toEqual(['confirmed', 'complete']);
  });

  it('do not confirm under six blocks', async () => {
    await stamped();
    const [a] = anchors.calendars;
    a.broadcast();
    anchors.bitcoin.chain.mine(5);
    // A calendar in a hurry.
    a.fault = (request, right) => {
      const hex = /^\/timestamp\/([0-9a-f]+)/.exec(request.path)?.[1];
      const body = hex === undefined ? null : a.upgradeOf(Buffer.from(hex, 'hex'));
      return body === null ? null : { ...right, status: 200, body };
    };
    expect((await anchors.after(11 * MINUTE_MS)).status).toBe('header_not_given');
    anchors.bitcoin.chain.mine(1);
    expect((await anchors.after(11 * MINUTE_MS)).status).toBe('confirmed');
  });
});
