/** A strict JSON reader: one meaning per text, and the position of what is wrong with it. RFC 8259, narrowed. @module */
import { isWellFormed, stringFromUtf8, utf8Length } from './bytes.ts';
import { refusalAs, refusalOf, VerificationError } from './errors.ts';
import type { Rule } from './rule-words.ts';

/** A JSON value. Objects are maps: no member name has a meaning for the engine (`__proto__`). */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

export const MAX_JSON_DEPTH = 32;

/**
 * Reads one JSON text. Refused are duplicate members (after unescaping), lone surrogates, numbers that are no safe
 * integers in their plain form, nesting below 32 levels, a byte order mark and anything after the value.
 */
export function parseJson(text: string): JsonValue {
  return new JsonReader(text, false).readDocument();
}

/** The same, and whether the text is the one that `JSON.stringify` writes for it: no white space, no needless escape. */
export function parseExactJson(text: string): { value: JsonValue; isExact: boolean } {
  const reader = new JsonReader(text, true);
  return { value: reader.readDocument(), isExact: reader.isExact };
}

/** Text of a file: a string as it is, bytes as UTF-8 without a byte order mark; both with a limit. */
export function textFromInput(input: string | Uint8Array, maxBytes: number, name: string): string {
  const lengthBytes = typeof input === 'string' ? utf8Length(input) : input.length;
  if (lengthBytes > maxBytes) {
    throw new VerificationError('E_TOO_LARGE', {
      field: name,
      rule: 'max-bytes',
      expected: `${maxBytes}`,
      actual: `${lengthBytes}`,
    });
  }
  if (typeof input === 'string') return input;
  try {
    return stringFromUtf8(input);
  } catch (cause) {
    throw refusalAs(refusalOf(cause), undefined, 'E_JSON');
  }
}

const SPACE = 0x20;
const NOT_PLAIN = /[^\u0020-\u005b\u005d-\ud7ff\ue000-\uffff]/; // a control character, a backslash or a surrogate
const GOOD_ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/g; // RFC 8259 section 7
const CONTROL_OR_BACKSLASH = /[^\u0020-\u005b\u005d-\uffff]/;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y; // RFC 8259 sections 3 and 6

/**
 * The cursor over the text; it owns the position and the path to the member being read. What a string or a number is
 * worth it leaves to the engine's parser, once it knows where it ends.
 */
class JsonReader {
  readonly #text: string;
  #at = 0;
  readonly #path: (string | number)[] = []; // names of members and indexes of items

  /** Becomes false at the first deviation; asked for or not, since comparing takes time. */
  isExact: boolean;

  constructor(text: string, isExact: boolean) {
    this.#text = text;
    this.isExact = isExact;
  }

  readDocument(): JsonValue {
    const value = this.#readValue();
    this.#skipWhiteSpace();
    if (this.#at < this.#text.length) throw this.#fault('json-end');
    return value;
  }

  #readValue(): JsonValue {
    this.#skipWhiteSpace();
    const next = this.#text[this.#at];
    if (next === '{') return this.#readObject();
    if (next === '[') return this.#readArray();
    if (next === '"') return this.#readString();
    return this.#readScalar();
  }

  #readObject(): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#enter();
    if (this.#skip('}')) return members;
    do {
      this.#skipWhiteSpace();
      const start = this.#at;
      if (this.#text[this.#at] !== '"') throw this.#fault('json-name');
      const name = this.#readString();
      this.#path.push(name);
      if (members.has(name)) {
        throw new VerificationError('E_DUPLICATE_MEMBER', {
          field: this.#pathText(),
          rule: 'member-once',
          actual: this.#position(start),
        });
      }
      if (!this.#skip(':')) throw this.#fault('json-colon');
      members.set(name, this.#readValue());
      this.#path.pop();
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#fault('json-brace');
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
    if (!this.#skip(']')) throw this.#fault('json-bracket');
    return values;
  }

  // Passes the opening bracket. Every open object or array has one path part, or is about to get one.
  #enter(): void {
    if (this.#path.length >= MAX_JSON_DEPTH) {
      throw new VerificationError('E_TOO_LARGE', {
        field: this.#position(this.#at),
        rule: 'max-depth',
        expected: `${MAX_JSON_DEPTH}`,
      });
    }
    this.#at++;
  }

  #readString(): string {
    const start = this.#at;
    const end = this.#findClosingQuote();
    const raw = this.#text.slice(start + 1, end);
    this.#at = end + 1;
    if (end < this.#text.length && !NOT_PLAIN.test(raw)) return raw;
    const quoted = this.#text.slice(start, end + 1);
    let value: string;
    try {
      value = JSON.parse(quoted) as string;
    } catch (cause) {
      throw this.#faultOfString(raw, start + 1, cause);
    }
    this.isExact &&= JSON.stringify(value) === quoted;
    if (isWellFormed(value)) return value;
    throw new VerificationError('E_JSON', {
      field: this.#position(start),
      rule: 'well-formed',
    });
  }

  // The first quote that no backslash takes the meaning from, or the end of the text.
  #findClosingQuote(): number {
    for (let at = this.#text.indexOf('"', this.#at + 1); at !== -1; ) {
      let first = at;
      while (this.#text[first - 1] === '\\') first--;
      if ((at - first) % 2 === 0) return at;
      at = this.#text.indexOf('"', at + 1);
    }
    return this.#text.length;
  }

  // The engine says that there is a fault, but not where.
  #faultOfString(raw: string, start: number, cause: unknown): VerificationError {
    const rest = raw.replace(GOOD_ESCAPE, (good) => '_'.repeat(good.length));
    const at = rest.search(CONTROL_OR_BACKSLASH);
    this.#at = start + (at === -1 ? raw.length : at);
    if (rest[at] !== '\\') return this.#fault('json-quote', cause);
    const isCodeUnit = rest[at + 1] === 'u';
    this.#at += isCodeUnit ? 2 : 1;
    return this.#fault(isCodeUnit ? 'json-digits' : 'json-escape', cause);
  }

  #readScalar(): JsonValue {
    const start = this.#at;
    SCALAR.lastIndex = start; // the pattern is sticky: it matches here or not at all
    const word = SCALAR.exec(this.#text)?.[0];
    if (word === undefined) throw this.#fault('json-value');
    this.#at += word.length;
    const value = JSON.parse(word) as null | boolean | number;
    if (typeof value !== 'number' || (Number.isSafeInteger(value) && `${value}` === word)) {
      return value;
    }
    throw new VerificationError('E_FIELD', {
      field: this.#path.length === 0 ? this.#position(start) : this.#pathText(),
      rule: 'json-integer',
      actual: this.#position(start),
    });
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
      this.isExact = false;
    }
  }

  #pathText(): string {
    const parts = this.#path.map((part, i) => {
      if (typeof part === 'number') return `[${part}]`;
      return i === 0 ? part : `.${part}`;
    });
    return parts.join('');
  }

  #fault(rule: Rule, cause?: unknown): VerificationError {
    const unit = this.#text.charCodeAt(this.#at);
    return new VerificationError('E_JSON', {
      field: this.#position(this.#at),
      rule,
      actual: Number.isNaN(unit) ? undefined : nameOfUnit(unit),
      cause,
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
