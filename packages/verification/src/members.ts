/** Readers of JSON values from outside: exact names, exact types, exact lengths, or `E_FIELD` with the path. @module */
import { bytesFromBase64, bytesOfHex } from './bytes.ts';
import { refusalIn, refusalOf, VerificationError } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { isOrigin } from './origin.ts';
import type { Rule } from './rule-words.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/; // RFC 9562 section 4, lower case

// The functions that make readers have no side effects: a bundler may leave out the readers that nobody uses.

/** Makes a typed value of a JSON value. Its refusal names the place inside the value; whoever called adds the rest. */
export type Reader<Value> = (value: JsonValue) => Value;

/** How a member is read where its reader does not say it all. */
export interface Member<Value> {
  readonly read: Reader<Value>;
  /** Its name in the text, where that is not the name here. */
  readonly name?: string;
  /** What stands for it where it may be missing. */
  readonly absent?: Value;
}

/** The members of an object in the order of the text, under the names they have here: `leafHash` is `leaf_hash` there. */
export type MembersOf<Value> = {
  readonly [Key in keyof Value]: Reader<Value[Key]> | Member<Value[Key]>;
};

/** A member that has another name in the text. */
/* @__NO_SIDE_EFFECTS__ */
export function named<Value>(name: string, read: Reader<Value>): Member<Value> {
  return { name, read };
}

/** A member that may be missing. */
/* @__NO_SIDE_EFFECTS__ */
export function optional<Value, Absent>(
  read: Reader<Value>,
  absent: Absent,
): Member<Value | Absent> {
  return { read, absent };
}

/** An object with these members and no others. */
/* @__NO_SIDE_EFFECTS__ */
export function object<Value>(members: MembersOf<Value>, isInOrder = false): Reader<Value> {
  const rules = new Map(Object.entries<MemberRule>(members).map(ruleOf));
  return function readObject(value) {
    if (!isJsonObject(value)) throw refused('object', kindOf(value));
    for (const [name, rule] of rules) {
      if (!('absent' in rule) && !value.has(name)) {
        throw refusedMember('member-present', name);
      }
    }
    for (const name of value.keys()) {
      if (!rules.has(name)) throw refusedMember('member-unknown', name);
    }
    if (isInOrder) assertOrder(value, [...rules.keys()]);
    const read: Record<string, unknown> = {};
    for (const [name, rule] of rules) {
      const found = value.get(name);
      try {
        read[rule.key] = found === undefined ? rule.absent : rule.read(found);
      } catch (cause) {
        throw refusalIn(name, refusalOf(cause));
      }
    }
    return read as Value;
  };
}

type MemberRule = Reader<unknown> | Member<unknown>;

function ruleOf([key, member]: [string, MemberRule]): [string, Member<unknown> & { key: string }] {
  const rule = typeof member === 'function' ? { read: member } : member;
  const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [rule.name ?? name, { ...rule, key }];
}

/** The same, and the members must stand in exactly this order: for texts that have one form only. */
/* @__NO_SIDE_EFFECTS__ */
export function objectInOrder<Value>(members: MembersOf<Value>): Reader<Value> {
  return object(members, true);
}

/** An array of at most so many items. */
/* @__NO_SIDE_EFFECTS__ */
export function list<Item>(maxCount: number, read: Reader<Item>): Reader<readonly Item[]> {
  return function readList(value) {
    if (!isJsonList(value)) throw refused('array', kindOf(value));
    if (value.length > maxCount) {
      throw new VerificationError('E_TOO_LARGE', {
        rule: 'max-items',
        expected: `${maxCount}`,
        actual: `${value.length}`,
      });
    }
    return value.map((item, i) => {
      try {
        return read(item);
      } catch (cause) {
        throw refusalIn(`[${i}]`, refusalOf(cause));
      }
    });
  };
}

/** The value, or null where the text says null. */
/* @__NO_SIDE_EFFECTS__ */
export function orNull<Value>(read: Reader<Value>): Reader<Value | null> {
  return (value) => (value === null ? null : read(value));
}

/** Any string. */
export function text(value: JsonValue): string {
  if (typeof value !== 'string') throw refused('string', kindOf(value));
  return value;
}

export function boolean(value: JsonValue): boolean {
  if (typeof value !== 'boolean') throw refused('boolean', kindOf(value));
  return value;
}

/** A string that passes the test of this rule. */
/* @__NO_SIDE_EFFECTS__ */
export function textThat(
  passes: (text: string) => boolean,
  rule: Rule,
  expected?: string,
): Reader<string> {
  return function readText(value) {
    const found = text(value);
    if (passes(found)) return found;
    throw new VerificationError('E_FIELD', { rule, expected });
  };
}

/** One of these words; `shown` is what a refusal lists. */
/* @__NO_SIDE_EFFECTS__ */
export function oneOf<Word extends string>(
  words: readonly Word[],
  shown: readonly string[] = words,
): Reader<Word> {
  return textThat(
    (found) => words.includes(found as Word),
    'one-of',
    shown.join(' or '),
  ) as Reader<Word>;
}

export const uuid: Reader<string> = /* @__PURE__ */ textThat((found) => UUID.test(found), 'uuid');

export const origin: Reader<string> = /* @__PURE__ */ textThat(isOrigin, 'origin');

/* @__NO_SIDE_EFFECTS__ */
export function integer(
  smallest: number,
  largest: number = Number.MAX_SAFE_INTEGER,
): Reader<number> {
  return function readInteger(value) {
    if (typeof value !== 'number') throw refused('integer', kindOf(value));
    if (value >= smallest && value <= largest) return value;
    throw new VerificationError('E_FIELD', {
      rule: 'integer-range',
      expected: `${smallest} to ${largest}`,
      actual: `${value}`,
    });
  };
}

/** So many bytes as lower-case hex. */
/* @__NO_SIDE_EFFECTS__ */
export function hex(lengthBytes: number): Reader<Uint8Array> {
  return function readHex(value) {
    const found = text(value);
    const hasLength = found.length === 2 * lengthBytes;
    const bytes = hasLength ? bytesOfHex(found) : null;
    if (bytes !== null) return bytes;
    throw new VerificationError('E_FIELD', {
      rule: hasLength ? 'hex-digits' : 'hex-length',
      expected: `${2 * lengthBytes}`,
      actual: hasLength ? undefined : `${found.length}`,
    });
  };
}

/** The hex text itself, once its form is proven: many members are compared and shown as text. */
/* @__NO_SIDE_EFFECTS__ */
export function hexText(lengthBytes: number): Reader<string> {
  const read = hex(lengthBytes);
  return function readHexText(value) {
    read(value);
    return value as string;
  };
}

export function base64(value: JsonValue): Uint8Array {
  return bytesFromBase64(text(value));
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}

export function isJsonList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function assertOrder(value: JsonObject, names: readonly string[]): void {
  const found = [...value.keys()];
  const i = found.findIndex((name, position) => name !== names[position]);
  if (i !== -1) throw refusedMember('member-order', found[i], names[i]);
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (isJsonList(value)) return 'an array';
  return isJsonObject(value) ? 'an object' : `a ${typeof value}`;
}

function refused(rule: Rule, actual: string): VerificationError {
  return new VerificationError('E_FIELD', { rule, actual });
}

function refusedMember(rule: Rule, field?: string, expected?: string): VerificationError {
  return new VerificationError('E_FIELD', { field, rule, expected });
}
