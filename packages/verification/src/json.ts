/** A strict JSON reader: one meaning per text, and the position of what is wrong with it. RFC 8259, narrowed. @module */
import { isWellFormed, stringFromUtf8, utf8Length } from './bytes.ts';
import { VerificationError } from './errors.ts';

/** A JSON value. Objects are maps: no member name has a meaning for the engine (`__proto__`). */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

export const MAX_JSON_DEPTH = 32;

/**
 * Reads one JSON text. Refused are duplicate members (after unescaping), lone surrogates, numbers that are no safe
 * integers in their plain form, nesting below 32 levels, a byte order mark and anything after the value.
 */
export function parseJson(text: string): JsonValue {
  const reader = new JsonReader(text);
  return reader.readDocument();
}

/** Text of a file: a string as it is, bytes as UTF-8 without a byte order mark; both with a limit. */
export function textFromInput(input: string | Uint8Array, maxBytes: number, name: string): string {
  const lengthBytes = typeof input === 'string' ? utf8Length(input) : input.length;
  if (lengthBytes > maxBytes) {
    throw new VerificationError('E_TOO_LARGE', {
      field: name,
      expected: `at most ${maxBytes} bytes`,
      actual: `${lengthBytes} bytes`,
    });
  }
  if (typeof input === 'string') return input;
  try {
    return stringFromUtf8(input);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    throw new VerificationError('E_JSON', {
      expected: 'UTF-8',
      ...(error.actual === undefined ? {} : { actual: error.actual }),
      cause: error,
    });
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
const WHITE_SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y; // RFC 8259 section 6
const PLAIN_INTEGER = /^(?:0|-?[1-9][0-9]*)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a JSON string must not hold raw
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const FOUR_HEX = /[0-9a-fA-F]{4}/y;
const LITERALS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** The cursor over the text; it owns the position and the path to the member being read. */
class JsonReader {
  readonly #text: string;
  #at = 0;
  readonly #path: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): JsonValue {
    const value = this.#readValue();
    this.#take(WHITE_SPACE);
    if (this.#at < this.#text.length) throw this.#fault('nothing after the value');
    return value;
  }

  #readValue(): JsonValue {
    this.#take(WHITE_SPACE);
    const next = this.#text[this.#at];
    if (next === '{') return this.#readObject();
    if (next === '[') return this.#readArray();
    if (next === '"') return this.#readString();
    for (const [word, value] of LITERALS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#readNumber();
  }

  #readObject(): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#enter();
    if (this.#skip('}')) return members;
    do {
      this.#take(WHITE_SPACE);
      const start = this.#at;
      if (this.#text[this.#at] !== '"') throw this.#fault('a member name');
      const name = this.#readString();
      this.#path.push(this.#path.length === 0 ? name : `.${name}`);
      if (members.has(name)) {
        throw new VerificationError('E_DUPLICATE_MEMBER', {
          field: this.#path.join(''),
          expected: 'each member once',
          actual: `a second one at ${this.#position(start)}`,
        });
      }
      if (!this.#skip(':')) throw this.#fault('":"');
      members.set(name, this.#readValue());
      this.#path.pop();
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#fault('"," or "}"');
    return members;
  }

  #readArray(): readonly JsonValue[] {
    const values: JsonValue[] = [];
    this.#enter();
    if (this.#skip(']')) return values;
    do {
      this.#path.push(`[${values.length}]`);
      values.push(this.#readValue());
      this.#path.pop();
    } while (this.#skip(','));
    if (!this.#skip(']')) throw this.#fault('"," or "]"');
    return values;
  }

  // Passes the opening bracket. Every open object or array has one path part, or is about to get one.
  #enter(): void {
    if (this.#path.length >= MAX_JSON_DEPTH) {
      throw new VerificationError('E_TOO_LARGE', {
        field: this.#position(this.#at),
        expected: `at most ${MAX_JSON_DEPTH} levels of nesting`,
        actual: 'more',
      });
    }
    this.#at++;
  }

  #readString(): string {
    const start = this.#at;
    this.#at++;
    let value = this.#take(PLAIN_CHARACTERS);
    while (this.#text[this.#at] === '\\') {
      this.#at++;
      value += this.#readEscape() + this.#take(PLAIN_CHARACTERS);
    }
    if (this.#text[this.#at] !== '"') throw this.#fault('the end of the string');
    this.#at++;
    if (!isWellFormed(value)) {
      throw new VerificationError('E_JSON', {
        field: this.#position(start),
        expected: 'well-formed text',
        actual: 'a string with a lone surrogate',
      });
    }
    return value;
  }

  #readEscape(): string {
    const letter = this.#text[this.#at] ?? '';
    const simple = ESCAPES.get(letter);
    if (simple !== undefined) {
      this.#at++;
      return simple;
    }
    if (letter !== 'u') throw this.#fault('an escape that JSON knows');
    this.#at++;
    const digits = this.#take(FOUR_HEX);
    if (digits === '') throw this.#fault('four hex digits');
    return String.fromCharCode(Number(`0x${digits}`));
  }

  #readNumber(): number {
    const start = this.#at;
    const digits = this.#take(NUMBER);
    if (digits === '') throw this.#fault('a value');
    const value = Number(digits);
    if (!PLAIN_INTEGER.test(digits) || !Number.isSafeInteger(value)) {
      throw new VerificationError('E_FIELD', {
        field: this.#path.length === 0 ? this.#position(start) : this.#path.join(''),
        expected: 'an integer below 2^53 in plain digits',
        actual: `another number at ${this.#position(start)}`,
      });
    }
    return value;
  }

  #skip(mark: string): boolean {
    this.#take(WHITE_SPACE);
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  // The pattern is sticky: it matches here or not at all.
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #fault(expected: string): VerificationError {
    const unit = this.#text.charCodeAt(this.#at);
    return new VerificationError('E_JSON', {
      field: this.#position(this.#at),
      expected,
      actual: Number.isNaN(unit) ? 'the end of the text' : nameOfUnit(unit),
    });
  }

  // Counted only for a refusal: counting at every value would make reading quadratic.
  #position(at: number): string {
    const before = this.#text.slice(0, at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const column = at - lineStart + 1;
    if (lineStart === 0) return `column ${column}`;
    return `line ${before.split('\n').length}, column ${column}`;
  }
}

// Printable ASCII as itself, all else by number: this text reaches terminals.
function nameOfUnit(unit: number): string {
  const isPrintable = unit > 0x20 && unit < 0x7f;
  return isPrintable
    ? `"${String.fromCharCode(unit)}"`
    : `U+${unit.toString(16).toUpperCase().padStart(4, '0')}`;
}
