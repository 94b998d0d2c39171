/** `kapsel-server keys list|export|protect`: which keys logs have, what verifiers need of them, and encrypting their files. @module */
import { createPublicKey } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeVkey, hexFromBytes } from '@kapsel/verification';
import { timeFromMs } from '../base/clock.ts';
import { ConfigError } from '../base/config.ts';
import type { Db } from '../db/transaction.ts';
import { hasKeyFile, protectKeyFile } from '../keys/key-file.ts';
import { KeyPlaces, type KeySettings } from '../keys/key-places.ts';
import { keySettings } from '../keys/key-settings.ts';
import { listKeyStatements } from '../keys/statement-store.ts';
import { type AttestationKey, listAttestationKeys } from '../keys/store.ts';
import type { Log } from '../logs/log.ts';
import { listLogs } from '../logs/store.ts';
import { type Command, JSON_OPTION } from './command.ts';
import { withDatabase } from './migrated-database.ts';
import { LOG_OPTION, pickLog } from './pick-log.ts';

export const listKeysCommand: Command = {
  words: 'keys list',
  help: 'show the keys of all logs, and which of them this machine holds',
  options: { log: { ...LOG_OPTION, help: 'Only this log, by its name.' }, json: JSON_OPTION },
  async run({ config, print, note }, input) {
    const places = new KeyPlaces(keySettings(config));
    const found = await withDatabase(config, note, async ({ reader }) => {
      const logs =
        input.text('log') === null ? await listLogs(reader) : [await pickLog(reader, input)];
      return Promise.all(logs.map((log) => describeLog(reader, log, places)));
    });
    if (input.flag('json')) {
      print(JSON.stringify(found));
      return undefined;
    }
    for (const { log, name, keys } of found) {
      print(`${log} (${name})`);
      for (const key of keys) {
        const until = key.valid_until === null ? '' : ` until ${key.valid_until}`;
        const held = key.is_held ? `held here (${key.provider})` : 'not held here';
        print(`  ${key.key_id}  ${key.state}, from ${key.valid_from}${until}, ${held}`);
      }
    }
    return undefined;
  },
};

interface ListedLog {
  readonly log: string;
  readonly name: string;
  readonly keys: readonly (KeyJson & { readonly provider: string; readonly is_held: boolean })[];
}

async function describeLog(db: Db, log: Log, places: KeyPlaces): Promise<ListedLog> {
  const keys = await listAttestationKeys(db, log.id);
  const described = keys.map(async (key) => ({
    ...encodeKey(log, key),
    provider: key.provider,
    is_held: (await places.find(key.publicKey)) !== null,
  }));
  return { log: log.origin, name: log.name, keys: await Promise.all(described) };
}

export const exportKeysCommand: Command = {
  words: 'keys export',
  help: 'print what verifiers need: the public keys of a log and the statements about them',
  options: { log: LOG_OPTION, json: JSON_OPTION },
  async run({ config, print, note }, input) {
    const { log, keys, statements } = await withDatabase(config, note, async ({ reader }) => {
      const log = await pickLog(reader, input);
      const keys = await listAttestationKeys(reader, log.id);
      return { log, keys, statements: await listKeyStatements(reader, log.id) };
    });
    const described = keys.map((key) => ({
      ...encodeKey(log, key),
      spki_pem: spkiPem(key.publicKey),
    }));
    const texts = statements.map(({ leafData }) => leafData);
    if (input.flag('json')) {
      const members = { log: log.origin, name: log.name, keys: described, statements: texts };
      print(JSON.stringify(members));
      return undefined;
    }
    print(`Log ${log.origin} (${log.name})`);
    for (const key of described) {
      print('');
      print(`Key         ${key.key_id}`);
      print(`State       ${key.state}`);
      print(`Valid from  ${key.valid_from}`);
      print(`Until       ${key.valid_until ?? 'now'}`);
      print(`Public key  ${key.public_key}`);
      print(`Vkey        ${key.vkey}`);
      print(key.spki_pem.trimEnd());
    }
    if (texts.length > 0) print('\nStatements, in the order of the tree:');
    for (const text of texts) print(text);
    return undefined;
  },
};

/** As the API names the same members. */
interface KeyJson {
  readonly key_id: string;
  readonly public_key: string;
  readonly vkey: string;
  readonly state: string;
  readonly valid_from: string;
  readonly valid_until: string | null;
}

function encodeKey(log: Log, key: AttestationKey): KeyJson {
  return {
    key_id: hexFromBytes(key.keyId),
    public_key: hexFromBytes(key.publicKey),
    vkey: encodeVkey(log.origin, key.publicKey),
    state: key.state,
    valid_from: timeFromMs(key.validFromMs),
    valid_until: key.validUntilMs === null ? null : timeFromMs(key.validUntilMs),
  };
}

function spkiPem(publicKey: Uint8Array): string {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

export const protectKeysCommand: Command = {
  words: 'keys protect',
  help: 'encrypt the plain key files with KAPSEL_KEY_PASSPHRASE',
  options: { json: JSON_OPTION },
  async run({ config, print }, input) {
    const settings = keySettings(config);
    const { passphrase } = settings;
    if (passphrase === null) {
      throw new ConfigError([
        'KAPSEL_KEY_PASSPHRASE is not set: without it there is nothing to encrypt with',
      ]);
    }
    const done: { file: string; changed: boolean }[] = [];
    for (const file of await listKeyFiles(settings)) {
      done.push({ file, changed: await protectKeyFile(file, passphrase) });
    }
    if (input.flag('json')) {
      print(JSON.stringify(done));
      return undefined;
    }
    for (const { file, changed } of done) {
      print(`${file}  ${changed ? 'is encrypted now' : 'was encrypted already'}`);
    }
    if (done.length === 0) print('There are no key files.');
    return undefined;
  },
};

async function listKeyFiles({ firstKeyFile, keysDir }: KeySettings): Promise<string[]> {
  const files = (await hasKeyFile(firstKeyFile)) ? [firstKeyFile] : [];
  if (!(await hasKeyFile(keysDir))) return files;
  const names = (await readdir(keysDir)).filter((name) => name.endsWith('.pem')).sort();
  return [...files, ...names.map((name) => join(keysDir, name))];
}
