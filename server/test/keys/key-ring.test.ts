/** The key of a log: made once, then insisted on. @module */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hexFromBytes, keyIdFromPublicKey, verifyEd25519 } from '@kapsel/verification';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyFileError, makeKeyFile, openFileSigner } from '../../src/keys/file-signer.ts';
import { openLogSigner } from '../../src/keys/key-ring.ts';
import { insertAttestationKey, listAttestationKeys } from '../../src/keys/store.ts';
import { failAt } from '../support/faulty-pool.ts';
import {
  type Bench,
  type BenchLog,
  makeLog,
  makeSigner,
  openBench,
  START_MS,
} from '../support/log-bench.ts';

let bench: Bench;
let log: BenchLog;
let folder: string;
let file: string;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
  folder = await mkdtemp(path.join(tmpdir(), 'kapsel-ring-'));
  file = path.join(folder, 'log-signing-key.pem');
});
afterEach(() => rm(folder, { recursive: true, force: true }));
afterAll(() => bench.close());

const open = (keyFile = file, pool = bench.pool) => openLogSigner(pool, log, keyFile, START_MS);

async function listedKeys(): Promise<string[]> {
  const keys = await listAttestationKeys(bench.pool, log.id);
  return keys.map(({ publicKey }) => hexFromBytes(publicKey));
}

describe('a log without a key', () => {
  it('gets one at its first start, and opens it again at the next', async () => {
    const signer = await open();
    expect(await listAttestationKeys(bench.pool, log.id)).toEqual([
      {
        keyId: Buffer.from(keyIdFromPublicKey(signer.publicKey), 'hex'),
        publicKey: Buffer.from(signer.publicKey),
        validFromMs: START_MS,
        validUntilMs: null,
      },
    ]);
    const again = await open();
    expect(again.publicKey).toEqual(signer.publicKey);
    expect(await listedKeys()).toHaveLength(1);
    const message = new Uint8Array(50);
    expect(verifyEd25519(await again.sign(message), message, signer.publicKey)).toBe(true);
  });

  it('takes up a key file that is there already', async () => {
    await makeKeyFile(file);
    const before = await readFile(file, 'utf8');
    const signer = await open();
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await listedKeys()).toEqual([hexFromBytes(signer.publicKey)]);
  });

  it('gets one key when two servers start at once on one data folder', async () => {
    const pools = [bench.pools.sequencer, bench.pools.api, bench.pools.worker];
    const signers = await Promise.all(pools.map((pool) => open(file, pool)));
    expect(new Set(signers.map(({ publicKey }) => hexFromBytes(publicKey))).size).toBe(1);
    expect(await listedKeys()).toHaveLength(1);
  });

  it('refuses the second of two servers with folders of their own', async () => {
    const runs = await Promise.allSettled([
      open(file, bench.pools.api),
      open(path.join(folder, 'other', 'key.pem'), bench.pools.worker),
    ]);
    expect(runs.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await listedKeys()).toHaveLength(1);
  });

  it('keeps the file it made when the database fails, and goes on with it', async () => {
    // BEGIN, setup lock, list, insert: the last is struck.
    const faulty = failAt(bench.pool, 3, 'before');
    await expect(open(file, faulty.pool)).rejects.toThrow();
    expect(faulty.statements.at(-1)).toContain('INSERT INTO attestation_keys');
    expect(await listedKeys()).toEqual([]);
    const made = await openFileSigner(file);
    expect((await open()).publicKey).toEqual(made.publicKey);
  });
});

describe('a log with a key', () => {
  it('refuses to go on without its file, and makes no other', async () => {
    await open();
    await rename(file, `${file}.away`);
    await expect(open()).rejects.toThrow(KeyFileError);
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(`${file}.away`, file);
    await open();
    expect(await listedKeys()).toHaveLength(1);
  });

  it('refuses another key', async () => {
    await open();
    const other = path.join(folder, 'other.pem');
    await makeKeyFile(other);
    await expect(open(other)).rejects.toThrow(KeyFileError);
    expect(await listedKeys()).toHaveLength(1);
  });

  it('refuses a broken file', async () => {
    await open();
    await writeFile(file, 'garbage');
    await expect(open()).rejects.toThrow(KeyFileError);
  });

  it('does not insist on a key that is over', async () => {
    const old = makeSigner();
    await insertAttestationKey(bench.pool, log.id, {
      keyId: Buffer.from(keyIdFromPublicKey(old.publicKey), 'hex'),
      publicKey: old.publicKey,
      provider: 'file',
      validFromMs: START_MS - 1_000,
    });
    await bench.pool.query('UPDATE attestation_keys SET valid_until = $2 WHERE log_id = $1', [
      log.id,
      new Date(START_MS),
    ]);
    const signer = await open();
    expect(await listedKeys()).toEqual([
      hexFromBytes(old.publicKey),
      hexFromBytes(signer.publicKey),
    ]);
  });
});
