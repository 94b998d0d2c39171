/** /v1/endpoints: where a tenant's events are delivered to. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { type EndpointId, isUuid, newId, type TenantId } from '../../base/ids.ts';
import { createEndpoint } from '../../endpoints/create-endpoint.ts';
import { NEW_STATE } from '../../endpoints/delivery-settings.ts';
import type { Endpoint } from '../../endpoints/endpoint.ts';
import { DEFAULT_REQUEST_SETTINGS } from '../../endpoints/request-settings.ts';
import { publicKeyOf } from '../../endpoints/signing-pair.ts';
import { findEndpoint, listEndpoints } from '../../endpoints/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { cursorsFor, pageOf } from '../cursor.ts';
import { type JudgedEndpoint, judgeEndpoint } from '../endpoint-body.ts';
import { versionTag } from '../if-match.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import {
  EndpointJson,
  EndpointListJson,
  EndpointWithSecretJson,
  encodeEndpointJson,
  NewEndpointBody,
} from '../schemas/endpoint.ts';
import { deliveryFromBody } from '../schemas/endpoint-delivery.ts';
import { NoQuery } from '../schemas/no-query.ts';
import { limitFrom, PageQuery } from '../schemas/values.ts';
import type { RouteDeps } from './route-deps.ts';

interface CreateRoute {
  Body: NewEndpointBody;
}
interface ListRoute {
  Querystring: PageQuery;
}
interface OneRoute {
  Params: { endpoint_id: string };
}

const ETAG = { ETag: 'The version of the settings, for `If-Match`.' };

const CREATE: RouteDoc = {
  id: 'createEndpoint',
  tag: 'endpoints',
  summary: 'Makes an endpoint, and shows its signing secret this once.',
  auth: 'endpoints:write',
  answers: {
    201: {
      description: 'The endpoint with its signing secret.',
      schema: EndpointWithSecretJson,
      headers: { Location: 'The path of the endpoint.', ...ETAG },
    },
  },
  errors: ['unprocessable'],
};

const LIST: RouteDoc = {
  id: 'listEndpoints',
  tag: 'endpoints',
  summary: 'Endpoints, newest first.',
  auth: 'endpoints:read',
  answers: { 200: { description: 'A page of endpoints.', schema: EndpointListJson } },
};

const GET: RouteDoc = {
  id: 'getEndpoint',
  tag: 'endpoints',
  summary: 'One endpoint, without its secrets.',
  auth: 'endpoints:read',
  answers: { 200: { description: 'The endpoint.', schema: EndpointJson, headers: ETAG } },
};

export function endpointRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { pool, forTenant, clock, sealer, cursorKey } = deps;

  app.post<CreateRoute>('/v1/endpoints', {
    config: { doc: CREATE },
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
      await createEndpoint({ pool: forTenant(tenantId), sealer }, endpoint, judged.secrets);
      const answer: EndpointWithSecretJson = {
        ...encodeEndpointJson(endpoint),
        signing_secret: judged.secrets.pair.v1,
      };
      return reply
        .code(201)
        .header('location', `/v1/endpoints/${endpoint.id}`)
        .header('etag', versionTag(endpoint.version))
        .send(answer);
    },
  });

  app.get<ListRoute>('/v1/endpoints', {
    config: { doc: LIST },
    onRequest: needsScope(pool, 'endpoints:read'),
    schema: { querystring: PageQuery },
    handler: async (request): Promise<EndpointListJson> => {
      const { tenantId } = callerOf(request);
      const cursors = cursorsFor(cursorKey, 'endpoints', tenantId);
      const limit = limitFrom(request.query);
      const before = cursors.parse<EndpointId>(request.query.cursor);
      const found = await listEndpoints(forTenant(tenantId), tenantId, before, limit + 1);
      const { items, nextCursor } = pageOf(found, limit, cursors);
      return { data: items.map(encodeEndpointJson), next_cursor: nextCursor };
    },
  });

  app.get<OneRoute>('/v1/endpoints/:endpoint_id', {
    config: { doc: GET },
    onRequest: needsScope(pool, 'endpoints:read'),
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const { endpoint_id: id } = request.params;
      const db = forTenant(tenantId);
      const endpoint = isUuid(id) ? await findEndpoint(db, tenantId, id as EndpointId) : null;
      if (endpoint === null) throw notFound();
      return reply.header('etag', versionTag(endpoint.version)).send(encodeEndpointJson(endpoint));
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
    version: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}
