/** GET /v1/events/{event_id}: where an event stands, with every delivery attempt. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { type EventId, isUuid } from '../../base/ids.ts';
import { findPayload } from '../../events/payload-store.ts';
import { findEvent, findNextAttemptMs, listAttempts } from '../../events/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { EventJson, EventQuery, encodeEventJson } from '../schemas/event.ts';
import type { RouteDeps } from './route-deps.ts';

interface EventRoute {
  Params: { event_id: string };
  Querystring: EventQuery;
}

const DOC: RouteDoc = {
  id: 'getEvent',
  tag: 'events',
  summary: 'An event with its delivery attempts.',
  auth: 'events:read',
  answers: { 200: { description: 'The event.', schema: EventJson } },
};

export function eventRoutes(app: FastifyInstance, { pool, forTenant }: RouteDeps): void {
  app.get<EventRoute>('/v1/events/:event_id', {
    config: { doc: DOC },
    onRequest: needsScope(pool, 'events:read'),
    schema: { querystring: EventQuery },
    handler: async (request): Promise<EventJson> => {
      const { tenantId } = callerOf(request);
      if (!isUuid(request.params.event_id)) throw notFound();
      const id = request.params.event_id as EventId;
      const db = forTenant(tenantId);
      const event = await findEvent(db, tenantId, id);
      if (event === null) throw notFound();
      const attempts = await listAttempts(db, tenantId, id);
      const nextMs = await findNextAttemptMs(db, tenantId, id);
      if (request.query.payload !== 'true') return encodeEventJson(event, attempts, nextMs);
      return encodeEventJson(event, attempts, nextMs, await findPayload(db, tenantId, id));
    },
  });
}
