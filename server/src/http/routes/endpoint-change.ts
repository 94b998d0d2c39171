/** PUT and DELETE /v1/endpoints/{endpoint_id}: an endpoint's settings are replaced, or it goes. @module */
import type { FastifyInstance } from 'fastify';
import { Failure, notFound } from '../../base/failure.ts';
import { type EndpointId, isUuid } from '../../base/ids.ts';
import {
  type Changed,
  deleteEndpoint,
  type EndpointReplacement,
  replaceEndpoint,
} from '../../endpoints/change-endpoint.ts';
import { DEFAULT_REQUEST_SETTINGS } from '../../endpoints/request-settings.ts';
import { findEndpoint } from '../../endpoints/store.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { judgeEndpoint } from '../endpoint-body.ts';
import { readIfMatch, versionTag } from '../if-match.ts';
import { invalidAt } from '../invalid-at.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import { EndpointBody, EndpointJson, encodeEndpointJson } from '../schemas/endpoint.ts';
import { deliveryFromBody } from '../schemas/endpoint-delivery.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

interface OneRoute {
  Params: { endpoint_id: string };
}
interface ReplaceRoute extends OneRoute {
  Body: EndpointBody;
}

const IF_MATCH = {
  'If-Match': 'The `ETag` of the version that is meant; without it any is.',
};

const REPLACE: RouteDoc = {
  id: 'replaceEndpoint',
  tag: 'endpoints',
  summary: 'Replaces the settings of an endpoint.',
  description:
    'What is left out gets its default, but for `signature`, `custom_headers` and `client_certificate`: they hold secrets that nobody can read back, so left out they stay, and null removes them. With a URL of another host, headers and certificate are to be given again or removed.',
  auth: 'endpoints:write',
  requestHeaders: IF_MATCH,
  answers: {
    200: {
      description: 'The endpoint as it is now.',
      schema: EndpointJson,
      headers: { ETag: 'The version of the settings, for `If-Match`.' },
    },
  },
  errors: ['precondition_failed'],
};

const DELETE: RouteDoc = {
  id: 'deleteEndpoint',
  tag: 'endpoints',
  summary: 'Deletes an endpoint.',
  description:
    'Nothing is accepted for it or delivered to it any more; what waits fails with the reason `endpoint_deleted`. Its events and their proofs stay.',
  auth: 'endpoints:write',
  requestHeaders: IF_MATCH,
  answers: { 204: { description: 'It is deleted.' } },
  errors: ['precondition_failed'],
};

export function endpointChangeRoutes(app: FastifyInstance, deps: RouteDeps, logger: Logger): void {
  const { pool, forTenant, clock, sealer } = deps;
  const onRequest = needsScope(pool, 'endpoints:write');

  app.put<ReplaceRoute>('/v1/endpoints/:endpoint_id', {
    config: { doc: REPLACE },
    bodyLimit: MAX_JSON_BYTES,
    onRequest,
    schema: { body: EndpointBody, querystring: NoQuery },
    preValidation: parseJsonBody,
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const db = forTenant(tenantId);
      const nowMs = clock.nowMs();
      const replacement = replacementFrom(request.body, deps, nowMs);
      const id = endpointIdOf(request.params);
      const isMeant = readIfMatch(request);
      assertDone(
        await replaceEndpoint({ pool: db, sealer }, tenantId, id, replacement, isMeant, nowMs),
      );
      const endpoint = await findEndpoint(db, tenantId, id);
      if (endpoint === null) throw notFound();
      return reply.header('etag', versionTag(endpoint.version)).send(encodeEndpointJson(endpoint));
    },
  });

  app.delete<OneRoute>('/v1/endpoints/:endpoint_id', {
    config: { doc: DELETE },
    onRequest,
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const id = endpointIdOf(request.params);
      assertDone(await deleteEndpoint(forTenant(tenantId), tenantId, id, readIfMatch(request)));
      logger.info('endpoint deleted', { endpoint_id: id, tenant_id: tenantId });
      deps.onEndpointChange();
      return reply.code(204).send();
    },
  });
}

function endpointIdOf({ endpoint_id: id }: OneRoute['Params']): EndpointId {
  if (!isUuid(id)) throw notFound();
  return id as EndpointId;
}

function assertDone(changed: Changed): void {
  switch (changed) {
    case 'done':
      return;
    case 'not_found':
      throw notFound();
    case 'other_version':
      throw new Failure('precondition_failed', 'The endpoint was changed since that version');
    case 'secrets_would_leave':
      throw invalidAt(
        '/url',
        'is on another host: custom headers and the client certificate are to be given again, or removed',
      );
  }
}

function replacementFrom(
  body: EndpointBody,
  deps: Pick<RouteDeps, 'destinationRules' | 'defaultMaxAttempts'>,
  nowMs: number,
): EndpointReplacement {
  const { signature, custom_headers: headers, client_certificate: certificate, ...rest } = body;
  const judged = judgeEndpoint(
    {
      ...rest,
      ...(signature ? { signature } : {}),
      ...(headers ? { custom_headers: headers } : {}),
      ...(certificate ? { client_certificate: certificate } : {}),
    },
    deps.destinationRules,
    nowMs,
  );
  const { secrets } = judged;
  // Credentials of the URL are one of the custom headers: the others are not guessed.
  if (headers === undefined && Object.keys(secrets.customHeaders).length > 0) {
    throw invalidAt('/custom_headers', 'must be given, or null, where the URL has credentials');
  }
  return {
    url: judged.url,
    description: body.description ?? '',
    maxAttempts: body.max_attempts ?? deps.defaultMaxAttempts,
    delivery: deliveryFromBody(body),
    signatureVersions: body.signature_versions ?? DEFAULT_REQUEST_SETTINGS.signatureVersions,
    minTlsVersion: body.min_tls_version ?? DEFAULT_REQUEST_SETTINGS.minTlsVersion,
    keptHeaders: judged.keptHeaders,
    signature: signature === undefined ? 'keep' : secrets.signature,
    customHeaders: headers === undefined ? 'keep' : secrets.customHeaders,
    client: certificate === undefined ? 'keep' : secrets.client,
  };
}
