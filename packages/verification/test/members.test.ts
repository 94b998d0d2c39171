/** Typed members: the wrong type, length, range or name is refused with the member's path. @module */
import { describe, expect, it } from 'vitest';
import { parseJson } from '../src/json.ts';
import { Members } from '../src/members.ts';
import { expectRefusal } from './refusal.ts';

function only(member: string): Members {
  return Members.open(parseJson(`{"a":${member}}`), 'top', { required: ['a'] });
}

describe('opening', () => {
  it.each(['null', '[]', '"x"', '1', 'true'])('refuses %s where an object must be', (text) => {
    const open = (): Members => Members.open(parseJson(text), 'top', { required: [] });
    expect(expectRefusal('E_FIELD', open).field).toBe('top');
  });

  it('names the missing and the unknown member', () => {
    const names = { required: ['a'], optional: ['b'] };
    const open = (text: string) => () => Members.open(parseJson(text), 'top', names);
    expect(open('{"a":1,"b":2}')).not.toThrow();
    expect(expectRefusal('E_FIELD', open('{"b":2}')).field).toBe('top.a');
    expect(expectRefusal('E_FIELD', open('{"a":1,"c":2}')).field).toBe('top.c');
    expect(expectRefusal('E_FIELD', open('{"a":1,"__proto__":2}')).field).toBe('top.__proto__');
  });

  it('refuses another order where the order counts', () => {
    const open = (text: string) => () => Members.openInOrder(parseJson(text), '', ['a', 'b']);
    expect(open('{"a":1,"b":2}')).not.toThrow();
    expect(expectRefusal('E_FIELD', open('{"b":2,"a":1}')).field).toBe('b');
    expectRefusal('E_FIELD', open('{"a":1}'));
  });
});

describe('members', () => {
  it('reads each type', () => {
    expect(only('"x"').string('a')).toBe('x');
    expect(only('5').integer('a', 5, 5)).toBe(5);
    expect(only('"00ff"').hex('a', 2)).toEqual(Uint8Array.of(0, 255));
    expect(only('["00","ff"]').hexList('a', 1, 2)).toEqual([Uint8Array.of(0), Uint8Array.of(255)]);
    expect(only('"AQ=="').base64('a')).toEqual(Uint8Array.of(1));
    expect(only('null').isNull('a')).toBe(true);
    expect(only('"018d2f1e-3b5c-7a10-8f00-000000000001"').uuid('a')).toHaveLength(36);
  });

  it.each([
    ['an integer for a string', '1', (m: Members) => m.string('a')],
    ['null for a string', 'null', (m: Members) => m.string('a')],
    ['a string for an integer', '"1"', (m: Members) => m.integer('a', 0)],
    ['a small integer', '4', (m: Members) => m.integer('a', 5)],
    ['a large integer', '6', (m: Members) => m.integer('a', 5, 5)],
    ['upper-case hex', '"00FF"', (m: Members) => m.hex('a', 2)],
    ['short hex', '"00"', (m: Members) => m.hex('a', 2)],
    ['long hex', '"00ff00"', (m: Members) => m.hex('a', 2)],
    ['no hex', '"00fg"', (m: Members) => m.hexText('a', 2)],
    ['a hex list that is no array', '{}', (m: Members) => m.hexList('a', 1, 9)],
    ['base64 without padding', '"AQ"', (m: Members) => m.base64('a')],
    ['an upper-case uuid', '"018D2F1E-3B5C-7A10-8F00-000000000001"', (m: Members) => m.uuid('a')],
    ['a uuid without dashes', '"018d2f1e3b5c7a108f00000000000001"', (m: Members) => m.uuid('a')],
    ['a broken rule', '"x"', (m: Members) => m.stringThat('a', (text) => text === 'y', 'y')],
  ] as const)('refuses %s', (_, text, read) => {
    expect(expectRefusal('E_FIELD', () => read(only(text))).field).toBe('top.a');
  });

  it('names an optional member that is asked for and absent', () => {
    const members = Members.open(parseJson('{"a":1}'), 'top', { required: ['a'], optional: ['b'] });
    expect(members.has('b')).toBe(false);
    expect(expectRefusal('E_FIELD', () => members.value('b')).field).toBe('top.b');
  });

  it('names the item of a list', () => {
    const refusal = expectRefusal('E_FIELD', () => only('["00",1]').hexList('a', 1, 9));
    expect(refusal.field).toBe('top.a[1]');
    expect(expectRefusal('E_FIELD', () => only('["00","0"]').hexList('a', 1, 9)).field).toBe(
      'top.a[1]',
    );
  });

  it('bounds lists', () => {
    expectRefusal('E_TOO_LARGE', () => only('["00","00"]').hexList('a', 1, 1));
  });
});
