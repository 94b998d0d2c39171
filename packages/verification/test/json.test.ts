/** The strict reader: what JSON.parse reads it reads alike, and everything ambiguous it refuses. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VerificationError } from '../src/errors.ts';
import { type JsonValue, parseJson, textFromInput } from '../src/json.ts';
import { isJsonList, isJsonObject } from '../src/members.ts';
import { expectRefusal, inWords } from './refusal.ts';

/** A value as JSON.parse would give it. */
function plain(value: JsonValue): unknown {
  if (isJsonList(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  // Object.fromEntries defines members, so that __proto__ stays an ordinary one.
  return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
}

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

describe('reading', () => {
  it('reads what JSON.stringify writes, in any layout', () => {
    const strings = fc.string({ unit: 'grapheme-composite' });
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false),
        fc.maxSafeInteger().map((integer) => integer || 0),
        strings,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(strings, tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(values.value, fc.constantFrom(0, 1, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(plain(parseJson(text))).toEqual(JSON.parse(text));
      }),
      { seed: 8259, numRuns: 500 },
    );
  });

  it('reads every escape', () => {
    expect(parseJson('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\ude00"')).toBe(
      '"\\/\b\f\n\r\tA\u{1f600}',
    );
  });

  it.each([
    ['an escaped quote', '"a\\""', 'a"'],
    ['an escaped backslash', '"a\\\\"', 'a\\'],
    ['an escaped backslash and an escaped quote', '"\\\\\\""', '\\"'],
    ['three escaped backslashes', '"\\\\\\\\\\\\"', '\\\\\\'],
  ])('finds the end of a string behind %s', (_, text, value) => {
    expect(parseJson(`[${text},1]`)).toEqual([value, 1]);
  });

  it('passes over space, tab, newline and carriage return', () => {
    expect(parseJson('\r\n\t [\r1 ,\t2\n]\r\n')).toEqual([1, 2]);
  });

  it('keeps the order of members and gives no name a meaning', () => {
    const value = parseJson('{"b":1,"__proto__":2,"1":3,"constructor":4}');
    expect(isJsonObject(value) && [...value.keys()]).toEqual([
      'b',
      '__proto__',
      '1',
      'constructor',
    ]);
  });

  it('reads the smallest and the largest safe integer, and zero', () => {
    expect(parseJson('[-9007199254740991,9007199254740991,0]')).toEqual([
      Number.MIN_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
      0,
    ]);
  });

  it('reads 32 levels of nesting', () => {
    expect(() => parseJson(nested(32))).not.toThrow();
    expect(() => parseJson(`{"a":${nested(31)}}`)).not.toThrow();
  });
});

describe('refusing', () => {
  it.each([
    ['nothing', ''],
    ['white space alone', ' \n'],
    ['a byte order mark', '\ufeff{}'],
    ['text after the value', '{} x'],
    ['a second value', '1 2'],
    ['a comma at the end', '[1,]'],
    ['a comma at the end of an object', '{"a":1,}'],
    ['a missing comma', '[1 2]'],
    ['a missing colon', '{"a" 1}'],
    ['single quotes', "{'a':1}"],
    ['a bare name', '{a:1}'],
    ['a comment', '/**/1'],
    ['a leading zero', '01'],
    ['a plus sign', '+1'],
    ['a bare minus', '-'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['an unknown escape', '"\\x41"'],
    ['an unknown escape with four hex digits', '"\\x0041"'],
    ['an escape cut off', '"\\u00"'],
    ['hex with a sign', '"\\u+041"'],
    ['a raw newline in a string', '"a\nb"'],
    ['a raw NUL in a string', '"a\u0000"'],
    ['an open string', '"abc'],
    ['an open object', '{"a":1'],
    ['an open array', '[1'],
    ['a vertical tab as white space', '\u000b1'],
    ['a form feed as white space', '\f1'],
    ['U+000E as white space', '\u000e1'],
    ['a no-break space as white space', '\u00a01'],
    ['an escaped lone surrogate', '"\\ud800"'],
    ['escaped surrogates in the wrong order', '"\\ude00\\ud83d"'],
    ['a raw lone surrogate', '"\ud800"'],
    ['a lone surrogate in a member name', '{"\\udc00":1}'],
    ['half a literal', 'tru'],
    ['a literal that goes on', 'nullx'],
  ])('refuses %s', (_, text) => {
    expectRefusal('E_JSON', () => parseJson(text));
  });

  it.each(['1.0', '0.5', '-0', '1e2', '1E400', '9007199254740992', '-9007199254740992', '1e-1'])(
    'refuses the number %s and names its member',
    (digits) => {
      const { field } = expectRefusal('E_FIELD', () => parseJson(`{"a":[0,{"b":${digits}}]}`));
      expect(field).toBe('a[1].b');
    },
  );

  it.each([
    ['with another value', '{"a":1,"a":2}', 'a'],
    ['with the same value', '{"a":1,"a":1}', 'a'],
    ['after unescaping', '{"ab":1,"\\u0061b":1}', 'ab'],
    ['deep inside', '{"x":[{"y":{"a":1,"a":1}}]}', 'x[0].y.a'],
    ['named __proto__', '{"__proto__":1,"__proto__":1}', '__proto__'],
  ])('refuses a duplicate member %s', (_, text, member) => {
    expect(expectRefusal('E_DUPLICATE_MEMBER', () => parseJson(text)).field).toBe(member);
  });

  it('refuses more than 32 levels, however many more', () => {
    expectRefusal('E_TOO_LARGE', () => parseJson(nested(33)));
    expectRefusal('E_TOO_LARGE', () => parseJson(nested(200_000)));
    expectRefusal('E_TOO_LARGE', () => parseJson('{"a":'.repeat(33)));
  });

  it('says where the fault is', () => {
    expect(expectRefusal('E_JSON', () => parseJson('[1,}')).field).toBe('column 4');
    expect(expectRefusal('E_JSON', () => parseJson('{\n  "a": 1,\n  ?}')).field).toBe(
      'line 3, column 3',
    );
  });

  it.each([
    ['in an object', '{"a":1.5}', 'a'],
    ['in an array', '[0,1.5]', '[1]'],
    ['alone, by its column', ' 1.5', 'column 2'],
    ['alone, by its line and column', '\n\n 1.5', 'line 3, column 2'],
  ])('names a number that stands %s', (_, text, field) => {
    expect(expectRefusal('E_FIELD', () => parseJson(text)).field).toBe(field);
  });

  it.each([
    ['a control character', '"ab\n"', 'column 4', 'U+000A'],
    ['a control character behind an escape', '"\\nab\n"', 'column 6', 'U+000A'],
    ['the end', '"abc', 'column 5', 'the end of the text'],
    ['the end behind an escape', '"\\n', 'column 4', 'the end of the text'],
  ])('says where a string is broken off by %s', (_, text, field, actual) => {
    const refusal = expectRefusal('E_JSON', () => parseJson(text));
    expect(inWords(refusal)).toMatchObject({ field, expected: 'the end of the string', actual });
  });

  it.each([
    ['{"a" 1}', 'column 6', '":"', '"1"'],
    ['{"a":1 x}', 'column 8', '"," or "}"', '"x"'],
    ['[1', 'column 3', '"," or "]"', 'the end of the text'],
    ['{1', 'column 2', 'a member name', '"1"'],
    ['1 2', 'column 3', 'nothing after the value', '"2"'],
    ['"\\', 'column 3', 'an escape that JSON knows', 'the end of the text'],
    ['"\\u12', 'column 4', 'four hex digits', '"1"'],
  ])('says what it missed in %j', (text, field, expected, actual) => {
    const refusal = expectRefusal('E_JSON', () => parseJson(text));
    expect(inWords(refusal)).toMatchObject({ field, expected, actual });
  });

  it.each([
    ['member-once', 'E_DUPLICATE_MEMBER', '{"a":1,"a":1}'],
    ['max-depth', 'E_TOO_LARGE', nested(33)],
    ['well-formed', 'E_JSON', '"\\ud800"'],
    ['json-value', 'E_JSON', '[}'],
    ['json-integer', 'E_FIELD', '1.5'],
  ] as const)('names the broken rule: %s', (rule, code, text) => {
    expect(expectRefusal(code, () => parseJson(text)).rule).toBe(rule);
  });

  it.each([
    ['\u0000', 'U+0000'],
    ['\u001b', 'U+001B'],
    [' ', 'U+0020'],
    ['!', '"!"'],
    ['~', '"~"'],
    ['\u007f', 'U+007F'],
    ['\u00a0', 'U+00A0'],
    ['\u202e', 'U+202E'],
  ])('shows the character %j as %s, fit for a terminal', (character, actual) => {
    expect(expectRefusal('E_JSON', () => parseJson(`"\\${character}`)).actual).toBe(actual);
  });

  it('accepts nothing that JSON.parse refuses, and throws only its own error', () => {
    const pieces = fc.constantFrom(...'{}[]:,"\\u0aA-19.eE+ \n\u0000\ufeff', 'true', 'null');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        try {
          const value = parseJson(text);
          expect(plain(value)).toEqual(JSON.parse(text));
        } catch (error) {
          expect(error).toBeInstanceOf(VerificationError);
        }
      }),
      { seed: 8259, numRuns: 5_000 },
    );
  });

  it('reads a large file in linear time', () => {
    const text = `[${'{"a":1},'.repeat(60_000)}1.5]`;
    const startedMs = performance.now();
    expectRefusal('E_FIELD', () => parseJson(text));
    // 480 KB: some 100 ms in practice. A position counted at each value would take minutes.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

describe('input', () => {
  it('takes a string as it is and bytes as UTF-8', () => {
    expect(textFromInput('{"é":1}', 100, 'file')).toBe('{"é":1}');
    expect(textFromInput(new TextEncoder().encode('é'), 100, 'file')).toBe('é');
  });

  it('refuses bytes that are not UTF-8', () => {
    expectRefusal('E_JSON', () => textFromInput(Uint8Array.of(0x22, 0xff, 0x22), 100, 'file'));
  });

  it('counts bytes, not characters, in both forms', () => {
    expect(textFromInput('é', 2, 'file')).toBe('é');
    expect(textFromInput(new TextEncoder().encode('é'), 2, 'file')).toBe('é');
    expectRefusal('E_TOO_LARGE', () => textFromInput('éa', 2, 'file'));
    expectRefusal('E_TOO_LARGE', () => textFromInput(new TextEncoder().encode('éa'), 2, 'file'));
  });
});
