/** The trust file: keys with a name, what they are for, and when they were in use. Source of truth: verifier-ux 2.2. @module */
import {
  hexFromBytes,
  isOrigin,
  keyIdFromPublicKey,
  parsePublicKey,
  parseVkey,
  VerificationError,
} from '@kapsel/verification';
import { UsageError } from './usage-error.ts';

export const TRUST_FORMAT = 'kapsel.trust/v1';
export const KEY_KINDS = ['log', 'receipt', 'witness'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** One entry, checked. */
export interface TrustEntry {
  readonly name: string;
  readonly kind: KeyKind;
  readonly publicKey: Uint8Array;
  readonly keyId: string;
  /** The log the key is for; any where null. */
  readonly log: string | null;
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  /** The name that stands in a witness's lines. */
  readonly noteName: string | null;
}

const MEMBERS: readonly string[] = ['name', 'kind', 'public_key', 'log', 'from', 'until'];
const MAX_ENTRIES = 1_000;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;

/** Reads the text of a trust file; every fault is E_KEY_FORMAT or E_KEY_PRIVATE and names the entry, never its key. */
export function parseTrustFile(text: string, label: string): readonly TrustEntry[] {
  const value = parseJsonText(text, label);
  if (!isRecord(value) || value.format !== TRUST_FORMAT) {
    throw refused(label, `is no trust file: "format" must be "${TRUST_FORMAT}"`);
  }
  const extra = Object.keys(value).find((name) => name !== 'format' && name !== 'keys');
  if (extra !== undefined || !Array.isArray(value.keys)) {
    throw refused(label, 'must have the members "format" and "keys", and no other');
  }
  if (value.keys.length > MAX_ENTRIES) throw refused(label, `has more than ${MAX_ENTRIES} keys`);
  const entries = value.keys.map((entry: unknown, i) => readEntry(entry, `${label}: keys[${i}]`));
  const names = entries.map(({ name }) => name);
  if (new Set(names).size !== names.length) throw refused(label, 'uses a name twice');
  return entries;
}

/** The file for these entries, ending in a line break. */
export function encodeTrustFile(entries: readonly TrustEntry[]): string {
  const keys = entries.map(({ name, kind, publicKey, log, fromMs, untilMs }) => ({
    name,
    kind,
    public_key: hexFromBytes(publicKey),
    ...(log === null ? {} : { log }),
    ...(fromMs === null ? {} : { from: new Date(fromMs).toISOString() }),
    ...(untilMs === null ? {} : { until: new Date(untilMs).toISOString() }),
  }));
  return `${JSON.stringify({ format: TRUST_FORMAT, keys }, null, 2)}\n`;
}

/** Reads one entry, from a file or from the options of `keys add`. */
export function readEntry(value: unknown, where: string): TrustEntry {
  if (!isRecord(value)) throw refused(where, 'must be an object');
  const unknown = Object.keys(value).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw refused(where, 'has a member that is not known');
  const { name, kind, public_key: keyText, log = null } = value;
  if (typeof name !== 'string' || !/^\S.{0,99}$/su.test(name) || /[\p{C}]/u.test(name)) {
    throw refused(where, 'needs a "name" of 1 to 100 visible characters');
  }
  const known = KEY_KINDS.find((candidate) => candidate === kind);
  if (known === undefined) throw refused(where, `needs a "kind": ${KEY_KINDS.join(', ')}`);
  if (log !== null && (typeof log !== 'string' || !isOrigin(log))) {
    throw refused(where, 'has a "log" that is no origin of a log');
  }
  if (typeof keyText !== 'string') throw refused(where, 'needs a "public_key"');
  const { publicKey, noteName } = readKey(keyText.trim(), known, name, where);
  const fromMs = readTime(value.from, 'from', where);
  const untilMs = readTime(value.until, 'until', where);
  if (fromMs !== null && untilMs !== null && fromMs >= untilMs) {
    throw refused(where, 'has an "until" that is not after its "from"');
  }
  const keyId = keyIdFromPublicKey(publicKey);
  return { name, kind: known, publicKey, keyId, log, fromMs, untilMs, noteName };
}

function readKey(text: string, kind: KeyKind, name: string, where: string) {
  try {
    const isWitnessVkey = kind === 'witness' && /^[^+\s]+\+[0-9a-f]{8}\+/.test(text);
    if (isWitnessVkey) {
      const { name: noteName, publicKey } = parseVkey(text, 'witness');
      return { publicKey, noteName };
    }
    const { bytes, name: keyName } = parsePublicKey(text);
    return { publicKey: bytes, noteName: keyName ?? name };
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    if (error.code !== 'E_KEY_PRIVATE') throw refused(where, 'holds no Ed25519 public key');
    throw new UsageError('E_KEY_PRIVATE', `${where} holds a private key; it was not used`);
  }
}

function readTime(value: unknown, member: string, where: string): number | null {
  if (value === undefined || value === null) return null;
  const timeMs = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(timeMs)) return timeMs;
  throw refused(where, `has a "${member}" that is no time like 2026-01-15T10:30:45Z`);
}

function parseJsonText(text: string, label: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The engine's message quotes the text, which may be a private key.
    throw refused(label, 'is no JSON');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(where: string, what: string): UsageError {
  return new UsageError('E_KEY_FORMAT', `${where} ${what}`);
}
