/** GET /metrics: the server's metrics as Prometheus text, behind a token where one is set. @module */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Failure } from '../../base/failure.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

const BEARER = /^Bearer +([^ ]+)$/i;

export function metricsRoutes(app: FastifyInstance, { metrics, metricsToken }: RouteDeps): void {
  const wanted = metricsToken === null ? null : digestOf(metricsToken.reveal());
  app.get('/metrics', {
    schema: { querystring: NoQuery },
    onRequest: async function needsToken({ headers }) {
      if (wanted === null) return;
      const token = BEARER.exec(headers.authorization ?? '')?.[1] ?? '';
      // Digests have one length, so the comparison says nothing about the token's.
      if (!timingSafeEqual(digestOf(token), wanted)) {
        throw new Failure('unauthorized', 'The metrics token is needed');
      }
    },
    handler: async (_request, reply) => {
      const { contentType, text } = await metrics.scrape();
      return reply.header('content-type', contentType).send(text);
    },
  });
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
