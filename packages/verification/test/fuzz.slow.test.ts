/** A long fuzz run with another seed each time; `KAPSEL_FUZZ_SEED` repeats one, `KAPSEL_FUZZ_RUNS` makes it longer. @module */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostileInputs, JUDGES, PARSERS, readOrRefuse } from './every-parser.ts';

const SEED = Number(process.env.KAPSEL_FUZZ_SEED ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env.KAPSEL_FUZZ_RUNS ?? 20_000);

beforeAll(() => {
  process.stderr.write(`fuzz: KAPSEL_FUZZ_SEED=${SEED} KAPSEL_FUZZ_RUNS=${RUNS}\n`);
});

describe(`with seed ${SEED}`, () => {
  it.each(PARSERS)('$name reads or refuses whatever it is given', (parser) => {
    fc.assert(
      fc.property(hostileInputs(parser), (input) => {
        readOrRefuse(parser, input);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it.each(JUDGES)('$name has an answer to whatever it is given', (judge) => {
    fc.assert(
      fc.property(hostileInputs(judge), (input) => {
        expect(() => judge.read(input)).not.toThrow();
      }),
      { seed: SEED, numRuns: Math.ceil(RUNS / 10) },
    );
  });
});
