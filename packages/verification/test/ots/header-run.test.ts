/** Runs of headers: a broken link, a wrong target or a pin that is not met is refused; heights come from pins alone. @module */
import { describe, expect, it } from 'vitest';
import type { ChainParameters } from '../../src/ots/chain.ts';
import { headerOfHeight, headerOfRoot, parseHeaderRun } from '../../src/ots/header-run.ts';
import { bitcoinMainnet } from '../../src/ots/mainnet.ts';
import type { Rule } from '../../src/rule-words.ts';
import { expectRefusal } from '../refusal.ts';
import { EASY_BITS, joined, LAB, mine, mineRun, shownHash, withoutWork } from './make-headers.ts';

const RUN = mineRun(6);

function pinned(...pins: [number, number][]): ChainParameters {
  return {
    ...LAB,
    pins: pins.map(([height, i]) => ({ height, hash: shownHash(RUN[i] as Uint8Array) })),
  };
}

function ruleOf(
  headers: readonly Uint8Array[],
  firstHeight: number | null,
  chain: ChainParameters,
): Rule | undefined {
  return expectRefusal('E_ANCHOR_MISMATCH', () =>
    parseHeaderRun(joined(headers), firstHeight, chain),
  ).rule;
}

describe('a run', () => {
  it('has the heights that are given, and no pin', () => {
    const run = parseHeaderRun(joined(RUN), 100, LAB);
    expect(run).toMatchObject({ count: 6, firstHeight: 100, lastPinHeight: null });
    const third = RUN[2] as Uint8Array;
    expect(headerOfHeight(run, 102, LAB)?.merkleRoot).toEqual(third.slice(36, 68));
    expect(headerOfHeight(run, 99, LAB)).toBeNull();
    expect(headerOfHeight(run, 106, LAB)).toBeNull();
  });

  it('without heights is searched by root', () => {
    const run = parseHeaderRun(joined(RUN), null, LAB);
    expect(run.firstHeight).toBeNull();
    expect(headerOfHeight(run, 0, LAB)).toBeNull();
    const root = (RUN[4] as Uint8Array).slice(36, 68);
    expect(headerOfRoot(run, root, LAB)?.time).toBe(1_768_502_400);
    expect(headerOfRoot(run, new Uint8Array(32), LAB)).toBeNull();
  });

  it('takes its heights from a pinned block in it', () => {
    expect(parseHeaderRun(joined(RUN), null, pinned([204, 4]))).toMatchObject({
      firstHeight: 200,
      lastPinHeight: 204,
    });
    expect(parseHeaderRun(joined(RUN), null, pinned([200, 0], [203, 3]))).toMatchObject({
      firstHeight: 200,
      lastPinHeight: 203,
    });
  });

  it('is refused where a pin contradicts a height', () => {
    expect(ruleOf(RUN, 201, pinned([204, 4]))).toBe('header-height');
    expect(ruleOf(RUN, null, pinned([200, 0], [204, 3]))).toBe('header-height');
    expect(ruleOf(RUN, 200, { ...LAB, pins: [{ height: 204, hash: '0'.repeat(64) }] })).toBe(
      'header-pin',
    );
    const other = mineRun(6);
    expect(ruleOf(other, 200, pinned([204, 4]))).toBe('header-pin');
    expect(parseHeaderRun(joined(other), 205, pinned([204, 4])).lastPinHeight).toBeNull();
  });

  it('is refused with a header that names another one, left out or exchanged', () => {
    const [a, b, c] = RUN as [Uint8Array, Uint8Array, Uint8Array];
    expect(ruleOf([a, c], 100, LAB)).toBe('header-link');
    expect(ruleOf([b, a], 100, LAB)).toBe('header-link');
    expect(ruleOf([a, mine()], 100, LAB)).toBe('header-link');
  });

  it('is refused unless it has whole headers, at least one', () => {
    expect(ruleOf([], 100, LAB)).toBe('header-bytes');
    expect(ruleOf([joined(RUN).slice(0, 100)], 100, LAB)).toBe('header-bytes');
  });

  it('is refused with a header without work', () => {
    expect(ruleOf([withoutWork(RUN[0] as Uint8Array)], 100, LAB)).toBe('header-work');
  });
});

describe('the target of a run', () => {
  const follows: ChainParameters = { ...LAB, retargets: true };
  const HALF_BITS = 0x203fffff; // half of the easy target, cut to three digits

  it('never changes in a chain that does not follow the times', () => {
    const changed = mineRun(3, { bitsOf: (i) => (i < 2 ? EASY_BITS : HALF_BITS) });
    expect(ruleOf(changed, 2_014, LAB)).toBe('header-bits');
  });

  it('changes at the start of a period alone, by a factor of four at most', () => {
    const at = (height: number, bits: number): [Uint8Array[], number] => [
      mineRun(2, { bitsOf: (i) => (i === 0 ? EASY_BITS : bits) }),
      height - 1,
    ];
    expect(parseHeaderRun(joined(at(2_016, HALF_BITS)[0]), 2_015, follows).count).toBe(2);
    expect(ruleOf(...at(2_017, HALF_BITS), follows)).toBe('header-bits');
    expect(ruleOf(...at(2_016, 0x2000ffff), follows)).toBe('header-bits');
    const easier = mineRun(2, { bitsOf: (i) => (i === 0 ? 0x2000ffff : EASY_BITS) });
    expect(ruleOf(easier, 2_015, follows)).toBe('header-bits');
  });

  it('is known to the bit where the run has the whole period', () => {
    // 2,015 steps of 300 seconds are half of two weeks, less 300 seconds.
    const expected = (((BigInt(0x7fffff) << 232n) * 604_500n) / 1_209_600n) >> 232n;
    const bits = 0x20000000 + Number(expected);
    const whole = (last: number) =>
      mineRun(2_017, {
        timeOf: (i) => 1_500_000_000 + 300 * i,
        bitsOf: (i) => (i < 2_016 ? EASY_BITS : last),
      });
    expect(parseHeaderRun(joined(whole(bits)), 4_032, follows).count).toBe(2_017);
    expect(ruleOf(whole(bits - 1), 4_032, follows)).toBe('header-bits');
  });

  it('is the one of the first block in the first period of mainnet', () => {
    // Blocks 0 and 1, whose headers everybody has.
    const genesis = Buffer.from(
      '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c',
      'hex',
    );
    const first = Buffer.from(
      '010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299',
      'hex',
    );
    expect(parseHeaderRun(joined([genesis, first]), null, bitcoinMainnet())).toMatchObject({
      count: 2,
      firstHeight: 0,
      lastPinHeight: 0,
    });
  });
});
