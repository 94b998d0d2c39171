/** `kapsel-server keys list|export|protect`: what they print is what verifiers read, and never a private byte. @module */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equalBytes, parsePublicKey } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { exportKeysCommand, listKeysCommand, protectKeysCommand } from '../../src/commands/keys.ts';
import { rotateKeysCommand } from '../../src/commands/rotate-keys.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { openLogSigner } from '../../src/keys/key-ring.ts';
import { keySettings } from '../../src/keys/key-settings.ts';
import { KeyError } from '../../src/keys/signer.ts';
import { listKeyStatements } from '../../src/keys/statement-store.ts';
import { listAttestationKeys } from '../../src/keys/store.ts';
import { ensureSharedLog } from '../../src/logs/ensure-shared.ts';
import type { Log } from '../../src/logs/log.ts';
import { type Bench, giveSigner, makeLog, openBench } from '../support/log-bench.ts';
import { runCommand } from '../support/run-command.ts';

let bench: Bench;
let folder: string;
let shared: Log;
let env: Record<string, string>;
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-keys-command-'));
  env = { DATABASE_URL: bench.connectionString, KAPSEL_DATA: folder };
  const nowMs = systemClock.nowMs();
  shared = await ensureSharedLog(bench.pool, 'log.kapsel.test/shared', nowMs);
  await openLogSigner(bench.pool, shared, new KeyPlaces(keySettings(readConfig(env))), nowMs);
  await runCommand(rotateKeysCommand, [], env);
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

it('list names all logs, and which keys are held here', async () => {
  const other = await makeLog(bench.pool);
  await giveSigner(bench.pool, other);
  const logs = (await runCommand(listKeysCommand, ['--json'], env)).json() as unknown as {
    name: string;
    keys: { state: string; is_held: boolean }[];
  }[];
  expect(logs.map(({ name }) => name)).toEqual(['shared', other.name]);
  expect(logs.map(({ keys }) => keys.map(({ state, is_held }) => [state, is_held]))).toEqual([
    [
      ['retired', true],
      ['active', true],
    ],
    [['active', false]],
  ]);
  const { lines } = await runCommand(listKeysCommand, ['--log', other.name], env);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('not held here');
});

it('export prints each key in forms that verifiers read, with the statements', async () => {
  const keys = await listAttestationKeys(bench.pool, shared.id);
  const answer = (await runCommand(exportKeysCommand, ['--json'], env)).json() as {
    log: string;
    keys: { public_key: string; vkey: string; spki_pem: string; key_id: string }[];
    statements: string[];
  };
  expect(answer.log).toBe(shared.origin);
  for (const [i, { public_key, vkey, spki_pem, key_id }] of answer.keys.entries()) {
    for (const text of [public_key, vkey, spki_pem.trim()]) {
      const read = parsePublicKey(text);
      expect(equalBytes(read.bytes, keys[i]?.publicKey ?? new Uint8Array())).toBe(true);
      expect(read.keyId).toBe(key_id);
    }
  }
  const statements = await listKeyStatements(bench.pool, shared.id);
  expect(answer.statements).toEqual(statements.map(({ leafData }) => leafData));
  const { lines } = await runCommand(exportKeysCommand, [], env);
  const text = lines.join('\n');
  for (const { public_key, vkey } of answer.keys) {
    expect(text).toContain(public_key);
    expect(text).toContain(vkey);
  }
  expect(text).toContain(answer.statements[0]);
  expect(text).not.toContain('PRIVATE');
});

it('protect wants a passphrase, then encrypts all files once', async () => {
  await expect(runCommand(protectKeysCommand, [], env)).rejects.toThrow(ConfigError);
  const secret = { ...env, KAPSEL_KEY_PASSPHRASE: 'correct horse battery staple' };
  const changes = async (): Promise<boolean[]> => {
    const { lines } = await runCommand(protectKeysCommand, ['--json'], secret);
    return (JSON.parse(lines[0] ?? '') as { changed: boolean }[]).map(({ changed }) => changed);
  };
  expect(await changes()).toEqual([true, true]);
  expect(await changes()).toEqual([false, false]);
  const [further = ''] = await readdir(join(folder, 'keys'));
  for (const file of [join(folder, 'log-signing-key.pem'), join(folder, 'keys', further)]) {
    expect(await readFile(file, 'utf8')).toContain('ENCRYPTED');
  }
  await expect(runCommand(listKeysCommand, [], env)).rejects.toThrow(KeyError);
  const { lines } = await runCommand(listKeysCommand, ['--log', 'shared'], secret);
  expect(lines.filter((line) => line.includes('held here (file)'))).toHaveLength(2);
  const nothing = { ...secret, KAPSEL_DATA: join(folder, 'empty') };
  expect((await runCommand(protectKeysCommand, [], nothing)).lines).toHaveLength(1);
});
