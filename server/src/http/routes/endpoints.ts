/** /v1/endpoints: where a tenant's events are delivered to. @module */
import type { FastifyInstance } from 'fastify';
import { Failure, notFound } from '../../base/failure.ts';
import { type EndpointId, isUuid, newId } from '../../base/ids.ts';
import { inTransaction } from '../../db/transaction.ts';
import { parseDestinationUrl, type RefusalReason } from '../../endpoints/destination-guard.ts';
import type { Endpoint } from '../../endpoints/endpoint.ts';
import { parseEndpointSignature, type SchemeChoice } from '../../endpoints/endpoint-signature.ts';
import { putSignature } from '../../endpoints/signature-store.ts';
import { findEndpoint, insertEndpoint, listEndpoints } from '../../endpoints/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import { EndpointListQuery, encodeEndpointJson, NewEndpointBody } from '../schemas/endpoint.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { SignatureBody } from '../schemas/signature.ts';
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
      const { signature } = request.body;
      const choice = signature === undefined ? null : checkedSignature(signature);
      const endpoint: Endpoint = {
        id: newId<'endpoint'>(nowMs),
        tenantId,
        url: checkedUrl(deps, request.body.url),
        description: request.body.description ?? '',
        maxAttempts: request.body.max_attempts ?? deps.defaultMaxAttempts,
        signature: choice === null ? null : { choice, secretCount: signature?.secrets.length ?? 0 },
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      };
      await inTransaction(pool, async (db) => {
        await insertEndpoint(db, endpoint);
        if (choice === null || signature === undefined) return;
        const { secrets } = signature;
        await putSignature(db, tenantId, sealer, {
          endpointId: endpoint.id,
          choice,
          secrets,
          updatedAtMs: nowMs,
        });
      });
      return reply
        .code(201)
        .header('location', `/v1/endpoints/${endpoint.id}`)
        .send(encodeEndpointJson(endpoint));
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

const REFUSALS: Readonly<Record<RefusalReason, string>> = {
  too_long: 'must have at most 2048 characters',
  not_a_url: 'must be an absolute URL',
  scheme: 'must begin with https://',
  http_not_allowed: 'must begin with https:// (the operator can set KAPSEL_ALLOW_HTTP=1)',
  credentials: 'must not contain a user name or password: it is written into the log',
  port: 'must not use this port',
  address:
    'must not lead into a private or reserved network (the operator can set KAPSEL_EGRESS_ALLOW)',
};

function checkedUrl({ destinationRules }: RouteDeps, text: string): string {
  const url = parseDestinationUrl(text, destinationRules);
  if (url.kind === 'destination') return url.href;
  throw new Failure('invalid_request', 'The destination is not allowed', {
    details: [{ path: '/url', message: REFUSALS[url.reason] }],
  });
}

function checkedSignature(signature: SignatureBody): SchemeChoice {
  const parsed = parseEndpointSignature(signature);
  if (parsed.kind === 'signature') return parsed.choice;
  throw new Failure('invalid_request', 'The signature scheme cannot be used', {
    details: parsed.faults.map(({ path, message }) => ({ path: `/signature${path}`, message })),
  });
}
