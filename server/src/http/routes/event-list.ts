/** GET /v1/events: a tenant's events, newest first, among them dead letters and what is held. @module */
import type { FastifyInstance } from 'fastify';
import { Failure } from '../../base/failure.ts';
import { type EndpointId, type EventId, isUuid } from '../../base/ids.ts';
import { countEvents, type EventFilter, listEvents } from '../../events/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { encodeListedEventJson } from '../schemas/event.ts';
import { EventListQuery } from '../schemas/event-list.ts';
import { parseQueryTime } from '../schemas/query-time.ts';
import type { RouteDeps } from './route-deps.ts';

const DEFAULT_LIMIT = 20;
/** Beyond it the total is only known to be at least this. */
const MAX_TOTAL = 10_000;

interface ListRoute {
  Querystring: EventListQuery;
}

export function eventListRoutes(app: FastifyInstance, { pool }: RouteDeps): void {
  app.get<ListRoute>('/v1/events', {
    onRequest: needsScope(pool, 'events:read'),
    schema: { querystring: EventListQuery },
    handler: async (request) => {
      const { tenantId } = callerOf(request);
      const { query } = request;
      const filter = filterFrom(query);
      const limit = Number(query.limit ?? DEFAULT_LIMIT);
      const page = Number(query.page ?? 1);
      const before = cursorFrom(query);
      const offset = (page - 1) * limit;
      if (offset >= MAX_TOTAL) throw refused('/page', `goes no further than ${MAX_TOTAL} events`);
      // One more than asked for tells whether there is a next page.
      const found = await listEvents(pool, tenantId, filter, { before, offset, limit: limit + 1 });
      const total = await countEvents(pool, tenantId, filter, MAX_TOTAL + 1);
      const data = found.slice(0, limit);
      return {
        data: data.map(encodeListedEventJson),
        page,
        limit,
        total: Math.min(total, MAX_TOTAL),
        total_is_lower_bound: total > MAX_TOTAL,
        next_cursor: found.length > limit ? (data.at(-1)?.id ?? null) : null,
      };
    },
  });
}

function filterFrom(query: EventListQuery): EventFilter {
  const { endpoint_id: endpointId } = query;
  if (endpointId !== undefined && !isUuid(endpointId)) {
    throw refused('/endpoint_id', 'is not an id');
  }
  return {
    status: query.status ?? null,
    endpointId: (endpointId as EndpointId | undefined) ?? null,
    held: query.held === undefined ? null : query.held === 'true',
    sinceMs: timeFrom(query.since, '/since'),
    untilMs: timeFrom(query.until, '/until'),
  };
}

function timeFrom(text: string | undefined, path: string): number | null {
  if (text === undefined) return null;
  const timeMs = parseQueryTime(text);
  if (timeMs === null) throw refused(path, 'must be a time like 2026-01-31T12:00:00Z');
  return timeMs;
}

function cursorFrom({ cursor, page }: EventListQuery): EventId | null {
  if (cursor === undefined) return null;
  if (page !== undefined) throw refused('/page', 'does not go together with a cursor');
  if (!isUuid(cursor)) throw refused('/cursor', 'is not a cursor of this list');
  return cursor as EventId;
}

function refused(path: string, message: string): Failure {
  return new Failure('invalid_request', 'The request is not valid', {
    details: [{ path, message }],
  });
}
