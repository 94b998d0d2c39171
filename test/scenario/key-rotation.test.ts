/** Keys change under a running server, by the real commands; every proof ever handed out goes on verifying with the real verifier. @module */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkTree } from '../support/check-log.ts';
import { part } from '../support/parts.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { runProgram, runVerifier } from '../support/run-program.ts';
import {
  ApiClient,
  runServer,
  type ServerProcess,
  type Settings,
  spawnServer,
  startServer,
  testSettings,
} from '../support/server-process.ts';

let database: TestDatabase;
let folder: string;
let settings: Settings;
let receiver: ReceiverProcess;
let server: ServerProcess;
let api: ApiClient;
let apiKey: string;
let endpointId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-rotation-'));
  settings = testSettings(database.connectionString, join(folder, 'data'));
  receiver = await startReceiver();
  await start();
  endpointId = await api.endpoint(receiver.url);
});

afterAll(async () => {
  expect(await server.end()).toMatchObject({ code: 0, signal: null });
  // The log's own audit reads the history of keys as verifiers do.
  expect(await command('audit')).toMatchObject({ code: 0 });
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  const { rows } = await client.query<{ id: string; origin: string }>(
    'SELECT id, origin FROM logs',
  );
  expect(rows).toHaveLength(2);
  // All heads of each log, and that no key signed after its successor.
  for (const log of rows) expect((await checkTree(client, log)).heads.length).toBeGreaterThan(0);
  await client.end();
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

async function start(): Promise<void> {
  server = await startServer(settings);
  apiKey = server.apiKey ?? apiKey;
  api = new ApiClient(server.url, apiKey);
}

interface Command {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const command = (words: string, more: Settings = {}): Promise<Command> =>
  runServer(words.split(' '), { ...settings, ...more });

/** The answer of a command that succeeds, as JSON. */
async function answerOf(words: string, more: Settings = {}): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await command(`${words} --json`, more);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

let saved = 0;

/** Delivers a webhook and answers the file with its proof, under a head that satisfies `isIt`. */
async function deliver(isIt: (head: HeadJson) => boolean): Promise<string> {
  const eventId = await api.ingest(endpointId, `webhook ${saved}`);
  const { attempts } = await api.eventWhen(eventId, ({ status }) => status === 'delivered');
  const [attempt] = attempts;
  if (attempt === undefined) throw new Error('a delivered event has an attempt');
  const text = await api.proof(attempt);
  expect(isIt(JSON.parse(text).signed_tree_head), text).toBe(true);
  saved += 1;
  const file = join(folder, `proof-${saved}.json`);
  await writeFile(file, text);
  return file;
}

interface HeadJson {
  readonly public_key: string;
  readonly log: string;
}

/** Exit code of the verifier with this one key pinned. */
async function verify(file: string, publicKey: unknown): Promise<number | null> {
  return (await runVerifier('--proof', file, '--public-key', String(publicKey))).code;
}

// SHA-256 of the public key that belongs to the seed of 32 bytes 07; from openssl.
const KEY_ID_OF_SEED = 'fe812c12f3ab4ce6ac5db69ac352f906cb1b11ef43fb33e252ef7ff552263889';

const VERIFIED = 0;
const UNTRUSTED = 4;

describe('the key of the shared log', () => {
  const keys: string[] = [];
  const files: string[] = [];

  it('signs what is delivered before', async () => {
    keys.push(server.publicKey);
    files.push(await deliver((head) => head.public_key === server.publicKey));
    expect(await verify(files[0] ?? '', keys[0])).toBe(VERIFIED);
  });

  it.each([
    ['is rotated', ''],
    ['is replaced after a theft', ' --emergency --stolen-at 2025-01-15T10:30:45Z'],
    ['is rotated again', ''],
  ])(
    '%s while the server runs, and proofs verify with the old pinned key and the new one',
    async (_what, options) => {
      const answer = await answerOf(`keys rotate${options}`);
      expect(answer).toMatchObject({ name: 'shared', resumed: false });
      keys.push(String(answer.public_key));
      const [oldest, newest] = [keys[0], keys.at(-1)];
      expect(newest).not.toBe(oldest);
      const file = await deliver((head) => head.public_key === newest);
      files.push(file);
      for (const key of keys) expect(await verify(file, key)).toBe(VERIFIED);
      // Every package that was ever downloaded, with the key that was pinned then.
      for (const [i, older] of files.entries()) expect(await verify(older, keys[i])).toBe(VERIFIED);
      // A key that came later does not vouch backwards.
      expect(await verify(files[0] ?? '', newest)).toBe(UNTRUSTED);
      const { mode } = await stat(join(folder, 'data', 'keys', `${answer.key_id}.pem`));
      expect(mode & 0o777).toBe(0o600);
    },
  );

  it('has a history that verifiers can be given', async () => {
    const { keys: exported, statements } = await answerOf('keys export');
    expect(exported).toMatchObject([
      { public_key: keys[0], state: 'retired' },
      { public_key: keys[1], state: 'revoked', valid_until: '2025-01-15T10:30:45.000Z' },
      { public_key: keys[2], state: 'retired' },
      { public_key: keys[3], state: 'active', valid_until: null },
    ]);
    expect((statements as string[]).map((text) => JSON.parse(text).action)).toEqual([
      'rotate',
      'rotate',
      'revoke',
      'rotate',
    ]);
    // Each form that is printed is one the verifier takes.
    const [first] = exported as { vkey: string; spki_pem: string }[];
    const pem = join(folder, 'first.pem');
    await writeFile(pem, first?.spki_pem ?? '');
    expect(await verify(files.at(-1) ?? '', first?.vkey)).toBe(VERIFIED);
    expect(await verify(files.at(-1) ?? '', `@${pem}`)).toBe(VERIFIED);
    const { stdout } = await command('keys export');
    for (const key of keys) expect(stdout).toContain(key);
    expect(stdout).not.toContain('PRIVATE');
  });

  it('is held here, and its files can be encrypted while the server runs', async () => {
    const passphrase = join(folder, 'passphrase');
    await writeFile(passphrase, 'correct horse battery staple\n');
    const secret = { KAPSEL_KEY_PASSPHRASE_FILE: passphrase };
    expect(await command('keys protect')).toMatchObject({ code: 2 });
    const { stdout } = await command('keys protect', secret);
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    for (const line of stdout.trimEnd().split('\n')) {
      const [file = ''] = line.split('  ');
      expect(await readFile(file, 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    }
    const wrong = await command('keys list', { KAPSEL_KEY_PASSPHRASE: 'wrong' });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('.pem');
    expect(wrong.stderr).toContain('KAPSEL_KEY_PASSPHRASE');
    const { stdout: list } = await command('keys list', secret);
    expect(list.match(/held here/g)).toHaveLength(4);

    // The next start needs it, and goes on with the same key.
    expect(await server.end()).toMatchObject({ code: 0 });
    const refused = await command('serve');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('.pem is encrypted');
    settings = { ...settings, ...secret };
    await start();
    expect(server.publicKey).toBe(keys.at(-1));
    files.push(await deliver((head) => head.public_key === keys.at(-1)));
    expect(await verify(files.at(-1) ?? '', keys[0])).toBe(VERIFIED);
  });

  it('can come from the environment, and then no text of ours shows it', async () => {
    const seed = Buffer.alloc(32, 7).toString('base64');
    const withKey = { ...settings, KAPSEL_SIGNING_KEY: seed, KAPSEL_LOG_LEVEL: 'debug' };
    const { key_id } = await answerOf(`keys rotate --key-id ${KEY_ID_OF_SEED}`, withKey);
    expect(key_id).toBe(KEY_ID_OF_SEED);
    // Without it a server serves what is signed, but it does not start: the key is not there.
    const ended = await server.end();
    const refused = await command('serve');
    expect(refused.code).toBe(1);
    settings = withKey;
    await start();
    files.push(await deliver((head) => head.public_key === server.publicKey));
    expect(await verify(files.at(-1) ?? '', keys[0])).toBe(VERIFIED);
    const texts = [ended, refused, await command('keys list', withKey)];
    for (const { stdout, stderr } of texts) expect(stdout + stderr).not.toContain(seed);
  });

  it('goes on where a killed command left it', async () => {
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    const { rows } = await client.query<{ id: string }>('SELECT id FROM logs');
    // While somebody else seems to sequence, the command waits between its first and its last commit.
    const key = [`sequence ${rows[0]?.id}`];
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', key);
    const { child, ended } = spawnServer(['keys', 'rotate'], settings);
    await vi.waitFor(
      async () => {
        const found = await client.query(
          "SELECT 1 FROM attestation_keys WHERE state = 'announced'",
        );
        expect(found.rows).toHaveLength(1);
      },
      { interval: 50, timeout: 30_000 },
    );
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    await client.end();

    const old = server.publicKey;
    files.push(await deliver((head) => head.public_key === old));
    const { public_key: next, resumed } = await answerOf('keys rotate');
    expect(resumed).toBe(true);
    files.push(await deliver((head) => head.public_key === next));
    for (const pinned of [keys[0], old, next]) {
      expect(await verify(files.at(-1) ?? '', pinned)).toBe(VERIFIED);
    }
    expect(await verify(files.at(-2) ?? '', old)).toBe(VERIFIED);
    expect(await verify(files.at(-2) ?? '', next)).toBe(UNTRUSTED);
  });
});

describe('a tenant’s own log', () => {
  it('has its own origin and key, and its proofs verify with that key alone', async () => {
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    const { rows } = await client.query<{ id: string }>('SELECT id FROM tenants');
    await client.end();
    const tenant = rows[0]?.id ?? '';
    const { keys: ofShared } = await answerOf('keys export');
    const shared = (ofShared as { public_key: string }[]).at(-1)?.public_key;
    const create = `logs create --tenant ${tenant} --name acme --origin log.acme.example/1`;
    const log = await answerOf(create);
    expect(log).toMatchObject({ log: 'log.acme.example/1', name: 'acme', is_public: false });
    const file = await deliver(
      (head) => head.public_key === log.public_key && head.log === 'log.acme.example/1',
    );
    expect(await verify(file, log.public_key)).toBe(VERIFIED);
    expect(await verify(file, log.vkey)).toBe(VERIFIED);
    expect(await verify(file, shared)).toBe(UNTRUSTED);

    const { public_key: next } = await answerOf('keys rotate --log acme');
    const later = await deliver((head) => head.public_key === next);
    for (const key of [log.public_key, next]) expect(await verify(later, key)).toBe(VERIFIED);
    expect(await verify(later, shared)).toBe(UNTRUSTED);
    expect(await answerOf('logs list')).toMatchObject([
      { name: 'shared', tenant_id: null },
      { name: 'acme', tenant_id: tenant, halted_reason: null },
    ]);
    for (const again of [create, create.replace('acme', 'acme-2')]) {
      expect(await command(again)).toMatchObject({ code: 2, stdout: '' });
    }
  });
});

describe('openssl', () => {
  it.skipIf(!part('openssl'))('reads the encrypted key files', async () => {
    const { stdout } = await command('keys protect');
    const [file = ''] = stdout.split('  ');
    const openssl = (pass: string) =>
      runProgram('openssl', ['pkey', '-in', file, '-passin', `pass:${pass}`, '-pubout']);
    const { code, stdout: pem } = await openssl('correct horse battery staple');
    expect([code, pem.split('\n')[0]]).toEqual([0, '-----BEGIN PUBLIC KEY-----']);
    expect((await openssl('wrong')).code).not.toBe(0);
  });
});
