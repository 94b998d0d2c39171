/** The options all commands share, from text to values. Source of truth: verifier-ux 2.2. @module */
import type { Host } from './host.ts';
import { type ColourChoice, colorLevel, type Painter, painterOfLevel } from './render/colour.ts';
import { asciiFromText } from './render/glyphs.ts';
import { UsageError } from './usage-error.ts';

/** As commander hands them over. */
export interface RawOptions {
  readonly publicKey?: string[];
  readonly trust?: string[];
  readonly quiet?: true;
  readonly silent?: true;
  /** How often it was given. */
  readonly verbose?: number;
  readonly now?: string;
  /** `false` comes from `--no-color`. */
  readonly color?: ColourChoice | boolean;
  readonly ascii?: true;
}

/** How much is printed. */
export type Amount = 'nothing' | 'problems' | 'normal' | 'details' | 'timing';

/** How results look. */
export interface Look {
  readonly amount: Amount;
  readonly paint: Painter;
  readonly ascii: boolean;
}

export interface CommonOptions {
  readonly publicKeys: readonly string[];
  readonly trustFiles: readonly string[];
  readonly nowMs: number;
  readonly look: Look;
}

/** Checks the values; of several amounts the quietest wins. */
export function parseCommonOptions(host: Host, raw: RawOptions): CommonOptions {
  const choice = typeof raw.color === 'string' ? raw.color : raw.color === false ? 'never' : 'auto';
  return {
    publicKeys: raw.publicKey ?? [],
    trustFiles: raw.trust ?? [],
    nowMs: raw.now === undefined ? host.nowMs() : parseTime(raw.now),
    look: {
      amount: amountOfOptions(raw),
      paint: painterOfLevel(colorLevel(host.stdout, host.env, choice)),
      ascii: raw.ascii === true,
    },
  };
}

/** Whether all that is known is told. */
export function isFullLook({ amount }: Look): boolean {
  return amount === 'details' || amount === 'timing';
}

/** Writes lines to stdout the way the user wants them. */
export function tellLines(host: Host, look: Look, lines: readonly string[]): void {
  if (look.amount === 'nothing' || lines.length === 0) return;
  const text = `${lines.join('\n')}\n`;
  host.stdout.write(look.ascii ? asciiFromText(text) : text);
}

function amountOfOptions(raw: RawOptions): Amount {
  if (raw.silent === true) return 'nothing';
  if (raw.quiet === true) return 'problems';
  if (raw.verbose === undefined || raw.verbose === 0) return 'normal';
  return raw.verbose === 1 ? 'details' : 'timing';
}

// RFC 3339 with whole or milli seconds, in UTC.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;

/** Unix milliseconds. A day like 30 February is refused, not moved into March. */
export function parseTime(text: string): number {
  const timeMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  const isReal =
    Number.isSafeInteger(timeMs) &&
    new Date(timeMs).toISOString().slice(0, 19) === text.slice(0, 19);
  if (!isReal) {
    throw new UsageError('E_USAGE', "option '--now' needs a time like 2026-01-15T10:30:45Z");
  }
  return timeMs;
}
