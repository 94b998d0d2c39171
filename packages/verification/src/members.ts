/** Readers of JSON values from outside: exact names, exact types, exact lengths, or `E_FIELD` with the path. @module */
import { bytesFromBase64, bytesOfHex } from './bytes.ts';
import { refusalIn, refusalOf, VerificationError } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { isOrigin, ORIGIN_RULE } from './origin.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/; // RFC 9562 section 4, lower case

// The functions that make readers have no side effects: a bundler may leave out the readers that nobody uses.

/** Makes a typed value of a JSON value. Its refusal names the place inside the value; whoever called adds the rest. */
export type Reader<Value> = (value: JsonValue) => Value;

/** A member of an object: its name in the text, its reader, and what stands for it where it may be missing. */
export interface Member<Value> {
  readonly name: string;
  readonly read: Reader<Value>;
  readonly absent?: Value;
}

/** The members of an object, under the names they have here, in the order of the text. */
export type MembersOf<Value> = { readonly [Key in keyof Value]: Member<Value[Key]> };

/** A member that must be there. */
/* @__NO_SIDE_EFFECTS__ */
export function member<Value>(name: string, read: Reader<Value>): Member<Value> {
  return { name, read };
}

/** A member that may be missing. */
/* @__NO_SIDE_EFFECTS__ */
export function optional<Value, Absent>(
  name: string,
  read: Reader<Value>,
  absent: Absent,
): Member<Value | Absent> {
  return { name, read, absent };
}

/** An object with these members and no others. */
/* @__NO_SIDE_EFFECTS__ */
export function object<Value>(members: MembersOf<Value>, isInOrder = false): Reader<Value> {
  const rules = Object.entries<Member<unknown>>(members);
  const names = new Set(rules.map(([, { name }]) => name));
  return function readObject(value) {
    if (!isJsonObject(value)) throw refused('an object', kindOf(value));
    for (const [, rule] of rules) {
      if (!('absent' in rule) && !value.has(rule.name)) {
        throw refused('a member of this name', 'none', rule.name);
      }
    }
    for (const name of value.keys()) {
      if (!names.has(name)) throw refused('no member of this name', 'one', name);
    }
    if (isInOrder) assertOrder(value, [...names]);
    const read: Record<string, unknown> = {};
    for (const [key, rule] of rules) {
      const found = value.get(rule.name);
      try {
        read[key] = found === undefined ? rule.absent : rule.read(found);
      } catch (cause) {
        throw refusalIn(rule.name, refusalOf(cause));
      }
    }
    return read as Value;
  };
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
    if (!isJsonList(value)) throw refused('an array', kindOf(value));
    if (value.length > maxCount) {
      throw new VerificationError('E_TOO_LARGE', {
        expected: `at most ${maxCount} items`,
        actual: `${value.length} items`,
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
  if (typeof value !== 'string') throw refused('a string', kindOf(value));
  return value;
}

/** A string that passes the given rule; `expected` says the rule. */
/* @__NO_SIDE_EFFECTS__ */
export function textThat(rule: (text: string) => boolean, expected: string): Reader<string> {
  return function readText(value) {
    const found = text(value);
    if (!rule(found)) throw refused(expected, 'another string');
    return found;
  };
}

/** One of these words; `expected` lists them. */
/* @__NO_SIDE_EFFECTS__ */
export function oneOf<Word extends string>(words: readonly Word[], expected: string): Reader<Word> {
  return textThat((found) => words.includes(found as Word), expected) as Reader<Word>;
}

export const uuid: Reader<string> = /* @__PURE__ */ textThat(
  (found) => UUID.test(found),
  'a lower-case uuid',
);

export const origin: Reader<string> = /* @__PURE__ */ textThat(isOrigin, ORIGIN_RULE);

/* @__NO_SIDE_EFFECTS__ */
export function integer(
  smallest: number,
  largest: number = Number.MAX_SAFE_INTEGER,
): Reader<number> {
  return function readInteger(value) {
    if (typeof value !== 'number') throw refused('an integer', kindOf(value));
    if (value >= smallest && value <= largest) return value;
    throw refused(`an integer from ${smallest} to ${largest}`, `${value}`);
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
    throw refused(
      `${2 * lengthBytes} lower-case hex digits`,
      hasLength ? 'other characters' : `${found.length} characters`,
    );
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
  const found = text(value);
  try {
    return bytesFromBase64(found);
  } catch (cause) {
    const { actual } = refusalOf(cause);
    throw new VerificationError('E_FIELD', { expected: 'base64 with padding', actual, cause });
  }
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
  if (i !== -1) throw refused(`${names[i]} here`, 'this one', found[i]);
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (isJsonList(value)) return 'an array';
  return isJsonObject(value) ? 'an object' : `a ${typeof value}`;
}

function refused(expected: string, actual: string, field?: string): VerificationError {
  return new VerificationError('E_FIELD', { field, expected, actual });
}
