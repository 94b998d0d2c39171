/** POST /v1/events/{event_id}/retry: one event is delivered once more. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { type EventId, isUuid } from '../../base/ids.ts';
import { replayEvent } from '../../queue/replay.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

interface RetryRoute {
  Params: { event_id: string };
}

export function eventRetryRoutes(app: FastifyInstance, { pool }: RouteDeps): void {
  app.post<RetryRoute>('/v1/events/:event_id/retry', {
    onRequest: needsScope(pool, 'events:write'),
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const { event_id: id } = request.params;
      if (!isUuid(id)) throw notFound();
      const replayed = await replayEvent(pool, tenantId, id as EventId);
      return reply.code(202).send({ event_id: id, held: replayed === 'held' });
    },
  });
}
