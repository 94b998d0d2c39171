/** Typed members of a JSON object from outside: exact names, exact types, exact lengths, or `E_FIELD` with the path. @module */
import { bytesFromBase64, bytesFromHex } from './bytes.ts';
import { refusalOf, VerificationError } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/; // RFC 9562 section 4, lower case

/** Which members an object must have, and which it may have. All others are refused. */
export interface MemberNames {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
}

/** One JSON object being read: its members, and the path that names them in a refusal. */
export class Members {
  readonly #object: JsonObject;
  readonly #path: string;

  private constructor(object: JsonObject, path: string) {
    this.#object = object;
    this.#path = path;
  }

  /** Refuses what is no object, lacks a member or has an unknown one. */
  static open(value: JsonValue, path: string, names: MemberNames): Members {
    if (!isJsonObject(value)) throw refused(path, 'an object', kindOf(value));
    const members = new Members(value, path);
    for (const name of names.required) {
      if (!value.has(name)) throw refused(members.pathOf(name), 'a member of this name', 'none');
    }
    for (const name of value.keys()) {
      if (!names.required.includes(name) && !(names.optional ?? []).includes(name)) {
        throw refused(members.pathOf(name), 'no member of this name', 'one');
      }
    }
    return members;
  }

  /** The same, and the members must stand in exactly this order: for texts that have one form only. */
  static openInOrder(value: JsonValue, path: string, names: readonly string[]): Members {
    const members = Members.open(value, path, { required: names });
    const found = [...members.#object.keys()];
    const i = found.findIndex((name, position) => name !== names[position]);
    if (i !== -1) throw refused(members.pathOf(found[i] as string), `${names[i]} here`, 'this one');
    return members;
  }

  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  has(name: string): boolean {
    return this.#object.has(name);
  }

  isNull(name: string): boolean {
    return this.#object.get(name) === null;
  }

  value(name: string): JsonValue {
    const value = this.#object.get(name);
    if (value === undefined) throw refused(this.pathOf(name), 'a member of this name', 'none');
    return value;
  }

  string(name: string): string {
    const value = this.value(name);
    if (typeof value !== 'string') throw refused(this.pathOf(name), 'a string', kindOf(value));
    return value;
  }

  integer(name: string, smallest: number, largest: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.value(name);
    if (typeof value !== 'number') throw refused(this.pathOf(name), 'an integer', kindOf(value));
    if (value < smallest || value > largest) {
      throw refused(this.pathOf(name), `an integer from ${smallest} to ${largest}`, `${value}`);
    }
    return value;
  }

  uuid(name: string): string {
    const value = this.string(name);
    if (!UUID.test(value)) throw refused(this.pathOf(name), 'a lower-case uuid', 'another string');
    return value;
  }

  /** The hex text itself, once its form is proven: many members are compared and shown as text. */
  hexText(name: string, lengthBytes: number): string {
    const value = this.string(name);
    assertHex(value, lengthBytes, this.pathOf(name));
    return value;
  }

  hex(name: string, lengthBytes: number): Uint8Array {
    return bytesFromHex(this.hexText(name, lengthBytes));
  }

  hexList(name: string, lengthBytes: number, maxCount: number): readonly Uint8Array[] {
    return this.list(name, maxCount).map((item, i) => {
      const path = `${this.pathOf(name)}[${i}]`;
      if (typeof item !== 'string') throw refused(path, 'a string', kindOf(item));
      assertHex(item, lengthBytes, path);
      return bytesFromHex(item);
    });
  }

  base64(name: string): Uint8Array {
    const value = this.string(name);
    try {
      return bytesFromBase64(value);
    } catch (cause) {
      const error = refusalOf(cause);
      throw new VerificationError('E_FIELD', {
        field: this.pathOf(name),
        expected: 'base64 with padding',
        actual: error.actual,
        cause,
      });
    }
  }

  list(name: string, maxCount: number): readonly JsonValue[] {
    const value = this.value(name);
    if (!isJsonList(value)) throw refused(this.pathOf(name), 'an array', kindOf(value));
    if (value.length > maxCount) {
      throw new VerificationError('E_TOO_LARGE', {
        field: this.pathOf(name),
        expected: `at most ${maxCount} items`,
        actual: `${value.length} items`,
      });
    }
    return value;
  }

  /** A string that passes the given rule; `expected` says the rule. */
  stringThat(name: string, rule: (text: string) => boolean, expected: string): string {
    const value = this.string(name);
    if (!rule(value)) throw refused(this.pathOf(name), expected, 'another string');
    return value;
  }
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}

export function isJsonList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function assertHex(text: string, lengthBytes: number, path: string): void {
  const wanted = `${2 * lengthBytes} lower-case hex digits`;
  if (text.length !== 2 * lengthBytes) throw refused(path, wanted, `${text.length} characters`);
  if (!/^[0-9a-f]*$/.test(text)) throw refused(path, wanted, 'other characters');
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (isJsonList(value)) return 'an array';
  return isJsonObject(value) ? 'an object' : `a ${typeof value}`;
}

function refused(field: string, expected: string, actual: string): VerificationError {
  return new VerificationError('E_FIELD', { field, expected, actual });
}
