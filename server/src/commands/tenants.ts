/** `kapsel-server tenants create|list|change`: who uses this server, and how much each may ask for. @module */
import { systemClock } from '../base/clock.ts';
import { encodeTenantJson } from '../http/schemas/tenant.ts';
import { createTenant, DEFAULT_TIER } from '../tenants/create-tenant.ts';
import { listTenants, type Tenant, updateTenant } from '../tenants/tenant-store.ts';
import { type Command, type CommandInput, JSON_OPTION, UsageError } from './command.ts';
import { withDatabase } from './migrated-database.ts';
import { assertTier, pickTenant, readTenantId, TENANT_OPTION } from './pick-tenant.ts';

const PAGE = 100;
const MAX_NAME = 200;

export const createTenantCommand: Command = {
  words: 'tenants create',
  help: 'make a tenant with a first API key, which is shown this once',
  options: {
    name: { value: 'NAME', help: 'What it is called.', isRequired: true },
    tier: { value: 'TIER', help: `Its tier of KAPSEL_TIERS; else "${DEFAULT_TIER}".` },
    json: JSON_OPTION,
  },
  async run({ config, print, note }, input) {
    const name = readName(input.demand('name'), createTenantCommand);
    const tier = input.text('tier') ?? DEFAULT_TIER;
    assertTier(config, tier, createTenantCommand);
    const { tenant, secret } = await withDatabase(config, note, async ({ upkeep: db }) => {
      const wish = { name, tier, rateLimits: null };
      const created = await createTenant(db, wish, systemClock.nowMs());
      const tenant = await pickTenant(db, created.tenantId, createTenantCommand);
      return { tenant, secret: created.secret };
    });
    if (input.flag('json')) {
      print(JSON.stringify({ ...encodeTenantJson(tenant), api_key: secret }));
      return undefined;
    }
    describe(tenant, print);
    print(`  API key  ${secret}`);
    print('           Shown this once. Store it now: only its hash is kept.');
    return undefined;
  },
};

export const listTenantsCommand: Command = {
  words: 'tenants list',
  help: 'show all tenants, newest first',
  options: { json: JSON_OPTION },
  async run({ config, print, note }, input) {
    const tenants = await withDatabase(config, note, async ({ upkeep: db }) => {
      const all: Tenant[] = [];
      let page: Tenant[];
      do {
        page = await listTenants(db, all.at(-1)?.id ?? null, PAGE);
        all.push(...page);
      } while (page.length === PAGE);
      return all;
    });
    if (input.flag('json')) print(JSON.stringify(tenants.map(encodeTenantJson)));
    else for (const tenant of tenants) describe(tenant, print);
    return undefined;
  },
};

export const changeTenantCommand: Command = {
  words: 'tenants change',
  help: 'give a tenant another name or tier',
  options: {
    tenant: TENANT_OPTION,
    name: { value: 'NAME', help: 'What it is called from now on.' },
    tier: { value: 'TIER', help: 'Its tier from now on; servers see it within two seconds.' },
    json: JSON_OPTION,
  },
  async run({ config, print, note }, input) {
    const id = readTenantId(input, changeTenantCommand);
    const change = readChange(input);
    if (change.tier !== undefined) assertTier(config, change.tier, changeTenantCommand);
    const tenant = await withDatabase(config, note, async ({ upkeep: db }) => {
      const before = await pickTenant(db, id, changeTenantCommand);
      await updateTenant(db, id, { ...before, ...change });
      return pickTenant(db, id, changeTenantCommand);
    });
    if (input.flag('json')) print(JSON.stringify(encodeTenantJson(tenant)));
    else describe(tenant, print);
    return undefined;
  },
};

function readChange(input: CommandInput): { name?: string; tier?: string } {
  const [name, tier] = [input.text('name'), input.text('tier')];
  if (name === null && tier === null) {
    throw new UsageError('say --name or --tier', changeTenantCommand);
  }
  return {
    ...(name === null ? {} : { name: readName(name, changeTenantCommand) }),
    ...(tier === null ? {} : { tier }),
  };
}

function readName(name: string, command: Command): string {
  if (name.length <= MAX_NAME) return name;
  throw new UsageError(`--name has more than ${MAX_NAME} characters`, command);
}

function describe(
  { id, name, tier, rateLimits, log }: Tenant,
  print: (line: string) => void,
): void {
  const limits = rateLimits === null ? '' : `, limits ${JSON.stringify(rateLimits)}`;
  print(`${id}  ${name}`);
  print(`  tier ${tier}${limits}, log ${log === null ? 'shared' : `${log.origin} (${log.name})`}`);
}
