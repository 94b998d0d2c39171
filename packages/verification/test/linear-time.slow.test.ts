/** Ten megabytes of every hostile fill, through every parser: half a minute of work. @module */
import { describe, it } from 'vitest';
import { type Input, JUDGES, PARSERS, type Parser, readOrRefuse } from './every-parser.ts';
import { continued, expectLinearTime, fills } from './hostile-fills.ts';

const TEN_MEGABYTES = 10 * 2 ** 20;
const FILLS = fills(TEN_MEGABYTES);

function inputsFor({ good }: Parser): readonly Input[] {
  return [...FILLS, ...good.flatMap((input) => continued(input, TEN_MEGABYTES))];
}

describe('ten megabytes of anything', () => {
  it.each(PARSERS)('are read or refused by $name in linear time', (parser) => {
    expectLinearTime(parser, (input) => readOrRefuse(parser, input), inputsFor(parser));
  });

  it.each(JUDGES)('get an answer by $name in linear time', (judge) => {
    expectLinearTime(judge, judge.read, inputsFor(judge));
  });
});
