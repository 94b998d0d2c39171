/** `kapsel-server api-keys create|list|revoke|scopes`: keys of a tenant without going through the API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import {
  createApiKeyCommand,
  listApiKeysCommand,
  listScopesCommand,
  revokeApiKeyCommand,
} from '../../src/commands/api-keys.ts';
import { UsageError } from '../../src/commands/command.ts';
import { hashApiKey, SCOPES } from '../../src/tenants/api-key.ts';
import { findCallerByKeyHash } from '../../src/tenants/store.ts';
import { type Bench, openBench, START_MS } from '../support/log-bench.ts';
import { runCommand } from '../support/run-command.ts';
import { makeTenant, type TestTenant } from '../support/tenant.ts';

let bench: Bench;
let env: Record<string, string>;
let tenant: TestTenant;
beforeAll(async () => {
  bench = await openBench();
  env = { DATABASE_URL: bench.connectionString };
  tenant = await makeTenant(bench.pool);
});
afterAll(() => bench.close());

const create = (...more: string[]) =>
  runCommand(createApiKeyCommand, ['--tenant', tenant.tenantId, ...more], env);
const callerOf = (secret: unknown) => findCallerByKeyHash(bench.pool, hashApiKey(String(secret)));

describe('api-keys create', () => {
  it('makes a key with its scopes and its end, and shows it once', async () => {
    const words = ['--scopes', 'ingest, events:read', '--name', 'shop', '--days', '30', '--json'];
    const made = (await create(...words)).json();
    expect(made).toMatchObject({ name: 'shop', scopes: ['ingest', 'events:read'] });
    const days = (Date.parse(String(made.expires_at)) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(30, 1);
    expect(await callerOf(made.secret)).toMatchObject({ scopes: ['ingest', 'events:read'] });
    const { lines } = await create('--scopes', 'all');
    expect(lines.join('\n')).toContain(SCOPES.join(', '));
    expect(lines.join('\n')).toMatch(/ ksk_\S{43}\n/);
  });

  it.each([
    ['no scopes', []],
    ['a scope that is none', ['--scopes', 'ingest,root']],
    ['no days', ['--scopes', 'ingest', '--days', '0']],
    ['days that are no number', ['--scopes', 'ingest', '--days', '1e3']],
    ['a name that is too long', ['--scopes', 'ingest', '--name', 'x'.repeat(201)]],
  ])('refuses %s', async (_what, words) => {
    await expect(create(...words)).rejects.toThrow(UsageError);
  });

  it('refuses a tenant that is none, and one that is not there', async () => {
    for (const id of ['acme', newId<'tenant'>(START_MS)]) {
      const words = ['--tenant', id, '--scopes', 'all'];
      await expect(runCommand(createApiKeyCommand, words, env)).rejects.toThrow(UsageError);
    }
  });
});

describe('api-keys list and revoke', () => {
  it('ends a key, and goes on showing it without its secret', async () => {
    const { id, secret } = (await create('--scopes', 'admin', '--json')).json();
    const revoke = (...words: string[]) =>
      runCommand(revokeApiKeyCommand, ['--tenant', tenant.tenantId, ...words], env);
    expect((await revoke('--id', String(id), '--json')).json()).toEqual({ id, revoked: true });
    expect(await callerOf(secret)).toBeNull();
    const list = ['--tenant', tenant.tenantId];
    const keys = (await runCommand(listApiKeysCommand, [...list, '--json'], env)).json();
    expect(keys).toContainEqual(expect.objectContaining({ id, revoked_at: expect.any(String) }));
    expect(JSON.stringify(keys)).not.toContain(secret);
    const { lines } = await runCommand(listApiKeysCommand, list, env);
    expect(lines.join('\n')).toContain('revoked 2');
    await expect(revoke('--id', newId(START_MS))).rejects.toThrow(UsageError);
    await expect(revoke('--id', 'x')).rejects.toThrow(UsageError);
  });

  it('ends no key of another tenant', async () => {
    const { id, secret } = (await create('--scopes', 'ingest', '--json')).json();
    const other = await makeTenant(bench.pool);
    const words = ['--tenant', other.tenantId, '--id', String(id)];
    await expect(runCommand(revokeApiKeyCommand, words, env)).rejects.toThrow(UsageError);
    expect(await callerOf(secret)).not.toBeNull();
  });
});

it('api-keys scopes says what each allows', async () => {
  const { lines } = await runCommand(listScopesCommand, [], env);
  expect(lines).toHaveLength(SCOPES.length);
  const words = (await runCommand(listScopesCommand, ['--json'], env)).json();
  expect(Object.keys(words)).toEqual(SCOPES);
});
