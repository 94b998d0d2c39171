/** Reads the bytes of a proof in order: each read is checked against the end, and the work that a file asks for has a bound. @module */
import { VerificationError } from '../errors.ts';
import type { Rule } from '../rule-words.ts';

const MAX_VARUINT_BYTES = 8;
const MAX_WORK_BYTES = 67_108_864; // two bytes of a file can ask for 4 KiB of hashing, and do so again and again

/** A place in bytes from outside. Whatever it refuses names that place. */
export class OtsCursor {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  #at = 0;
  #work = 0;

  /** `start` is where the bytes begin in the file: places are told from the start of the file. */
  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#start = start;
  }

  /** Where the next byte stands in the file. */
  get place(): number {
    return this.#start + this.#at;
  }

  readByte(): number {
    return this.readBytes(1)[0] as number;
  }

  /** The bytes are a copy: nobody who changes the input later changes what was read. */
  readBytes(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw this.refused('ots-cut', this.#start + this.#bytes.length);
    const read = new Uint8Array(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return read;
  }

  /** Unsigned LEB128. A longer form than needed is taken, as other readers take it; we write the shortest. */
  readVaruint(): number {
    const start = this.place;
    let value = 0;
    // Multiplication, not shifts: these are 32 bits wide and would make a height of another height.
    for (let i = 0; i < MAX_VARUINT_BYTES; i++) {
      const byte = this.readByte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      if (Number.isSafeInteger(value)) return value;
      break;
    }
    throw this.refused('ots-varuint', start);
  }

  /** A length and so many bytes. */
  readVarbytes(shortest: number, longest: number): Uint8Array {
    const start = this.place;
    const length = this.readVaruint();
    if (length < shortest || length > longest) throw this.refused('ots-length', start);
    return this.readBytes(length);
  }

  assertEnd(): void {
    if (this.#at < this.#bytes.length) throw this.refused('ots-end');
  }

  /** Notes that so many bytes were hashed or copied. */
  spend(bytes: number): void {
    this.#work += bytes;
    if (this.#work > MAX_WORK_BYTES) throw this.refused('ots-work');
  }

  /** A refusal at this place, or at another one of the file. */
  refused(rule: Rule, place: number = this.place): VerificationError {
    return new VerificationError('E_FIELD', { rule, actual: `${place}` });
  }
}
