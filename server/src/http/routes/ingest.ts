/** POST /ingest/{endpoint_id}: any bytes in, 202 once they are committed. @module */
import type { FastifyInstance } from 'fastify';
import { keptHeaders } from '../../ingest/kept-headers.ts';
import { readRequestKey } from '../../ingest/request-key.ts';
import { createIngestGate, headersOf } from '../ingest-gate.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { contentTypeOf, rawBody, takeBodyLease } from '../raw-body.ts';
import { traceparentOf, traceRequests } from '../request-trace.ts';
import { AcceptedJson } from '../schemas/ingest.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

const DOC: RouteDoc = {
  id: 'ingest',
  tag: 'ingest',
  summary: 'Takes a webhook, whatever bytes it is, and answers once it is stored.',
  auth: 'ingest',
  rawBody: { contentType: '*/*', description: 'Any bytes up to 10 MiB, delivered as they come.' },
  requestHeaders: {
    'Idempotency-Key':
      'A repeated request with the same key makes no second event, for seven days.',
  },
  answers: {
    202: { description: 'It is stored, and will be delivered.', schema: AcceptedJson },
    200: { description: 'It was stored before, under the same key.', schema: AcceptedJson },
  },
  errors: ['idempotency_mismatch', 'unprocessable'],
};

export function ingestRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const gate = createIngestGate(deps);
  app.post('/ingest/:endpoint_id', {
    config: { doc: DOC },
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
        const answer: AcceptedJson = { event_id: eventId, duplicate };
        return reply.code(duplicate ? 200 : 202).send(answer);
      } finally {
        lease.release();
      }
    },
  });
}
