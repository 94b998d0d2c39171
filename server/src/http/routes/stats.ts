/** GET /v1/stats: how a tenant stands, in numbers. @module */
import type { FastifyInstance } from 'fastify';
import { countTenantStats } from '../../queue/stats-store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { NoQuery } from '../schemas/no-query.ts';
import { encodeStatsJson, MOST_COUNTED, StatsJson } from '../schemas/stats.ts';
import type { RouteDeps } from './route-deps.ts';

const DOC: RouteDoc = {
  id: 'getStats',
  tag: 'tenant',
  summary: 'How the tenant stands: events, queue and endpoints in numbers.',
  auth: 'events:read',
  answers: { 200: { description: 'The numbers.', schema: StatsJson } },
};

export function statsRoutes(app: FastifyInstance, { pool, forTenant }: RouteDeps): void {
  app.get('/v1/stats', {
    config: { doc: DOC },
    onRequest: needsScope(pool, 'events:read'),
    schema: { querystring: NoQuery },
    handler: async (request): Promise<StatsJson> => {
      const { tenantId } = callerOf(request);
      return encodeStatsJson(await countTenantStats(forTenant(tenantId), tenantId, MOST_COUNTED));
    },
  });
}
