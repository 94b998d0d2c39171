/** Puts the typed words into the one order commander reads without surprises. Source of truth: verifier-ux 2.1 and 2.2. @module */
import { UsageError } from './usage-error.ts';

/** What must be known about the options, taken from the commands themselves. */
export interface OptionWords {
  /** Flags that are followed by a value: `--proof`. */
  readonly withValue: ReadonlySet<string>;
  /** Flags without a value: `-v`. */
  readonly withoutValue: ReadonlySet<string>;
  /** Flags whose value may only stand behind `=`, with the value a bare flag means: `--explain` -> `text`. */
  readonly bareValue: ReadonlyMap<string, string>;
  /** Words that are commands when they come first. */
  readonly commands: ReadonlySet<string>;
}

/**
 * Three habits of commander 14 would surprise: `-- watch` still runs the command `watch`, `--explain proof.json` takes
 * the file for the option's value, and files keep no order with `--proof`. So the words are put in order here: the
 * command first, each value joined to its flag, and, where no command is named, each file as `--proof=FILE`.
 */
export function orderArguments(argv: readonly string[], known: OptionWords): string[] {
  const command = findCommand(argv, known);
  const ordered: string[] = [];
  let onlyFiles = false;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (i === command) continue;
    if (onlyFiles || !isFlag(word)) {
      ordered.push(command === null ? `--proof=${word}` : word);
    } else if (word === '--') {
      onlyFiles = true;
      if (command !== null) ordered.push(word);
    } else if (known.withValue.has(word)) {
      ordered.push(`${word}=${readValue(argv, i, known)}`);
      i++;
    } else {
      const bare = known.bareValue.get(word);
      ordered.push(bare === undefined ? word : `${word}=${bare}`);
    }
  }
  const name = command === null ? undefined : argv[command];
  return name === undefined ? ordered : [name, ...ordered];
}

/** The place of the first positional, when that word is a command and does not come after `--`. */
function findCommand(argv: readonly string[], known: OptionWords): number | null {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') return null;
    if (known.withValue.has(word)) i++;
    else if (!isFlag(word)) return known.commands.has(word) ? i : null;
  }
  return null;
}

/** A lone `-` is standard input, not a flag. */
function isFlag(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

/** The word after a flag; another flag there means that the value was forgotten (PEM text begins with dashes, too). */
function readValue(argv: readonly string[], place: number, known: OptionWords): string {
  const flag = argv[place] ?? '';
  const value = argv[place + 1];
  if (value === undefined) throw new UsageError('E_USAGE', `option '${flag}' needs a value`);
  const name = value.split('=', 1)[0] ?? '';
  const isKnownFlag =
    name === '--' ||
    known.withValue.has(name) ||
    known.withoutValue.has(name) ||
    known.bareValue.has(name);
  if (isKnownFlag) {
    throw new UsageError('E_USAGE', `option '${flag}' needs a value, got the option '${name}'`);
  }
  return value;
}
