/** No input takes more than linear time: hostile fills up to each reader's limit, and ten megabytes beyond all limits. @module */
import { describe, expect, it, vi } from 'vitest';
import { type Input, JUDGES, PARSERS, type Parser, readOrRefuse } from './every-parser.ts';
import { continued, expectLinearTime, fillOf, fills } from './hostile-fills.ts';

vi.setConfig({ testTimeout: 60_000 });

// Just within the limits of keys, leaves and proofs, notes, packages: beyond its limit a reader does not begin.
const LIMITS = [16_384, 65_535, 262_144, 1_048_576];
const TEN_MEGABYTES = 10 * 2 ** 20;

const FILLS: readonly Input[] = LIMITS.flatMap(fills);
const LARGE: readonly Input[] = [fillOf('\n', TEN_MEGABYTES)];

function inputsFor({ good }: Parser): readonly Input[] {
  const first = good[0] as Input;
  const within = LIMITS.flatMap((limit) => continued(first, limit));
  return [...FILLS, ...within, ...LARGE, ...continued(first, TEN_MEGABYTES).slice(0, 1)];
}

describe('hostile inputs of up to ten megabytes', () => {
  it('have the lengths that the limits ask for', () => {
    expect(FILLS).toHaveLength(LIMITS.length * 15);
    expect(LARGE[0]).toHaveLength(TEN_MEGABYTES);
    expect(FILLS.every((input, i) => input.length > (LIMITS[Math.floor(i / 15)] ?? 0) / 3)).toBe(
      true,
    );
  });

  it.each(PARSERS)('are read or refused by $name in linear time', (parser) => {
    expectLinearTime(parser, (input) => readOrRefuse(parser, input), inputsFor(parser));
  });

  it.each(JUDGES)('get an answer by $name in linear time', (judge) => {
    expectLinearTime(judge, judge.read, inputsFor(judge));
  });
});
