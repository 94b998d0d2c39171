import { describe, expect, it } from 'vitest';
import type { EventKeyPlace } from '../../src/endpoints/signature-scheme.ts';
import { isIdempotencyKey, readEventKey } from '../../src/ingest/event-key.ts';

const header: EventKeyPlace = { kind: 'header', name: 'x-id' };
const at = (pointer: string): EventKeyPlace => ({ kind: 'pointer', pointer });
const none = Buffer.alloc(0);

describe('a header', () => {
  it('gives its value, when there is one and it can be a key', () => {
    expect(readEventKey(header, ['X-Id', 'a'], none)).toBe('a');
    expect(readEventKey(header, ['X-Id', 'a', 'x-id', 'a'], none)).toBeNull();
    expect(readEventKey(header, ['X-Id', 'a b'], none)).toBeNull();
    expect(readEventKey(header, ['X-Id', ''], none)).toBeNull();
    expect(readEventKey(header, [], none)).toBeNull();
    expect(readEventKey(null, ['X-Id', 'a'], none)).toBeNull();
  });
});

describe('a place in the body', () => {
  it.each([
    ['/id', '{"id":"evt_1"}', 'evt_1'],
    ['/id', '{"id":12}', '12'],
    ['/id', '{"id":1.5}', null],
    ['/id', '{"id":null}', null],
    ['/id', '{"id":{"a":1}}', null],
    ['/id', '{"id":""}', null],
    ['/id', '{"id":"é"}', null],
    ['/a/b', '{"a":{"b":"x"}}', 'x'],
    ['/a/1', '{"a":["x","y"]}', 'y'],
    ['/a~1b/c~0d', '{"a/b":{"c~d":"x"}}', 'x'],
    ['/a/b', '{"a":null}', null],
    ['/length', '"text"', null],
    ['/__proto__/x', '{"a":1}', null],
    ['/constructor/name', '{}', null],
    ['/id', 'not JSON', null],
    ['/id', '', null],
    ['/id', '[', null],
  ])('%s of %s', (pointer, body, expected) => {
    expect(readEventKey(at(pointer), [], Buffer.from(body))).toBe(expected);
  });

  it('is not looked for in bodies over 1 MiB, nor lost in deep ones', () => {
    const body = (size: number) => Buffer.from(`{"id":"x","fill":"${'a'.repeat(size)}"}`);
    expect(readEventKey(at('/id'), [], body(1_000_000))).toBe('x');
    expect(readEventKey(at('/id'), [], body(1_048_576))).toBeNull();
    expect(readEventKey(at('/id'), [], Buffer.from('['.repeat(1_000_000)))).toBeNull();
  });
});

it('keys are 1 to 255 visible ASCII characters', () => {
  for (const key of ['a', '!', '~', 'a'.repeat(255), '"quoted"'])
    expect(isIdempotencyKey(key)).toBe(true);
  for (const key of ['', ' ', 'a b', 'a\n', '\u007f', 'é', 'a'.repeat(256)]) {
    expect(isIdempotencyKey(key), key).toBe(false);
  }
});
