import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findMembers } from '../../src/ingest/json-members.ts';

function slices(text: string): [string, string][] {
  const bytes = Buffer.from(text);
  return findMembers(bytes).map(({ name, start, end }) => [
    name,
    bytes.subarray(start, end).toString(),
  ]);
}

it.each<[string, [string, string][]]>([
  ['{}', []],
  [' { } ', []],
  ['[1]', []],
  ['"a"', []],
  ['{"a":1}', [['a', '1']]],
  [
    '{"a" :\t-1.5e+10 , "b":null\r\n}',
    [
      ['a', '-1.5e+10'],
      ['b', 'null'],
    ],
  ],
  [
    '{"a":{"b":[1,{"c":"}"}]},"d":[]}',
    [
      ['a', '{"b":[1,{"c":"}"}]}'],
      ['d', '[]'],
    ],
  ],
  [
    '{"a":"x\\"},{\\\\","b":true}',
    [
      ['a', '"x\\"},{\\\\"'],
      ['b', 'true'],
    ],
  ],
  [
    '{"a":1,"a":2}',
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  ['{"\\u0061":1}', [['a', '1']]],
  ['{"𝄞é":"𝄞"}', [['𝄞é', '"𝄞"']]],
  ['{"":""}', [['', '""']]],
])('%s', (text, expected) => {
  expect(slices(text)).toEqual(expected);
});

it('finds exactly what was written, for all values and all white space', () => {
  const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
  const member = fc.tuple(fc.string({ unit: 'grapheme' }), fc.json(), space);
  fc.assert(
    fc.property(fc.array(member), space, (members, around) => {
      const text = members
        .map(([name, value, s]) => `${s}${JSON.stringify(name)}${s}:${s}${value}${s}`)
        .join(',');
      expect(slices(`${around}{${text}${around}}${around}`)).toEqual(
        members.map(([name, value]) => [name, value]),
      );
    }),
    { seed: 20_260_101, numRuns: 500 },
  );
});

it('goes as deep as the text does', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(slices(`{"a":${deep},"b":1}`)).toEqual([
    ['a', deep],
    ['b', '1'],
  ]);
});
