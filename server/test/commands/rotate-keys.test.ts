/** `kapsel-server keys rotate`: what it takes, what it says, and what it refuses before anything is written. @module */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIdFromPublicKey, parseVkey } from '@kapsel/verification';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import { systemClock } from '../../src/base/clock.ts';
import { readConfig } from '../../src/base/config.ts';
import { UsageError } from '../../src/commands/command.ts';
import { rotateKeysCommand } from '../../src/commands/rotate-keys.ts';
import { makeFileSigner } from '../../src/keys/file-signer.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { openLogSigner } from '../../src/keys/key-ring.ts';
import { keySettings } from '../../src/keys/key-settings.ts';
import { KeyError } from '../../src/keys/signer.ts';
import { listKeyStatements } from '../../src/keys/statement-store.ts';
import { listAttestationKeys } from '../../src/keys/store.ts';
import { type Bench, type BenchLog, makeLog, openBench } from '../support/log-bench.ts';
import { type CommandEnd, runCommand } from '../support/run-command.ts';

let bench: Bench;
let log: BenchLog;
let folder: string;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
  folder = await mkdtemp(join(tmpdir(), 'kapsel-rotate-command-'));
  const places = new KeyPlaces(keySettings(readConfig(env())));
  await openLogSigner(bench.pool, log, places, systemClock.nowMs());
});
afterEach(() => rm(folder, { recursive: true, force: true }));
afterAll(() => bench.close());

function env(): Record<string, string> {
  return { DATABASE_URL: bench.connectionString, KAPSEL_DATA: folder };
}

const run = (...args: string[]): Promise<CommandEnd> =>
  runCommand(rotateKeysCommand, ['--log', log.name, ...args], env());
const statesOf = async (): Promise<string[]> =>
  (await listAttestationKeys(bench.pool, log.id)).map(({ state }) => state);

describe('keys rotate', () => {
  it('makes a key, switches to it, and says what to publish', async () => {
    const answer = (await run('--json')).json();
    expect(answer).toMatchObject({ log: log.origin, name: log.name, resumed: false, tree_size: 1 });
    const { publicKey } = parseVkey(String(answer.vkey), 'log');
    expect(Buffer.from(publicKey).toString('hex')).toBe(answer.public_key);
    expect(keyIdFromPublicKey(publicKey)).toBe(answer.key_id);
    const { lines } = await run();
    const [, key] = await listAttestationKeys(bench.pool, log.id).then((keys) => keys.slice(1));
    expect(lines.join('\n')).toContain(Buffer.from(key?.publicKey ?? []).toString('hex'));
    expect(await statesOf()).toEqual(['retired', 'retired', 'active']);
    await checkTree(bench.pool, log);
  });

  it('takes the operator’s key from a file, and one that is held by its id', async () => {
    const theirs = join(folder, 'theirs.pem');
    const { publicKey } = await makeFileSigner(() => theirs);
    expect((await run('--key', theirs, '--json')).json().key_id).toBe(
      keyIdFromPublicKey(publicKey),
    );
    const held = await new KeyPlaces(keySettings(readConfig(env()))).make();
    const keyId = keyIdFromPublicKey(held.publicKey);
    expect((await run('--key-id', keyId, '--json')).json().key_id).toBe(keyId);
    // Used once is used up: verifiers refuse a chain that returns to a key.
    await expect(run('--key', theirs)).rejects.toThrow(KeyError);
    expect(await statesOf()).toEqual(['retired', 'retired', 'active']);
  });

  it('revokes after a theft', async () => {
    await run('--emergency', '--stolen-at', '2026-01-15T10:30:45Z');
    const statements = await listKeyStatements(bench.pool, log.id);
    expect(statements.map(({ action }) => action)).toEqual(['rotate', 'revoke']);
    expect(statements[1]?.validFromMs).toBe(Date.parse('2026-01-15T10:30:45Z'));
    expect(await statesOf()).toEqual(['revoked', 'active']);
  });

  it.each([
    ['a theft without its time', ['--emergency']],
    ['a time without a theft', ['--stolen-at', '2026-01-15T10:30:45Z']],
    ['a time that is none', ['--emergency', '--stolen-at', 'yesterday']],
    ['a time without a zone', ['--emergency', '--stolen-at', '2026-01-15T10:30:45']],
    ['a day that is none', ['--emergency', '--stolen-at', '2026-13-15T10:30:45Z']],
    ['a theft to come', ['--emergency', '--stolen-at', '9999-01-15T10:30:45Z']],
    ['two next keys', ['--key', 'a', '--key-id', 'b']],
    ['an id that is none', ['--key-id', '../a']],
    ['a log that is not there', ['--log', 'nowhere']],
  ])('refuses %s', async (_what, args) => {
    await expect(run(...args)).rejects.toThrow(UsageError);
    expect(await statesOf()).toEqual(['active']);
  });

  it.each([
    ['no key file', (): string[] => ['--key', join(folder, 'none.pem')]],
    ['a key that is not here', (): string[] => ['--key-id', '0'.repeat(64)]],
  ])('fails with %s, and nothing is announced', async (_what, args) => {
    await expect(run(...args())).rejects.toThrow(KeyError);
    expect(await statesOf()).toEqual(['active']);
  });

  it('fails with a broken key in the environment before it looks at the database', async () => {
    await writeFile(join(folder, 'x'), '');
    const broken = {
      ...env(),
      KAPSEL_SIGNING_KEY: 'hunter2',
      DATABASE_URL: 'postgres://127.0.0.1:1/',
    };
    await expect(runCommand(rotateKeysCommand, [], broken)).rejects.toThrow(KeyError);
  });
});
