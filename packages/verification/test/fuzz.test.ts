/** A bounded fuzz run over every parser: chance and changed good inputs are read or refused, never anything else. @module */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileInputs, JUDGES, PARSERS, readOrRefuse, SOURCE } from './every-parser.ts';

const SETTINGS = { seed: 6962 };

describe('every parser', () => {
  it('stands on the list, if it is public', () => {
    const names = readFileSync(SOURCE, 'utf8').match(/\bparse[A-Z]\w+/g) ?? [];
    const listed = PARSERS.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !listed.includes(name))).toEqual([]);
  });

  it.each(PARSERS)('$name takes its good inputs', (parser) => {
    expect(parser.good.map((input) => readOrRefuse(parser, input))).not.toContain(false);
  });

  it.each(PARSERS)('$name reads or refuses whatever it is given', (parser) => {
    let refusals = 0;
    fc.assert(
      fc.property(hostileInputs(parser), (input) => {
        if (!readOrRefuse(parser, input)) refusals++;
      }),
      { ...SETTINGS, numRuns: 250 },
    );
    expect(refusals).toBeGreaterThan(20);
  });

  it.each(JUDGES)('$name has an answer to whatever it is given', (judge) => {
    fc.assert(
      fc.property(hostileInputs(judge), (input) => {
        expect(() => judge.read(input)).not.toThrow();
      }),
      { ...SETTINGS, numRuns: 120 },
    );
  });
});
