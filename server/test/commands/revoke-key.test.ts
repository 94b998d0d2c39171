/** `kapsel-server keys revoke`: words in, a revoked key out. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { readConfig } from '../../src/base/config.ts';
import { UsageError } from '../../src/commands/command.ts';
import { revokeKeyCommand } from '../../src/commands/revoke-key.ts';
import { rotateKeysCommand } from '../../src/commands/rotate-keys.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { openLogSigner } from '../../src/keys/key-ring.ts';
import { keySettings } from '../../src/keys/key-settings.ts';
import { listAttestationKeys } from '../../src/keys/store.ts';
import { ensureSharedLog } from '../../src/logs/ensure-shared.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { runCommand } from '../support/run-command.ts';

let bench: Bench;
let folder: string;
let env: Record<string, string>;
let ids: string[];
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-revoke-command-'));
  env = { DATABASE_URL: bench.connectionString, KAPSEL_DATA: folder };
  const nowMs = systemClock.nowMs();
  const log = await ensureSharedLog(bench.pool, 'log.kapsel.test/revoke', nowMs);
  await openLogSigner(bench.pool, log, new KeyPlaces(keySettings(readConfig(env))), nowMs);
  await runCommand(rotateKeysCommand, [], env);
  ids = (await listAttestationKeys(bench.pool, log.id)).map(({ keyId }) => hexFromBytes(keyId));
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

const TIME = '2026-01-15T10:30:45Z';
const run = (...words: string[]) => runCommand(revokeKeyCommand, words, env);

it('revokes a retired key, and says when that was done before', async () => {
  const words = ['--key-id', ids[0] ?? '', '--stolen-at', TIME];
  expect((await run(...words, '--json')).json()).toMatchObject({ key_id: ids[0], revoked: true });
  expect((await run(...words, '--json')).json()).toMatchObject({ revoked: false });
});

it('refuses words that name no retired key or no past time', async () => {
  for (const words of [
    ['--key-id', ids[1] ?? '', '--stolen-at', TIME],
    ['--key-id', 'ab'.repeat(32), '--stolen-at', TIME],
    ['--key-id', 'AB', '--stolen-at', TIME],
    ['--key-id', ids[0] ?? '', '--stolen-at', 'yesterday'],
    ['--key-id', ids[0] ?? '', '--stolen-at', '2999-01-01T00:00:00Z'],
    ['--stolen-at', TIME],
  ]) {
    await expect(run(...words)).rejects.toThrow(UsageError);
  }
});
