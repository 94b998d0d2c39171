/** `kapsel-server tenants create|list|change`: a tenant from one command, with a key that works. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { UsageError } from '../../src/commands/command.ts';
import {
  changeTenantCommand,
  createTenantCommand,
  listTenantsCommand,
} from '../../src/commands/tenants.ts';
import { hashApiKey, SCOPES } from '../../src/tenants/api-key.ts';
import { findCallerByKeyHash, findTier } from '../../src/tenants/store.ts';
import { type Bench, openBench, START_MS } from '../support/log-bench.ts';
import { runCommand } from '../support/run-command.ts';

let bench: Bench;
let env: Record<string, string>;
beforeAll(async () => {
  bench = await openBench();
  env = { DATABASE_URL: bench.connectionString, KAPSEL_TIERS: '{"gold":null}' };
});
afterAll(() => bench.close());

describe('tenants create', () => {
  it('makes a tenant and shows the secret of its key once', async () => {
    const words = ['--name', 'Acme', '--tier', 'gold', '--json'];
    const made = (await runCommand(createTenantCommand, words, env)).json();
    expect(made).toMatchObject({ name: 'Acme', tier: 'gold', log: null });
    const caller = await findCallerByKeyHash(bench.pool, hashApiKey(String(made.api_key)));
    expect(caller).toMatchObject({ tenantId: made.id, scopes: SCOPES });
    const { lines } = await runCommand(createTenantCommand, ['--name', 'Other'], env);
    expect(lines.join('\n')).toMatch(/^\S{36} {2}Other\n {2}tier standard, log shared\n.* ksk_/);
  });

  it.each([
    ['no name', []],
    ['a name that is too long', ['--name', 'x'.repeat(201)]],
    ['a tier that is none', ['--name', 'x', '--tier', 'silver']],
  ])('refuses %s', async (_what, words) => {
    await expect(runCommand(createTenantCommand, words, env)).rejects.toThrow(UsageError);
  });
});

describe('tenants change and list', () => {
  it('changes what is named and leaves the rest', async () => {
    const words = ['--name', 'Before', '--json'];
    const { id } = (await runCommand(createTenantCommand, words, env)).json();
    const change = (...more: string[]) =>
      runCommand(changeTenantCommand, ['--tenant', String(id), ...more], env);
    await change('--tier', 'free');
    expect((await change('--name', 'After', '--json')).json()).toMatchObject({
      name: 'After',
      tier: 'free',
    });
    expect(await findTier(bench.pool, id as never)).toEqual({ tier: 'free', override: null });
    const all = (
      await runCommand(listTenantsCommand, ['--json'], env)
    ).json() as unknown as object[];
    expect(all[0]).toMatchObject({ id, name: 'After' });
    const { lines } = await runCommand(listTenantsCommand, [], env);
    expect(lines).toHaveLength(2 * all.length);
  });

  it.each([
    ['nothing to change', []],
    ['a tier that is none', ['--tier', 'silver']],
    ['a tenant that is not there', ['--name', 'x']],
  ])('refuses %s', async (_what, words) => {
    const all = ['--tenant', newId<'tenant'>(START_MS), ...words];
    await expect(runCommand(changeTenantCommand, all, env)).rejects.toThrow(UsageError);
  });
});
