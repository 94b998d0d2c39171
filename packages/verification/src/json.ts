/** A strict JSON reader: one meaning per text, and the position of what is wrong with it. RFC 8259, narrowed. @module */
import { isWellFormed, stringFromUtf8, utf8Length } from './bytes.ts';
import { refusalOf, VerificationError } from './errors.ts';

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
  } catch (cause) {
    const error = refusalOf(cause);
    throw new VerificationError('E_JSON', {
      expected: 'UTF-8',
      actual: error.actual,
      cause,
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
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20; // no code unit below it may stand raw in a string
const FIRST_SURROGATE = 0xd800;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y; // RFC 8259 section 6
const PLAIN_INTEGER = /^(?:0|-?[1-9][0-9]*)$/;
const FOUR_HEX = /[0-9a-fA-F]{4}/y;
const LITERALS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/**
 * The cursor over the text; it owns the position and the path to the member being read. It walks code units: sticky
 * patterns in their place took 2.5 times as long (packages of 2.7 kB).
 */
class JsonReader {
  readonly #text: string;
  #at = 0;
  readonly #path: (string | number)[] = []; // names of members and indexes of items

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): JsonValue {
    const value = this.#readValue();
    this.#skipWhiteSpace();
    if (this.#at < this.#text.length) throw this.#fault('nothing after the value');
    return value;
  }

  #readValue(): JsonValue {
    this.#skipWhiteSpace();
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
      this.#skipWhiteSpace();
      const start = this.#at;
      if (this.#text[this.#at] !== '"') throw this.#fault('a member name');
      const name = this.#readString();
      this.#path.push(name);
      if (members.has(name)) {
        throw new VerificationError('E_DUPLICATE_MEMBER', {
          field: this.#pathText(),
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
      this.#path.push(values.length);
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
    let value = '';
    let mayBeIllFormed = false;
    let from = start + 1; // where the part without escapes begins
    let at = from;
    for (let unit = this.#text.charCodeAt(at); unit !== QUOTE; unit = this.#text.charCodeAt(at)) {
      if (unit === BACKSLASH) {
        value += this.#text.slice(from, at);
        this.#at = at + 1;
        const escaped = this.#readEscape();
        if (escaped.charCodeAt(0) >= FIRST_SURROGATE) mayBeIllFormed = true;
        value += escaped;
        from = this.#at;
        at = from;
      } else if (unit >= SPACE) {
        if (unit >= FIRST_SURROGATE) mayBeIllFormed = true;
        at++;
      } else {
        this.#at = at; // a control character, or the end of the text (NaN)
        throw this.#fault('the end of the string');
      }
    }
    value += this.#text.slice(from, at);
    this.#at = at + 1;
    if (mayBeIllFormed && !isWellFormed(value)) {
      throw new VerificationError('E_JSON', {
        field: this.#position(start),
        expected: 'well-formed text',
        actual: 'a string with a lone surrogate',
      });
    }
    return value;
  }

  #readEscape(): string {
    const letter = this.#text.charAt(this.#at); // empty at the end of the text
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
        field: this.#path.length === 0 ? this.#position(start) : this.#pathText(),
        expected: 'an integer below 2^53 in plain digits',
        actual: `another number at ${this.#position(start)}`,
      });
    }
    return value;
  }

  #skip(mark: string): boolean {
    this.#skipWhiteSpace();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  // RFC 8259 section 2: space, tab, newline, carriage return, and no others.
  #skipWhiteSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== SPACE && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) return;
      this.#at++;
    }
  }

  // The pattern is sticky: it matches here or not at all.
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #pathText(): string {
    const parts = this.#path.map((part, i) => {
      if (typeof part === 'number') return `[${part}]`;
      return i === 0 ? part : `.${part}`;
    });
    return parts.join('');
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
