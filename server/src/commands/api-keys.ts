/** `kapsel-server api-keys create|list|revoke|scopes`: the keys by which tenants call the API. The keys of logs are `kapsel-server keys`. @module */
import { systemClock } from '../base/clock.ts';
import { isUuid } from '../base/ids.ts';
import { encodeApiKeyJson } from '../http/schemas/api-key.ts';
import { SCOPE_WORDS, SCOPES, type Scope } from '../tenants/api-key.ts';
import { createKey } from '../tenants/create-key.ts';
import { type KeptApiKey, listApiKeys, revokeApiKey } from '../tenants/key-store.ts';
import { type Command, type CommandInput, JSON_OPTION, UsageError } from './command.ts';
import { withDatabase } from './migrated-database.ts';
import { pickTenant, readTenantId, TENANT_OPTION } from './pick-tenant.ts';

const PAGE = 100;
const DAY_MS = 86_400_000;
const MAX_DAYS = 3_650;
const MAX_NAME = 200;

export const createApiKeyCommand: Command = {
  words: 'api-keys create',
  help: 'make an API key for a tenant, which is shown this once',
  options: {
    tenant: TENANT_OPTION,
    scopes: {
      value: 'LIST',
      help: 'What it may do, comma separated, or "all": see "kapsel-server api-keys scopes".',
      isRequired: true,
    },
    name: { value: 'NAME', help: 'To tell keys apart.' },
    days: { value: 'N', help: 'For how many days it is good; else until it is revoked.' },
    json: JSON_OPTION,
  },
  async run({ config, print, note }, input) {
    const tenantId = readTenantId(input, createApiKeyCommand);
    const nowMs = systemClock.nowMs();
    const name = input.text('name') ?? '';
    if (name.length > MAX_NAME) {
      throw new UsageError(`--name has more than ${MAX_NAME} characters`, createApiKeyCommand);
    }
    const days = readDays(input);
    const expiresAtMs = days === null ? null : nowMs + days * DAY_MS;
    const wish = { name, scopes: readScopes(input.demand('scopes')), expiresAtMs };
    const { key, secret } = await withDatabase(config, note, async ({ upkeep: db }) => {
      await pickTenant(db, tenantId, createApiKeyCommand);
      return createKey(db, tenantId, wish, nowMs);
    });
    if (input.flag('json')) {
      print(JSON.stringify({ ...encodeApiKeyJson(key), secret }));
      return undefined;
    }
    describe(key, print);
    print(`  API key  ${secret}`);
    print('           Shown this once. Store it now: only its hash is kept.');
    return undefined;
  },
};

export const listApiKeysCommand: Command = {
  words: 'api-keys list',
  help: 'show the API keys of a tenant, without what they are checked by',
  options: { tenant: TENANT_OPTION, json: JSON_OPTION },
  async run({ config, print, note }, input) {
    const tenantId = readTenantId(input, listApiKeysCommand);
    const keys = await withDatabase(config, note, async ({ upkeep: db }) => {
      await pickTenant(db, tenantId, listApiKeysCommand);
      const all: KeptApiKey[] = [];
      let page: KeptApiKey[];
      do {
        page = await listApiKeys(db, tenantId, all.at(-1)?.id ?? null, PAGE);
        all.push(...page);
      } while (page.length === PAGE);
      return all;
    });
    if (input.flag('json')) print(JSON.stringify(keys.map(encodeApiKeyJson)));
    else for (const key of keys) describe(key, print);
    return undefined;
  },
};

export const revokeApiKeyCommand: Command = {
  words: 'api-keys revoke',
  help: 'end an API key, within a second on all servers',
  options: {
    tenant: TENANT_OPTION,
    id: { value: 'ID', help: 'The key, by its id.', isRequired: true },
    json: JSON_OPTION,
  },
  async run({ config, print, note }, input) {
    const tenantId = readTenantId(input, revokeApiKeyCommand);
    const id = input.demand('id');
    if (!isUuid(id)) throw new UsageError('--id wants the id of an API key', revokeApiKeyCommand);
    const isThere = await withDatabase(config, note, ({ upkeep: db }) =>
      revokeApiKey(db, tenantId, id as KeptApiKey['id']),
    );
    if (!isThere) throw new UsageError(`the tenant has no API key ${id}`, revokeApiKeyCommand);
    print(input.flag('json') ? JSON.stringify({ id, revoked: true }) : `${id} is revoked.`);
    return undefined;
  },
};

export const listScopesCommand: Command = {
  words: 'api-keys scopes',
  help: 'show what API keys can be allowed',
  options: { json: JSON_OPTION },
  async run({ print }, input) {
    if (input.flag('json')) print(JSON.stringify(SCOPE_WORDS));
    else for (const scope of SCOPES) print(`${scope.padEnd(16)}  ${SCOPE_WORDS[scope]}`);
    return undefined;
  },
};

function readScopes(text: string): readonly Scope[] {
  if (text === 'all') return SCOPES;
  const names = text.split(',').map((name) => name.trim());
  const isScope = (name: string): name is Scope => SCOPES.includes(name as Scope);
  if (names.every(isScope)) return [...new Set(names)];
  throw new UsageError(`--scopes wants "all" or some of ${SCOPES.join(', ')}`, createApiKeyCommand);
}

function readDays(input: CommandInput): number | null {
  const text = input.text('days');
  if (text === null) return null;
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= MAX_DAYS) return days;
  throw new UsageError(`--days wants a whole number from 1 to ${MAX_DAYS}`, createApiKeyCommand);
}

function describe(key: KeptApiKey, print: (line: string) => void): void {
  const { id, name, prefix, scopes, expires_at, last_used_at, revoked_at } = encodeApiKeyJson(key);
  print(`${id}  ${prefix}…  ${name}`);
  print(`  ${scopes.join(', ')}`);
  const end = revoked_at === null ? `until ${expires_at ?? 'revoked'}` : `revoked ${revoked_at}`;
  print(`  ${end}, last used ${last_used_at ?? 'never'}`);
}
