/** The key of a log: made once, then insisted on. @module */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hexFromBytes, keyIdFromPublicKey, verifyEd25519 } from '@kapsel/verification';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeFileSigner, openFileSigner } from '../../src/keys/file-signer.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { createKeyRing, openLogSigner } from '../../src/keys/key-ring.ts';
import { KeyError, type Signer } from '../../src/keys/signer.ts';
import {
  activateKey,
  endActiveKey,
  insertAttestationKey,
  listAttestationKeys,
} from '../../src/keys/store.ts';
import { failAt } from '../support/faulty-pool.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
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

const placesAt = (firstKeyFile = file): KeyPlaces =>
  new KeyPlaces({
    firstKeyFile,
    keysDir: path.join(folder, 'keys'),
    passphrase: null,
    environment: null,
  });

async function open(keyFile = file, pool = bench.pool): Promise<Signer> {
  const signer = await openLogSigner(pool, log, placesAt(keyFile), START_MS);
  if (signer === null) throw new Error('the log has no active key');
  return signer;
}

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
        provider: 'file',
        state: 'active',
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
    await makeFileSigner(() => file);
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
    await expect(open()).rejects.toThrow(KeyError);
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(`${file}.away`, file);
    await open();
    expect(await listedKeys()).toHaveLength(1);
  });

  it('refuses another key', async () => {
    await open();
    const other = path.join(folder, 'other.pem');
    await makeFileSigner(() => other);
    await expect(open(other)).rejects.toThrow(KeyError);
    expect(await listedKeys()).toHaveLength(1);
  });

  it('refuses a broken file', async () => {
    await open();
    await writeFile(file, 'garbage');
    await expect(open()).rejects.toThrow(KeyError);
  });

  it('that is over and has no successor opens without one, and is given no other', async () => {
    await open();
    await endActiveKey(bench.pool, log.id, 'revoked', START_MS + 1);
    expect(await openLogSigner(bench.pool, log, placesAt(), START_MS)).toBeNull();
    expect(await listedKeys()).toHaveLength(1);
  });
});

describe('the ring', () => {
  it('answers the signer of the active key, each time as the database sees it', async () => {
    const places = placesAt();
    const ring = createKeyRing(places);
    expect(await ring.signerOf(bench.pool, log.id)).toBeNull();
    const first = await open();
    expect((await ring.signerOf(bench.pool, log.id))?.publicKey).toEqual(first.publicKey);

    const next = await places.make();
    const keyId = Buffer.from(keyIdFromPublicKey(next.publicKey), 'hex');
    await insertAttestationKey(bench.pool, log.id, {
      keyId,
      publicKey: next.publicKey,
      provider: next.provider,
      validFromMs: START_MS + 1,
      state: 'announced',
    });
    expect((await ring.signerOf(bench.pool, log.id))?.publicKey).toEqual(first.publicKey);
    await endActiveKey(bench.pool, log.id, 'retired', START_MS + 1);
    expect(await ring.signerOf(bench.pool, log.id)).toBeNull();
    await activateKey(bench.pool, log.id, keyId, START_MS + 1);
    expect((await ring.signerOf(bench.pool, log.id))?.publicKey).toEqual(next.publicKey);
  });

  it('answers null for a key that this process does not hold', async () => {
    await giveSigner(bench.pool, log);
    expect(await createKeyRing(placesAt()).signerOf(bench.pool, log.id)).toBeNull();
  });
});
