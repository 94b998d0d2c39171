/** POST /v1/events/{event_id}/retry: one event is delivered once more. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { type EventId, isUuid } from '../../base/ids.ts';
import { replayEvent } from '../../queue/replay.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { RetryJson } from '../schemas/event-replay.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

const DOC: RouteDoc = {
  id: 'retryEvent',
  tag: 'events',
  summary: 'Delivers one event once more.',
  description:
    'A new attempt with the next number, and the whole budget of attempts again. Of a disabled endpoint it is held.',
  auth: 'events:write',
  answers: { 202: { description: 'It is queued, or held.', schema: RetryJson } },
  errors: ['in_flight', 'payload_expired'],
};

interface RetryRoute {
  Params: { event_id: string };
}

export function eventRetryRoutes(app: FastifyInstance, { pool, forTenant }: RouteDeps): void {
  app.post<RetryRoute>('/v1/events/:event_id/retry', {
    config: { doc: DOC },
    onRequest: needsScope(pool, 'events:write'),
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const { event_id: id } = request.params;
      if (!isUuid(id)) throw notFound();
      const replayed = await replayEvent(forTenant(tenantId), tenantId, id as EventId);
      const answer: RetryJson = { event_id: id, held: replayed === 'held' };
      return reply.code(202).send(answer);
    },
  });
}
