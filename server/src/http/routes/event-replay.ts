/** POST /v1/events/replay: all events that a filter fits are delivered once more, or only counted. @module */
import type { FastifyInstance } from 'fastify';
import { readRequestKey } from '../../ingest/request-key.ts';
import { countMatching, replayMatching } from '../../queue/replay-many.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { headersOf } from '../ingest-gate.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import { narrowingFrom } from '../schemas/event-list.ts';
import { MAX_REPLAYED, ReplayBody, ReplayJson } from '../schemas/event-replay.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

interface ReplayRoute {
  Body: ReplayBody;
}

const DOC: RouteDoc = {
  id: 'replayEvents',
  tag: 'events',
  summary: 'Delivers all events that a filter fits once more.',
  description:
    'At most 10,000 at a time, the oldest first; events whose body is gone, or whose endpoint was deleted, do not count. A replay of dead letters can be repeated until `matched` is 0.',
  auth: 'events:write',
  requestHeaders: {
    'Idempotency-Key':
      'A repeated request with the same key gets the first answer, and queues nothing more; for seven days.',
  },
  answers: {
    200: { description: 'With `dry_run`: how many there are.', schema: ReplayJson },
    202: { description: 'What was queued and held.', schema: ReplayJson },
  },
  errors: ['idempotency_mismatch'],
};

export function eventReplayRoutes(app: FastifyInstance, { pool, forTenant }: RouteDeps): void {
  app.post<ReplayRoute>('/v1/events/replay', {
    config: { doc: DOC },
    bodyLimit: MAX_JSON_BYTES,
    onRequest: needsScope(pool, 'events:write'),
    schema: { body: ReplayBody, querystring: NoQuery },
    preValidation: parseJsonBody,
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const { status, dry_run: isDryRun = false, limit = MAX_REPLAYED } = request.body;
      const filter = { status, ...narrowingFrom(request.body) };
      const idempotencyKey = readRequestKey(headersOf(request), null)?.text ?? null;
      const { matched, queued, held } = isDryRun
        ? await countMatching(forTenant(tenantId), tenantId, filter, MAX_REPLAYED)
        : await replayMatching(
            forTenant(tenantId),
            tenantId,
            { filter, limit, idempotencyKey },
            MAX_REPLAYED,
          );
      const answer: ReplayJson = {
        dry_run: isDryRun,
        matched: Math.min(matched, MAX_REPLAYED),
        matched_is_lower_bound: matched > MAX_REPLAYED,
        queued,
        held,
      };
      return reply.code(isDryRun ? 200 : 202).send(answer);
    },
  });
}
