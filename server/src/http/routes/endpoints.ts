/** /v1/endpoints: where a tenant's events are delivered to. @module */
import type { FastifyInstance } from 'fastify';
import { Failure, notFound } from '../../base/failure.ts';
import { type EndpointId, isUuid, newId, type TenantId } from '../../base/ids.ts';
import { createEndpoint } from '../../endpoints/create-endpoint.ts';
import { NEW_STATE } from '../../endpoints/delivery-settings.ts';
import type { Endpoint } from '../../endpoints/endpoint.ts';
import { DEFAULT_REQUEST_SETTINGS } from '../../endpoints/request-settings.ts';
import { publicKeyOf } from '../../endpoints/signing-pair.ts';
import { findEndpoint, listEndpoints } from '../../endpoints/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { type JudgedEndpoint, judgeEndpoint } from '../endpoint-body.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import { EndpointListQuery, encodeEndpointJson, NewEndpointBody } from '../schemas/endpoint.ts';
import { deliveryFromBody } from '../schemas/endpoint-delivery.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

const DEFAULT_LIMIT = 20;

interface CreateRoute {
  Body: NewEndpointBody;
}
interface ListRoute {
  Querystring: EndpointListQuery;
}
interface OneRoute {
  Params: { endpoint_id: string };
}

export function endpointRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { pool, clock, sealer } = deps;

  app.post<CreateRoute>('/v1/endpoints', {
    bodyLimit: MAX_JSON_BYTES,
    onRequest: needsScope(pool, 'endpoints:write'),
    schema: { body: NewEndpointBody, querystring: NoQuery },
    preValidation: parseJsonBody,
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const nowMs = clock.nowMs();
      const { body } = request;
      const judged = judgeEndpoint(body, deps.destinationRules, nowMs);
      const endpoint = endpointFrom(body, judged, {
        id: newId<'endpoint'>(nowMs),
        tenantId,
        nowMs,
        maxAttempts: deps.defaultMaxAttempts,
      });
      await createEndpoint({ pool, sealer }, endpoint, judged.secrets);
      return reply
        .code(201)
        .header('location', `/v1/endpoints/${endpoint.id}`)
        .send({ ...encodeEndpointJson(endpoint), signing_secret: judged.secrets.pair.v1 });
    },
  });

  app.get<ListRoute>('/v1/endpoints', {
    onRequest: needsScope(pool, 'endpoints:read'),
    schema: { querystring: EndpointListQuery },
    handler: async (request) => {
      const { tenantId } = callerOf(request);
      const { cursor } = request.query;
      if (cursor !== undefined && !isUuid(cursor)) {
        throw new Failure('invalid_request', 'The request is not valid', {
          details: [{ path: '/cursor', message: 'is not a cursor of this list' }],
        });
      }
      const limit = Number(request.query.limit ?? DEFAULT_LIMIT);
      const before = cursor === undefined ? null : (cursor as EndpointId);
      // One more than asked for tells whether there is a next page.
      const found = await listEndpoints(pool, tenantId, before, limit + 1);
      const page = found.slice(0, limit);
      return {
        data: page.map(encodeEndpointJson),
        next_cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  });

  app.get<OneRoute>('/v1/endpoints/:endpoint_id', {
    onRequest: needsScope(pool, 'endpoints:read'),
    schema: { querystring: NoQuery },
    handler: async (request) => {
      const { tenantId } = callerOf(request);
      const { endpoint_id: id } = request.params;
      const endpoint = isUuid(id) ? await findEndpoint(pool, tenantId, id as EndpointId) : null;
      if (endpoint === null) throw notFound();
      return encodeEndpointJson(endpoint);
    },
  });
}

interface NewFacts {
  readonly id: EndpointId;
  readonly tenantId: TenantId;
  readonly nowMs: number;
  /** Unless the body says otherwise. */
  readonly maxAttempts: number;
}

function endpointFrom(
  body: NewEndpointBody,
  judged: JudgedEndpoint,
  { id, tenantId, nowMs, maxAttempts }: NewFacts,
): Endpoint {
  const { signature, pair, customHeaders, client } = judged.secrets;
  return {
    id,
    tenantId,
    url: judged.url,
    description: body.description ?? '',
    maxAttempts: body.max_attempts ?? maxAttempts,
    delivery: deliveryFromBody(body),
    state: NEW_STATE,
    signature:
      signature === null
        ? null
        : { choice: signature.choice, secretCount: signature.secrets.length },
    request: {
      signatureVersions: body.signature_versions ?? DEFAULT_REQUEST_SETTINGS.signatureVersions,
      signingPairs: [{ publicKey: publicKeyOf(pair), createdAtMs: nowMs, validUntilMs: null }],
      customHeaderNames: Object.keys(customHeaders).sort(),
      minTlsVersion: body.min_tls_version ?? DEFAULT_REQUEST_SETTINGS.minTlsVersion,
      clientCertificate: client?.info ?? null,
      keptHeaders: judged.keptHeaders,
    },
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}
