/** GET /openapi.json and /docs: the API described, for programs and for people. @module */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { JSON_TYPE, sendCacheable } from '../cacheable.ts';
import type { JsonObject } from '../openapi/components.ts';
import { docsPage } from '../openapi/docs-page.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { NoQuery } from '../schemas/no-query.ts';

const DOCUMENT: RouteDoc = {
  id: 'getApiDocument',
  tag: 'server',
  summary: 'This description: OpenAPI 3.1.',
  auth: 'none',
  isConditional: true,
  answers: {
    200: {
      description: 'The document.',
      schema: Type.Object(
        { openapi: Type.String({ examples: ['3.1.0'] }) },
        { additionalProperties: true },
      ),
    },
  },
};

const PAGE: RouteDoc = {
  id: 'getDocsPage',
  tag: 'server',
  summary: 'This description as a page.',
  auth: 'none',
  answers: { 200: { description: 'The page.', contentType: 'text/html' } },
};

/** `documentOf` is called with the first request, when all routes are there. */
export function apiDocumentRoutes(app: FastifyInstance, documentOf: () => JsonObject): void {
  let text: string | null = null;
  let page: ReturnType<typeof docsPage> | null = null;

  app.get('/openapi.json', {
    config: { doc: DOCUMENT },
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      text ??= JSON.stringify(documentOf());
      const answer = { body: text, contentType: JSON_TYPE, freshness: 'newest' } as const;
      return sendCacheable(request, reply, { ...answer, isPublic: true });
    },
  });

  app.get('/docs', {
    config: { doc: PAGE },
    schema: { querystring: NoQuery },
    handler: async (_request, reply) => {
      page ??= docsPage(documentOf());
      return reply
        .header('content-type', 'text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .header('content-security-policy', page.policy)
        .header('referrer-policy', 'no-referrer')
        .send(page.html);
    },
  });
}
