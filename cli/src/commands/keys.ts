/** `kapsel-verify keys`: lists and changes the trust file of the user. Source of truth: verifier-ux 2.1 and 2.2. @module */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { shortKeyId } from '@kapsel/verification';
import type { Host } from '../host.ts';
import { type Look, tellLines } from '../options.ts';
import { writeTextFile } from '../output-file.ts';
import { ownTrustPath, readTrustEntries } from '../pinned-keys.ts';
import { safe } from '../render/checks.ts';
import { readSource } from '../source.ts';
import { encodeTrustFile, readEntry, type TrustEntry } from '../trust-file.ts';
import { UsageError } from '../usage-error.ts';

export interface KeysOptions {
  readonly trustFiles: readonly string[];
  readonly look: Look;
}

/** What `keys add` was told of the key. */
export interface NewKey {
  readonly name: string;
  readonly key: string;
  readonly kind: string;
  readonly log?: string;
  readonly from?: string;
  readonly until?: string;
}

export async function listKeys(host: Host, options: KeysOptions): Promise<number> {
  const path = trustPath(host, options);
  const entries = await entriesOrNone(host, path);
  const rows = entries.map(
    ({ name, kind, keyId, log }) =>
      `${safe(name).padEnd(24)}  ${kind.padEnd(7)}  ${shortKeyId(keyId)}${log === null ? '' : `  ${safe(log)}`}`,
  );
  const none = [`no keys in ${safe(path)}`];
  tellLines(host, options.look, rows.length === 0 ? none : rows);
  return 0;
}

export async function showKey(host: Host, name: string, options: KeysOptions): Promise<number> {
  const entries = await entriesOrNone(host, trustPath(host, options));
  const entry = findEntry(entries, name);
  tellLines(host, options.look, [
    `name        ${safe(entry.name)}`,
    `kind        ${entry.kind}`,
    `public key  ${Buffer.from(entry.publicKey).toString('hex')}`,
    `key id      ${entry.keyId}`,
    `log         ${entry.log === null ? 'any' : safe(entry.log)}`,
    `from        ${timeOrAny(entry.fromMs)}`,
    `until       ${timeOrAny(entry.untilMs)}`,
  ]);
  return 0;
}

export async function addKey(host: Host, added: NewKey, options: KeysOptions): Promise<number> {
  const path = trustPath(host, options);
  const entries = await entriesOrNone(host, path);
  const { key, ...rest } = added;
  const text = key.startsWith('@') ? await keyFromFile(host, key.slice(1)) : key;
  const entry = readEntry({ ...rest, public_key: text }, 'the new key');
  if (entries.some(({ name }) => name === entry.name)) {
    throw new UsageError('E_USAGE', 'this name is taken; remove it first, or choose another');
  }
  await save(path, [...entries, entry]);
  tellLines(host, options.look, [
    `added ${safe(entry.name)}, key id ${shortKeyId(entry.keyId)}, to ${safe(path)}`,
    'Compare the key id with the one the operator publishes: whoever you take this key from, you trust.',
  ]);
  return 0;
}

export async function removeKey(host: Host, name: string, options: KeysOptions): Promise<number> {
  const path = trustPath(host, options);
  const entries = await entriesOrNone(host, path);
  const entry = findEntry(entries, name);
  await save(
    path,
    entries.filter((other) => other !== entry),
  );
  tellLines(host, options.look, [`removed ${safe(entry.name)} from ${safe(path)}`]);
  return 0;
}

function timeOrAny(timeMs: number | null): string {
  return timeMs === null ? 'any time' : new Date(timeMs).toISOString();
}

function trustPath(host: Host, { trustFiles }: KeysOptions): string {
  if (trustFiles.length > 1) throw new UsageError('E_USAGE', 'keys works on one trust file');
  const named = host.env.KAPSEL_TRUST ?? '';
  const path = trustFiles[0] ?? (named === '' ? ownTrustPath(host.env) : named);
  if (path !== null) return path;
  throw new UsageError('E_USAGE', 'no place for a trust file is known here; name one with --trust');
}

async function entriesOrNone(host: Host, path: string): Promise<readonly TrustEntry[]> {
  const source = await readSource(host, path, 1);
  if (source.kind === 'unreadable' && source.reason === 'there is no such file') return [];
  return readTrustEntries(host, path);
}

async function keyFromFile(host: Host, path: string): Promise<string> {
  const source = await readSource(host, path, 65_536);
  if (source.kind === 'bytes') return Buffer.from(source.bytes).toString('utf8');
  const reason = source.kind === 'unreadable' ? source.reason : 'it is too large';
  throw new UsageError('E_IO', `cannot read the key file: ${reason}`);
}

function findEntry(entries: readonly TrustEntry[], name: string): TrustEntry {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  throw new UsageError(
    'E_USAGE',
    'there is no key of this name; kapsel-verify keys list shows all',
  );
}

async function save(path: string, entries: readonly TrustEntry[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeTextFile(path, encodeTrustFile(entries));
}
