/** Tenants as the operator's API takes and shows them. @module */
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import type { Tenant } from '../../tenants/tenant-store.ts';
import { Id, NextCursor, nullable, STORABLE, Time } from './values.ts';

const strict = { additionalProperties: false } as const;

const Rate = Type.Integer({
  minimum: 1,
  maximum: 100_000,
  description: 'Requests a second.',
  examples: [500],
});
const Burst = Type.Integer({
  minimum: 1,
  maximum: 10_000_000,
  description: 'Requests at once, after a rest.',
  examples: [1000],
});
const ClassLimit = Type.Optional(nullable(Type.Object({ rate: Rate, burst: Burst }, strict)));

/** `rate` and `burst` for all classes, and classes that differ; a class that is null has no limit. */
const RateLimits = Type.Object(
  {
    rate: Type.Optional(Rate),
    burst: Type.Optional(Burst),
    ingest: ClassLimit,
    api: ClassLimit,
    proof: ClassLimit,
  },
  { ...strict, title: 'RateLimits' },
);

const Name = Type.String({ minLength: 1, maxLength: 200, pattern: STORABLE, examples: ['Acme'] });
const Tier = Type.String({ minLength: 1, maxLength: 32, examples: ['standard'] });

export const NewTenantBody = Type.Object(
  {
    name: Name,
    tier: Type.Optional(Tier),
    rate_limits: Type.Optional(nullable(RateLimits)),
  },
  { ...strict, title: 'NewTenant' },
);
export type NewTenantBody = Static<typeof NewTenantBody>;

export const TenantBody = Type.Object(
  { name: Name, tier: Tier, rate_limits: Type.Optional(nullable(RateLimits)) },
  { ...strict, title: 'TenantSettings' },
);
export type TenantBody = Static<typeof TenantBody>;

const TENANT_MEMBERS = {
  id: Id,
  name: Type.String({ examples: ['Acme'] }),
  tier: Tier,
  rate_limits: nullable(
    Type.Record(Type.String(), Type.Unknown(), { examples: [{ rate: 500, burst: 1000 }] }),
  ),
  log: nullable(
    Type.Object(
      {
        name: Type.String({ examples: ['acme'] }),
        origin: Type.String({ examples: ['log.acme.example/1'] }),
      },
      { description: 'Its own log; null where its leaves go into the shared one.' },
    ),
  ),
  created_at: Time,
};

export const TenantJson = Type.Object(TENANT_MEMBERS, { title: 'Tenant' });
export type TenantJson = Static<typeof TenantJson>;

export const NewTenantJson = Type.Object(
  {
    ...TENANT_MEMBERS,
    api_key: Type.String({
      description: 'The secret of the tenant’s first key, which has all scopes. Shown this once.',
      examples: ['ksk_q0mVh3XcRk7sG5tYwZbN1uP8eLfA2dJ4iO6hC9xTvE0'],
    }),
  },
  { title: 'TenantWithKey' },
);
export type NewTenantJson = Static<typeof NewTenantJson>;

export const TenantListJson = Type.Object(
  { data: Type.Array(TenantJson), next_cursor: NextCursor },
  { title: 'TenantList' },
);
export type TenantListJson = Static<typeof TenantListJson>;

export function encodeTenantJson(tenant: Tenant): TenantJson {
  return {
    id: tenant.id,
    name: tenant.name,
    tier: tenant.tier,
    rate_limits: tenant.rateLimits === null ? null : { ...tenant.rateLimits },
    log: tenant.log === null ? null : { ...tenant.log },
    created_at: timeFromMs(tenant.createdAtMs),
  };
}
