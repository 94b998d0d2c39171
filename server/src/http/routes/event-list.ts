/** GET /v1/events: a tenant's events, newest first, among them dead letters and what is held. @module */
import type { FastifyInstance } from 'fastify';
import type { EventId } from '../../base/ids.ts';
import { countEvents, listEvents } from '../../events/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { cursorsFor, pageOf } from '../cursor.ts';
import { invalidAt } from '../invalid-at.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { encodeListedEventJson } from '../schemas/event.ts';
import { EventListJson, EventListQuery, filterFrom } from '../schemas/event-list.ts';
import { limitFrom } from '../schemas/values.ts';
import type { RouteDeps } from './route-deps.ts';

/** Beyond it the total is only known to be at least this. */
const MAX_TOTAL = 10_000;

interface ListRoute {
  Querystring: EventListQuery;
}

const DOC: RouteDoc = {
  id: 'listEvents',
  tag: 'events',
  summary: 'Events, newest first.',
  description:
    'Dead letters are `status=failed`, what waits at a disabled endpoint is `held=true`. Go on by `page`, or by `cursor` as deep as there are events.',
  auth: 'events:read',
  answers: { 200: { description: 'A page of events.', schema: EventListJson } },
};

export function eventListRoutes(
  app: FastifyInstance,
  { pool, readForTenant, cursorKey }: RouteDeps,
): void {
  app.get<ListRoute>('/v1/events', {
    config: { doc: DOC },
    onRequest: needsScope(pool, 'events:read'),
    schema: { querystring: EventListQuery },
    handler: async (request): Promise<EventListJson> => {
      const { tenantId } = callerOf(request);
      const { query } = request;
      const filter = filterFrom(query);
      const limit = limitFrom(query);
      const page = Number(query.page ?? 1);
      const cursors = cursorsFor(cursorKey, 'events', tenantId);
      if (query.cursor !== undefined && query.page !== undefined) {
        throw invalidAt('/page', 'does not go together with a cursor');
      }
      const before = cursors.parse<EventId>(query.cursor);
      const offset = (page - 1) * limit;
      if (offset >= MAX_TOTAL) throw invalidAt('/page', `goes no further than ${MAX_TOTAL} events`);
      const { found, total } = await readForTenant(tenantId).near(async (db) => ({
        found: await listEvents(db, tenantId, filter, { before, offset, limit: limit + 1 }),
        total: await countEvents(db, tenantId, filter, MAX_TOTAL + 1),
      }));
      const { items, nextCursor } = pageOf(found, limit, cursors);
      return {
        data: items.map(encodeListedEventJson),
        page,
        limit,
        total: Math.min(total, MAX_TOTAL),
        total_is_lower_bound: total > MAX_TOTAL,
        next_cursor: nextCursor,
      };
    },
  });
}
