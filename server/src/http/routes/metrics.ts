/** GET /metrics: the server's metrics as Prometheus text, behind a token where one is set. @module */
import type { FastifyInstance } from 'fastify';
import { needsToken } from '../needs-token.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

const DOC: RouteDoc = {
  id: 'getMetrics',
  tag: 'server',
  summary: 'The server’s metrics as Prometheus text.',
  auth: 'metrics',
  answers: { 200: { description: 'The metrics.', contentType: 'text/plain' } },
};

export function metricsRoutes(app: FastifyInstance, { metrics, metricsToken }: RouteDeps): void {
  app.get('/metrics', {
    config: { doc: DOC },
    schema: { querystring: NoQuery },
    onRequest: needsToken(metricsToken, 'everybody', 'The metrics token is needed'),
    handler: async (_request, reply) => {
      const { contentType, text } = await metrics.scrape();
      return reply.header('content-type', contentType).send(text);
    },
  });
}
