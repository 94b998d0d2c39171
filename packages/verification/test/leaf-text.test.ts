/** The rules that every type of leaf shares, on a type that has one member. @module */
import { describe, expect, it } from 'vitest';
import { VerificationError } from '../src/errors.ts';
import { readLeafText, time } from '../src/leaf-text.ts';
import { objectInOrder, orNull, text } from '../src/members.ts';
import { expectRefusal, inWords } from './refusal.ts';

const TYPE = 'kapsel.test/v1';
const TEXT = '{"type":"kapsel.test/v1","at":"2026-01-15T10:30:45.000Z"}';

const readMembers = objectInOrder({
  type: text,
  at: orNull(time),
});

function read(leaf: string): string | null {
  return readLeafText(leaf, TYPE, readMembers).at;
}

describe('a leaf text', () => {
  it('is read by the rules of its type', () => {
    expect(read(TEXT)).toBe('2026-01-15T10:30:45.000Z');
    expect(read('{"type":"kapsel.test/v1","at":null}')).toBeNull();
  });

  it.each([
    ['white space', TEXT.replace(',', ', ')],
    ['a newline at the end', `${TEXT}\n`],
    ['a needless escape', TEXT.replace('2026', '\\u0032026')],
    ['a duplicate member', TEXT.replace('"at"', '"type":"kapsel.test/v1","at"')],
    ['a lone surrogate', TEXT.replace('2026', '\ud800')],
    ['no object', '[]'],
    ['no text', ''],
    ['another type', TEXT.replace('kapsel.test', 'kapsel.task')],
    ['a type that only begins alike', TEXT.replace('test/v1', 'test/v1x')],
    ['a type with more before its version', TEXT.replace('test/v1', 'test/xv2')],
    ['a type without version', TEXT.replace('test/v1', 'test')],
    ['a time without milliseconds', TEXT.replace('.000Z', 'Z')],
    ['a later type inside another name', TEXT.replace('kapsel.test/v1', 'x kapsel.test/v2')],
  ])('is refused with %s', (_, text) => {
    expectRefusal('E_LEAF_TEXT', () => read(text));
  });

  it('of a later version is called so, and is not called broken', () => {
    const refusal = expectRefusal('E_VERSION', () => read('{"type":"kapsel.test/v12"}'));
    expect(inWords(refusal)).toMatchObject({ field: 'leaf_data.type', actual: 'kapsel.test/v12' });
    expect(refusal.rule).toBeUndefined();
  });

  it('of another type does not have that type quoted: anything may stand there', () => {
    const refusal = expectRefusal('E_LEAF_TEXT', () => read('{"type":"anything"}'));
    expect(inWords(refusal)).toMatchObject({
      field: 'leaf_data.type',
      expected: TYPE,
      actual: 'another type or none',
    });
  });

  it.each([
    ['leaf-type', 'E_LEAF_TEXT', '[]'],
    ['exact-json', 'E_LEAF_TEXT', `${TEXT}\n`],
    ['time', 'E_LEAF_TEXT', TEXT.replace('.000Z', 'Z')],
    ['max-bytes', 'E_TOO_LARGE', TEXT.padEnd(65_536)],
  ] as const)('is refused with the rule that it breaks: %s', (rule, code, leaf) => {
    expect(expectRefusal(code, () => read(leaf)).rule).toBe(rule);
  });

  it.each([
    ['another type', '[]', { code: 'E_LEAF_TEXT', field: 'type' }],
    ['white space', `${TEXT}\n`, { code: 'E_LEAF_TEXT' }],
    ['an open object', '{', { code: 'E_JSON', field: 'column 2' }],
    ['a missing member', `{"type":"${TYPE}"}`, { code: 'E_FIELD', field: 'at' }],
  ])('passes on the cause of a refusal for %s', (_, text, cause) => {
    const refusal = expectRefusal('E_LEAF_TEXT', () => read(text));
    expect(refusal.cause).toBeInstanceOf(VerificationError);
    expect(refusal.cause).toMatchObject(cause);
  });

  it('has at most 65,535 bytes', () => {
    const room = 65_535 - TEXT.length;
    expectRefusal('E_LEAF_TEXT', () => read(TEXT + ' '.repeat(room)));
    expectRefusal('E_TOO_LARGE', () => read(TEXT + ' '.repeat(room + 1)));
    expectRefusal('E_TOO_LARGE', () => read('\u00fc'.repeat(32_768)));
  });

  it('names the member, or the column, within leaf_data', () => {
    const wrongTime = (): unknown => read(TEXT.replace('2026', '1960'));
    expect(expectRefusal('E_LEAF_TEXT', wrongTime).field).toBe('leaf_data.at');
    expect(expectRefusal('E_LEAF_TEXT', () => read('{')).field).toBe('leaf_data at column 2');
    expect(expectRefusal('E_LEAF_TEXT', () => read(`${TEXT}\n`)).field).toBe('leaf_data');
  });

  it('takes a member for a position only where the name begins like one', () => {
    const more = TEXT.replace('"at"', '"on line 1":0,"at"');
    expect(expectRefusal('E_LEAF_TEXT', () => read(more)).field).toBe('leaf_data.on line 1');
  });

  it('lets mistakes of ours through', () => {
    const failing = (): never =>
      readLeafText(TEXT, TYPE, () => {
        throw new TypeError('ours');
      });
    expect(failing).toThrow(TypeError);
  });
});
