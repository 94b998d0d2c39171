/** POST /ingest/{endpoint_id}: any bytes in, 202 once they are committed. @module */
import type { FastifyInstance } from 'fastify';
import { keptHeaders } from '../../ingest/kept-headers.ts';
import { readRequestKey } from '../../ingest/request-key.ts';
import { createIngestGate, headersOf } from '../ingest-gate.ts';
import { contentTypeOf, rawBody, takeBodyLease } from '../raw-body.ts';
import { traceparentOf, traceRequests } from '../request-trace.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

export function ingestRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const gate = createIngestGate(deps);
  app.post('/ingest/:endpoint_id', {
    ...traceRequests(deps.tracing, gate.admit),
    onError: gate.countRefusal,
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const lease = takeBodyLease(request);
      try {
        const body = rawBody(request);
        const headers = headersOf(request);
        const { target, eventKey } = gate.identify(request, body);
        const { eventId, duplicate } = await deps.ingest.accept(target, {
          contentType: contentTypeOf(request),
          headers: keptHeaders(headers, target.verifier?.headerNames ?? [], target.keptHeaders),
          body,
          key: readRequestKey(headers, eventKey),
          traceparent: traceparentOf(request),
        });
        deps.onIngested(target.tenantId, duplicate ? 'duplicate' : 'accepted', 1);
        return reply.code(duplicate ? 200 : 202).send({ event_id: eventId, duplicate });
      } finally {
        lease.release();
      }
    },
  });
}
