/** GET /v1/events/{event_id}: where an event stands, with every delivery attempt. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { type EventId, isUuid } from '../../base/ids.ts';
import { findEvent, listAttempts } from '../../events/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { encodeEventJson } from '../schemas/event.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

interface EventRoute {
  Params: { event_id: string };
}

export function eventRoutes(app: FastifyInstance, { pool }: RouteDeps): void {
  app.get<EventRoute>('/v1/events/:event_id', {
    onRequest: needsScope(pool, 'events:read'),
    schema: { querystring: NoQuery },
    handler: async (request) => {
      const { tenantId } = callerOf(request);
      if (!isUuid(request.params.event_id)) throw notFound();
      const id = request.params.event_id as EventId;
      const event = await findEvent(pool, tenantId, id);
      if (event === null) throw notFound();
      return encodeEventJson(event, await listAttempts(pool, tenantId, id));
    },
  });
}
