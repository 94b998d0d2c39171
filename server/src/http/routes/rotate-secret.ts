/** POST /v1/endpoints/{endpoint_id}/rotate-secret: a new pair to sign with, and how long the older ones go on. @module */
import type { FastifyInstance } from 'fastify';
import { Failure, notFound } from '../../base/failure.ts';
import { type EndpointId, isUuid } from '../../base/ids.ts';
import { DEFAULT_OVERLAP_S, rotateSecret } from '../../endpoints/rotate-secret.ts';
import { MAX_ACTIVE_PAIRS } from '../../endpoints/signing-pair.ts';
import { findEndpoint } from '../../endpoints/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { judgePair } from '../endpoint-body.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseOptionalBody } from '../raw-body.ts';
import { EndpointWithSecretJson, encodeEndpointJson } from '../schemas/endpoint.ts';
import { RotateSecretBody } from '../schemas/endpoint-request.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

interface RotateRoute {
  Params: { endpoint_id: string };
  Body: RotateSecretBody;
}

const DOC: RouteDoc = {
  id: 'rotateEndpointSecret',
  tag: 'endpoints',
  summary: 'A new pair of signing secrets; the older ones sign beside it for a while.',
  auth: 'endpoints:write',
  bodyIsOptional: true,
  answers: {
    200: { description: 'The endpoint with its new secret.', schema: EndpointWithSecretJson },
  },
  errors: ['unprocessable'],
};

export function rotateSecretRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { pool, forTenant, clock, sealer } = deps;

  app.post<RotateRoute>('/v1/endpoints/:endpoint_id/rotate-secret', {
    config: { doc: DOC },
    bodyLimit: MAX_JSON_BYTES,
    onRequest: needsScope(pool, 'endpoints:write'),
    schema: { body: RotateSecretBody, querystring: NoQuery },
    preValidation: parseOptionalBody,
    handler: async (request): Promise<EndpointWithSecretJson> => {
      const { tenantId } = callerOf(request);
      const { overlap_s: overlapS = DEFAULT_OVERLAP_S, signing_secrets: given } = request.body;
      const pair = judgePair(given);
      const { endpoint_id: id } = request.params;
      if (!isUuid(id)) throw notFound();
      const endpointId = id as EndpointId;
      const rotation = { tenantId, endpointId, pair, overlapS };
      const db = forTenant(tenantId);
      const rotated = await rotateSecret({ pool: db, sealer }, rotation, clock.nowMs());
      if (rotated === 'too_many') {
        const message = `${MAX_ACTIVE_PAIRS} pairs sign already: wait for the end of one, or rotate with "overlap_s": 0`;
        throw new Failure('unprocessable', message);
      }
      const endpoint = rotated === 'rotated' ? await findEndpoint(db, tenantId, endpointId) : null;
      if (endpoint === null) throw notFound();
      return { ...encodeEndpointJson(endpoint), signing_secret: pair.v1 };
    },
  });
}
