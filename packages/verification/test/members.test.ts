/** Readers of members: the wrong type, length, range or name is refused with the member's path. @module */
import { describe, expect, it } from 'vitest';
import { type JsonValue, parseJson } from '../src/json.ts';
import {
  base64,
  hex,
  hexText,
  integer,
  list,
  named,
  object,
  objectInOrder,
  oneOf,
  optional,
  origin,
  orNull,
  type Reader,
  text,
  textThat,
  uuid,
} from '../src/members.ts';
import { expectRefusal, inWords } from './refusal.ts';

const UUID = '018d2f1e-3b5c-7a10-8f00-000000000001';

function only<Value>(value: string, read: Reader<Value>): Value {
  const top = object({ top: object({ value: named('a', read) }) });
  return top(parseJson(`{"top":{"a":${value}}}`)).top.value;
}

describe('an object', () => {
  const anything = (value: JsonValue): JsonValue => value;
  const read = object({ one: named('a', anything), b: optional(anything, 'none') });

  it.each([
    ['null', 'null'],
    ['[]', 'an array'],
    ['"x"', 'a string'],
    ['1', 'a number'],
    ['true', 'a boolean'],
  ])('is not %s', (value, actual) => {
    const refusal = expectRefusal('E_FIELD', () => read(parseJson(value)));
    expect(inWords(refusal)).toMatchObject({ expected: 'an object', actual });
    expect(refusal.field).toBeUndefined();
  });

  it('has its members under their names here, and what stands for a missing one', () => {
    expect(read(parseJson('{"b":2,"a":1}'))).toEqual({ one: 1, b: 2 });
    expect(read(parseJson('{"a":null}'))).toEqual({ one: null, b: 'none' });
  });

  it('has names there that follow from those here', () => {
    const found = object({ leafHash: anything, publicKeyOfLog: anything });
    expect(found(parseJson('{"leaf_hash":1,"public_key_of_log":2}'))).toEqual({
      leafHash: 1,
      publicKeyOfLog: 2,
    });
  });

  it.each([
    ['{"b":2}', 'a', 'a member of this name', 'none'],
    ['{"a":1,"c":2}', 'c', 'no member of this name', 'one'],
    ['{"a":1,"__proto__":2}', '__proto__', 'no member of this name', 'one'],
  ])('names the missing or unknown member of %s', (value, field, expected, actual) => {
    const refusal = expectRefusal('E_FIELD', () => read(parseJson(value)));
    expect(inWords(refusal)).toMatchObject({ field, expected, actual });
  });

  it('is refused in another order where the order counts', () => {
    const inOrder = objectInOrder({ one: named('a', anything), two: named('b', anything) });
    expect(inOrder(parseJson('{"a":1,"b":2}'))).toEqual({ one: 1, two: 2 });
    const refusal = expectRefusal('E_FIELD', () => inOrder(parseJson('{"b":2,"a":1}')));
    expect(inWords(refusal)).toMatchObject({ field: 'b', expected: 'a here', actual: 'this one' });
    expectRefusal('E_FIELD', () => inOrder(parseJson('{"a":1}')));
  });

  it('lets mistakes of ours through', () => {
    const failing = (): never => {
      throw new TypeError('ours');
    };
    expect(() => only('1', failing)).toThrow(TypeError);
    expect(() => list(9, failing)([1])).toThrow(TypeError);
  });
});

describe('members', () => {
  it('are read by their type', () => {
    expect(only('"x"', text)).toBe('x');
    expect(only('5', integer(5, 5))).toBe(5);
    expect(only('9007199254740991', integer(0))).toBe(Number.MAX_SAFE_INTEGER);
    expect(only('"00ff"', hex(2))).toEqual(Uint8Array.of(0, 255));
    expect(only('"00ff"', hexText(2))).toBe('00ff');
    expect(only('["00","ff"]', list(2, hex(1)))).toEqual([Uint8Array.of(0), Uint8Array.of(255)]);
    expect(only('"AQ=="', base64)).toEqual(Uint8Array.of(1));
    expect(only(`"${UUID}"`, uuid)).toBe(UUID);
    expect(only('"log.example/a"', origin)).toBe('log.example/a');
    expect(only('"b"', oneOf(['a', 'b']))).toBe('b');
    expect(only('null', orNull(text))).toBeNull();
    expect(only('"x"', orNull(text))).toBe('x');
  });

  const anyUuid: Reader<unknown> = uuid;
  it.each<[string, string, Reader<unknown>, string, string]>([
    ['an integer for a string', '1', text, 'a string', 'a number'],
    ['null for a string', 'null', text, 'a string', 'null'],
    ['a string for an integer', '"1"', integer(0), 'an integer', 'a string'],
    ['a small integer', '4', integer(5, 9), 'an integer from 5 to 9', '4'],
    ['a large integer', '6', integer(5, 5), 'an integer from 5 to 5', '6'],
    ['upper-case hex', '"00FF"', hex(2), '4 lower-case hex digits', 'other characters'],
    ['short hex', '"00"', hex(2), '4 lower-case hex digits', '2 characters'],
    ['long hex', '"00ff00"', hex(2), '4 lower-case hex digits', '6 characters'],
    ['no hex', '"00fg"', hexText(2), '4 lower-case hex digits', 'other characters'],
    ['no hex in the upper half', '"00gf"', hex(2), '4 lower-case hex digits', 'other characters'],
    ['an object for an array', '{}', list(9, hex(1)), 'an array', 'an object'],
    [
      'base64 without padding',
      '"AQ"',
      base64,
      'base64 with padding, its spare bits zero',
      'another text',
    ],
    [
      'an upper-case uuid',
      `"${UUID.toUpperCase()}"`,
      anyUuid,
      'a lower-case uuid',
      'another string',
    ],
    [
      'a uuid without dashes',
      `"${UUID.replaceAll('-', '')}"`,
      uuid,
      'a lower-case uuid',
      'another string',
    ],
    ['a uuid with more behind it', `"${UUID}0"`, uuid, 'a lower-case uuid', 'another string'],
    ['a uuid with more before it', `"0${UUID}"`, uuid, 'a lower-case uuid', 'another string'],
    [
      'a broken rule',
      '"x"',
      textThat((found) => found === 'y', 'url'),
      'a URL without credentials',
      'another string',
    ],
    ['another word', '"c"', oneOf(['a', 'b']), 'a or b', 'another string'],
  ])('refuse %s', (_, value, read, expected, actual) => {
    const refusal = expectRefusal('E_FIELD', () => only(value, read));
    expect(inWords(refusal)).toMatchObject({ field: 'top.a', expected, actual });
  });

  it('name the rule of an origin', () => {
    expect(expectRefusal('E_FIELD', () => only('"a b"', origin)).rule).toBe('origin');
  });

  it('are named with the item of their list', () => {
    const field = (value: string): string | undefined =>
      expectRefusal('E_FIELD', () => only(value, list(9, hex(1)))).field;
    expect(field('["00",1]')).toBe('top.a[1]');
    expect(field('["0"]')).toBe('top.a[0]');
    const inItem = list(9, object({ b: text }));
    expect(expectRefusal('E_FIELD', () => only('[{"b":1}]', inItem)).field).toBe('top.a[0].b');
  });

  it('are bounded where they are lists', () => {
    expect(only('["00"]', list(1, hex(1)))).toHaveLength(1);
    const refusal = expectRefusal('E_TOO_LARGE', () => only('["00","00"]', list(1, hex(1))));
    expect(inWords(refusal)).toMatchObject({
      field: 'top.a',
      expected: 'at most 1 items',
      actual: '2 items',
    });
  });
});
