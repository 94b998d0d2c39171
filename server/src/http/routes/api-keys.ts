/** /v1/api-keys: a tenant sees, makes and revokes its API keys. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { type ApiKeyId, isUuid } from '../../base/ids.ts';
import { createKey } from '../../tenants/create-key.ts';
import { findApiKey, listApiKeys, revokeApiKey } from '../../tenants/key-store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { cursorsFor, pageOf } from '../cursor.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import {
  ApiKeyJson,
  ApiKeyListJson,
  encodeApiKeyJson,
  NewApiKeyBody,
  NewApiKeyJson,
} from '../schemas/api-key.ts';
import { NoQuery } from '../schemas/no-query.ts';
import { limitFrom, PageQuery } from '../schemas/values.ts';
import type { RouteDeps } from './route-deps.ts';

interface ListRoute {
  Querystring: PageQuery;
}
interface CreateRoute {
  Body: NewApiKeyBody;
}
interface OneRoute {
  Params: { api_key_id: string };
}

const LIST: RouteDoc = {
  id: 'listApiKeys',
  tag: 'tenant',
  summary: 'The tenant’s API keys, newest first, those that are over among them.',
  auth: 'admin',
  answers: { 200: { description: 'A page of keys.', schema: ApiKeyListJson } },
};

const CREATE: RouteDoc = {
  id: 'createApiKey',
  tag: 'tenant',
  summary: 'Makes an API key, and shows its secret this once.',
  auth: 'admin',
  answers: {
    201: {
      description: 'The key with its secret.',
      schema: NewApiKeyJson,
      headers: { Location: 'The path of the key.' },
    },
  },
  errors: ['unprocessable'],
};

const GET: RouteDoc = {
  id: 'getApiKey',
  tag: 'tenant',
  summary: 'One API key, without its secret.',
  auth: 'admin',
  answers: { 200: { description: 'The key.', schema: ApiKeyJson } },
};

const REVOKE: RouteDoc = {
  id: 'revokeApiKey',
  tag: 'tenant',
  summary: 'Revokes an API key, within a second on all servers; also the one that asks.',
  auth: 'admin',
  answers: { 204: { description: 'It is revoked, or was already.' } },
};

export function apiKeyRoutes(
  app: FastifyInstance,
  { pool, forTenant, clock, cursorKey }: RouteDeps,
): void {
  const onRequest = needsScope(pool, 'admin');

  app.get<ListRoute>('/v1/api-keys', {
    config: { doc: LIST },
    onRequest,
    schema: { querystring: PageQuery },
    handler: async (request): Promise<ApiKeyListJson> => {
      const { tenantId } = callerOf(request);
      const cursors = cursorsFor(cursorKey, 'api-keys', tenantId);
      const limit = limitFrom(request.query);
      const before = cursors.parse<ApiKeyId>(request.query.cursor);
      const found = await listApiKeys(forTenant(tenantId), tenantId, before, limit + 1);
      const { items, nextCursor } = pageOf(found, limit, cursors);
      return { data: items.map(encodeApiKeyJson), next_cursor: nextCursor };
    },
  });

  app.post<CreateRoute>('/v1/api-keys', {
    config: { doc: CREATE },
    bodyLimit: MAX_JSON_BYTES,
    onRequest,
    schema: { body: NewApiKeyBody, querystring: NoQuery },
    preValidation: parseJsonBody,
    handler: async (request, reply) => {
      const { name = '', scopes, expires_in_s: lifetimeS } = request.body;
      const nowMs = clock.nowMs();
      const expiresAtMs = lifetimeS === undefined ? null : nowMs + lifetimeS * 1_000;
      const wish = { name, scopes, expiresAtMs };
      const { tenantId } = callerOf(request);
      const { key, secret } = await createKey(forTenant(tenantId), tenantId, wish, nowMs);
      const answer: NewApiKeyJson = { ...encodeApiKeyJson(key), secret };
      return reply.code(201).header('location', `/v1/api-keys/${key.id}`).send(answer);
    },
  });

  app.get<OneRoute>('/v1/api-keys/:api_key_id', {
    config: { doc: GET },
    onRequest,
    schema: { querystring: NoQuery },
    handler: async (request): Promise<ApiKeyJson> => {
      const { api_key_id: id } = request.params;
      const { tenantId } = callerOf(request);
      const key = isUuid(id)
        ? await findApiKey(forTenant(tenantId), tenantId, id as ApiKeyId)
        : null;
      if (key === null) throw notFound();
      return encodeApiKeyJson(key);
    },
  });

  app.delete<OneRoute>('/v1/api-keys/:api_key_id', {
    config: { doc: REVOKE },
    onRequest,
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const { api_key_id: id } = request.params;
      const { tenantId } = callerOf(request);
      if (!isUuid(id) || !(await revokeApiKey(forTenant(tenantId), tenantId, id as ApiKeyId)))
        throw notFound();
      return reply.code(204).send();
    },
  });
}
