/** The OpenAPI 3.1 document of the API, made of the routes as they are registered and of the schemas that validate. @module */
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { Components, type JsonObject } from './components.ts';
import { type DescribedRoute, describeOperation, ErrorSchema, pathOf } from './operation.ts';
import { type RouteDoc, TAGS } from './route-doc.ts';
import { SECURITY_SCHEMES } from './security.ts';

/** The same routes at a second place: see `attestationRoutes`. */
const ALIAS = '/api/v1';

/** Call before the first route is added; the document is made when it is first asked for, and then kept. */
export function describeRoutes(app: FastifyInstance): () => JsonObject {
  const routes: DescribedRoute[] = [];
  let document: JsonObject | null = null;
  app.addHook('onRoute', ({ url, method, schema, config }) => {
    const doc = (config as { doc?: RouteDoc } | undefined)?.doc;
    if (doc === undefined) return;
    for (const each of [method].flat()) {
      if (each === 'HEAD') continue;
      routes.push({
        method: each,
        url,
        querystring: (schema?.querystring as TSchema | undefined) ?? null,
        body: (schema?.body as TSchema | undefined) ?? null,
        doc,
      });
    }
  });
  return () => {
    document ??= documentOf(routes);
    return document;
  };
}

function documentOf(routes: readonly DescribedRoute[]): JsonObject {
  const components = new Components();
  components.refer(ErrorSchema);
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    const path = pathOf(route.url);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kapsel',
      version: '1',
      description:
        'Receives webhooks, delivers them, and proves every delivery attempt. Every answer has `X-Request-Id`. Unknown members and query parameters are refused. What is not the caller’s is the same 404 as what does not exist.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: components.all() },
  };
}

function operationOf(route: DescribedRoute, components: Components): JsonObject {
  const operation = describeOperation(route, components);
  if (!route.url.startsWith(`${ALIAS}/`)) return operation;
  return {
    ...operation,
    operationId: `${route.doc.id}AtApiV1`,
    'x-same-as': pathOf(route.url.slice(ALIAS.length)),
  };
}
