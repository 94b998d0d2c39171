/** /v1/tenants: the operator sees, makes and changes tenants, with the platform token. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { isUuid, type TenantId } from '../../base/ids.ts';
import { createTenant, DEFAULT_TIER, type TenantWish } from '../../tenants/create-tenant.ts';
import { findTenant, listTenants, updateTenant } from '../../tenants/tenant-store.ts';
import { limitsOf, type Tiers } from '../../tenants/tier.ts';
import { cursorsFor, pageOf } from '../cursor.ts';
import { invalidAt } from '../invalid-at.ts';
import { needsToken } from '../needs-token.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import { NoQuery } from '../schemas/no-query.ts';
import {
  encodeTenantJson,
  NewTenantBody,
  NewTenantJson,
  TenantBody,
  TenantJson,
  TenantListJson,
} from '../schemas/tenant.ts';
import { limitFrom, PageQuery } from '../schemas/values.ts';
import type { RouteDeps } from './route-deps.ts';

interface ListRoute {
  Querystring: PageQuery;
}
interface CreateRoute {
  Body: NewTenantBody;
}
interface OneRoute {
  Params: { tenant_id: string };
}
interface ReplaceRoute extends OneRoute {
  Body: TenantBody;
}

const platform = { tag: 'platform', auth: 'platform' } as const;

const LIST: RouteDoc = {
  ...platform,
  id: 'listTenants',
  summary: 'All tenants, newest first.',
  answers: { 200: { description: 'A page of tenants.', schema: TenantListJson } },
};

const CREATE: RouteDoc = {
  ...platform,
  id: 'createTenant',
  summary: 'Makes a tenant with a first API key, which is shown this once.',
  description: `The tier is one of the settings’ tiers, else "${DEFAULT_TIER}"; \`rate_limits\` overrides single limits of it.`,
  answers: {
    201: {
      description: 'The tenant with the secret of its key.',
      schema: NewTenantJson,
      headers: { Location: 'The path of the tenant.' },
    },
  },
};

const GET: RouteDoc = {
  ...platform,
  id: 'getTenant',
  summary: 'One tenant.',
  answers: { 200: { description: 'The tenant.', schema: TenantJson } },
};

const REPLACE: RouteDoc = {
  ...platform,
  id: 'replaceTenant',
  summary: 'Replaces name, tier and rate limits; they count after two seconds at the latest.',
  answers: { 200: { description: 'The tenant as it is now.', schema: TenantJson } },
};

export function tenantRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { operatorPool: pool, clock, cursorKey, tiers } = deps;
  const onRequest = needsToken(deps.platformToken, 'nobody', 'A valid API key is needed');
  const cursors = cursorsFor(cursorKey, 'tenants', 'platform');

  app.get<ListRoute>('/v1/tenants', {
    config: { doc: LIST },
    onRequest,
    schema: { querystring: PageQuery },
    handler: async (request): Promise<TenantListJson> => {
      const limit = limitFrom(request.query);
      const found = await listTenants(pool, cursors.parse(request.query.cursor), limit + 1);
      const { items, nextCursor } = pageOf(found, limit, cursors);
      return { data: items.map(encodeTenantJson), next_cursor: nextCursor };
    },
  });

  app.post<CreateRoute>('/v1/tenants', {
    config: { doc: CREATE },
    bodyLimit: MAX_JSON_BYTES,
    onRequest,
    schema: { body: NewTenantBody, querystring: NoQuery },
    preValidation: parseJsonBody,
    handler: async (request, reply) => {
      const wish = judgeTenant({ tier: DEFAULT_TIER, ...request.body }, tiers);
      const { tenantId, secret } = await createTenant(pool, wish, clock.nowMs());
      const tenant = await findTenant(pool, tenantId);
      if (tenant === null) throw notFound();
      const answer: NewTenantJson = { ...encodeTenantJson(tenant), api_key: secret };
      return reply.code(201).header('location', `/v1/tenants/${tenantId}`).send(answer);
    },
  });

  app.get<OneRoute>('/v1/tenants/:tenant_id', {
    config: { doc: GET },
    onRequest,
    schema: { querystring: NoQuery },
    handler: async (request): Promise<TenantJson> => getTenant(request.params),
  });

  app.put<ReplaceRoute>('/v1/tenants/:tenant_id', {
    config: { doc: REPLACE },
    bodyLimit: MAX_JSON_BYTES,
    onRequest,
    schema: { body: TenantBody, querystring: NoQuery },
    preValidation: parseJsonBody,
    handler: async (request): Promise<TenantJson> => {
      const { tenant_id: id } = request.params;
      const wish = judgeTenant(request.body, tiers);
      if (!isUuid(id) || !(await updateTenant(pool, id as TenantId, wish))) throw notFound();
      return getTenant(request.params);
    },
  });

  async function getTenant({ tenant_id: id }: OneRoute['Params']): Promise<TenantJson> {
    const tenant = isUuid(id) ? await findTenant(pool, id as TenantId) : null;
    if (tenant === null) throw notFound();
    return encodeTenantJson(tenant);
  }
}

/** Failure `invalid_request` for a tier that the settings do not know, or limits that say nothing. */
function judgeTenant(body: TenantBody, tiers: Tiers): TenantWish {
  const { name, tier, rate_limits: rateLimits = null } = body;
  if (!tiers.byName.has(tier)) throw invalidAt('/tier', 'is not a tier of this server');
  if (!limitsOf(tiers, tier, rateLimits).isKnown) {
    throw invalidAt('/rate_limits', 'must give "rate" and "burst" together');
  }
  return { name, tier, rateLimits };
}
