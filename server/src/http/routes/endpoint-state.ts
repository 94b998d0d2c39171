/** POST /v1/endpoints/{endpoint_id}/enable and /disable: whether an endpoint takes deliveries. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { type EndpointId, isUuid } from '../../base/ids.ts';
import type { Release } from '../../endpoints/state-store.ts';
import { findEndpoint } from '../../endpoints/store.ts';
import { switchOff, switchOn } from '../../queue/switch-endpoint.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { invalidAt } from '../invalid-at.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import { EndpointJson, encodeEndpointJson } from '../schemas/endpoint.ts';
import { EnableBody } from '../schemas/endpoint-state.ts';
import { NoQuery } from '../schemas/no-query.ts';
import { parseQueryTime } from '../schemas/query-time.ts';
import type { RouteDeps } from './route-deps.ts';

interface OneRoute {
  Params: { endpoint_id: string };
}
interface EnableRoute extends OneRoute {
  Body: EnableBody;
}

const DISABLE: RouteDoc = {
  id: 'disableEndpoint',
  tag: 'endpoints',
  summary: 'Stops deliveries; events are still accepted, and held.',
  auth: 'endpoints:write',
  answers: { 200: { description: 'The endpoint as it is now.', schema: EndpointJson } },
};

const ENABLE: RouteDoc = {
  id: 'enableEndpoint',
  tag: 'endpoints',
  summary: 'Starts deliveries again, and says which held events are released.',
  auth: 'endpoints:write',
  answers: { 200: { description: 'The endpoint as it is now.', schema: EndpointJson } },
};

export function endpointStateRoutes(app: FastifyInstance, deps: RouteDeps, logger: Logger): void {
  const { pool, forTenant } = deps;

  const answer = async (tenantId: Parameters<typeof findEndpoint>[1], id: EndpointId) => {
    const endpoint = await findEndpoint(forTenant(tenantId), tenantId, id);
    if (endpoint === null) throw notFound();
    deps.onEndpointChange();
    return encodeEndpointJson(endpoint);
  };

  app.post<OneRoute>('/v1/endpoints/:endpoint_id/disable', {
    config: { doc: DISABLE },
    onRequest: needsScope(pool, 'endpoints:write'),
    schema: { querystring: NoQuery },
    handler: async (request) => {
      const { tenantId } = callerOf(request);
      const id = endpointIdOf(request.params);
      if (!(await switchOff(forTenant(tenantId), tenantId, id))) throw notFound();
      logger.info('endpoint disabled', {
        endpoint_id: id,
        tenant_id: tenantId,
        reason: 'requested',
      });
      return answer(tenantId, id);
    },
  });

  app.post<EnableRoute>('/v1/endpoints/:endpoint_id/enable', {
    config: { doc: ENABLE },
    bodyLimit: MAX_JSON_BYTES,
    onRequest: needsScope(pool, 'endpoints:write'),
    schema: { body: EnableBody, querystring: NoQuery },
    preValidation: parseJsonBody,
    handler: async (request) => {
      const { tenantId } = callerOf(request);
      const id = endpointIdOf(request.params);
      const release = releaseFrom(request.body);
      if (!(await switchOn(forTenant(tenantId), tenantId, id, release))) throw notFound();
      logger.info('endpoint enabled', {
        endpoint_id: id,
        tenant_id: tenantId,
        reason: 'requested',
      });
      return answer(tenantId, id);
    },
  });
}

function endpointIdOf({ endpoint_id: id }: { readonly endpoint_id: string }): EndpointId {
  if (!isUuid(id)) throw notFound();
  return id as EndpointId;
}

function releaseFrom({ release }: EnableBody): Release {
  if (typeof release === 'string') return release;
  const sinceMs = parseQueryTime(release.since);
  if (sinceMs !== null) return { sinceMs };
  throw invalidAt('/release/since', 'must be a time like 2026-01-31T12:00:00Z');
}
