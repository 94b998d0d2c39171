/** One setting of the environment: its name, default and sentence, and the parsers of its kinds. @module */
import { readFileSync } from 'node:fs';
import { Secret } from './secret.ts';

export interface Setting<T> {
  readonly name: string;
  readonly fallback: string;
  readonly sentence: string;
  /** Throws an Error whose message completes "NAME …". */
  readonly parse: (text: string) => T;
  /** Taken out of the environment once it is read, so that no child inherits it. */
  readonly isSecret: boolean;
  /** The text may also come from the file that `<NAME>_FILE` names. */
  readonly mayBeFile: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function setting<T>(
  name: string,
  fallback: string,
  parse: (raw: string) => T,
  sentence: string,
): Setting<T> {
  return { name, fallback, parse, sentence, isSecret: false, mayBeFile: false };
}

/** A setting whose value should not stand in the environment: `<NAME>_FILE` may name a file with it instead. */
export function secretSetting<T>(
  name: string,
  parse: (raw: string) => T,
  sentence: string,
): Setting<T> {
  return { name, fallback: '', parse, sentence, isSecret: true, mayBeFile: true };
}

/** The names under which a setting is looked for. */
export function namesOf({ name, mayBeFile }: Setting<unknown>): readonly string[] {
  return mayBeFile ? [name, fileName(name)] : [name];
}

/** The value of a setting. Throws an Error whose message completes "NAME …" and holds nothing of the value. */
export function readSetting<T>(setting: Setting<T>, env: Environment): T {
  return setting.parse(textOf(setting, env));
}

function textOf({ name, fallback, mayBeFile }: Setting<unknown>, env: Environment): string {
  const path = mayBeFile ? env[fileName(name)] : undefined;
  if (path === undefined || path === '') return env[name] ?? fallback;
  if ((env[name] ?? '') !== '') {
    throw new Error(`is set beside ${fileName(name)}: want one of them`);
  }
  let text: string;
  try {
    // The line end is the editor's, not the secret's.
    text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Error(`cannot be read from the file that ${fileName(name)} names`, { cause });
  }
  // Whoever names a file wants a secret: an empty one would silently mean none.
  if (text === '') throw new Error(`is empty in the file that ${fileName(name)} names`);
  return text;
}

function fileName(name: string): string {
  return `${name}_FILE`;
}

// An empty host would mean every address, an empty folder the working one.
export function text(raw: string): string {
  if (raw === '') throw new Error('must not be empty');
  return raw;
}

export function optionalText(raw: string): string | null {
  return raw === '' ? null : raw;
}

export function optionalSecret(raw: string): Secret | null {
  return raw === '' ? null : new Secret(raw);
}

const LEAST_SECRET_CHARS = 32;

/** One that nobody can guess, if it was made by chance; no white space, since it travels in a header. */
export function longSecret(raw: string): Secret | null {
  if (raw === '') return null;
  if (!/^[!-~]+$/.test(raw)) throw new Error('wants visible ASCII characters');
  if (raw.length < LEAST_SECRET_CHARS) {
    throw new Error(`wants at least ${LEAST_SECRET_CHARS} characters`);
  }
  return new Secret(raw);
}

export function whole(least: number, most: number): (raw: string) => number {
  return (raw) => {
    const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new Error(`wants a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

export function flag(raw: string): boolean {
  if (raw === '1' || raw === 'true') return true;
  if (raw === '0' || raw === 'false' || raw === '') return false;
  throw new Error('wants 1 or 0');
}

export function list(raw: string): readonly string[] {
  return raw
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export function logLevel(raw: string): string {
  if (!LOG_LEVELS.includes(raw)) throw new Error(`wants one of ${LOG_LEVELS.join(', ')}`);
  return raw;
}
