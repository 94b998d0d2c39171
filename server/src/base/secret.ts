/** Secret: a text from the operator that no log line, error or JSON shows by accident. @module */

const SHOWN = '[secret]';

/** Whoever needs the text asks for it by name, so that each such place can be found. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN;
  }
}
