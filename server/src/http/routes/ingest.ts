/** POST /ingest/{endpoint_id}: any bytes in, 202 once they are committed. @module */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Endpoint } from '../../endpoints/endpoint.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { contentTypeOf, rawBody } from '../raw-body.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

interface IngestRoute {
  Params: { endpoint_id: string };
}

// Needed to read the body at its destination; everything else stays with us.
const KEPT_HEADERS = ['content-encoding'];

export function ingestRoutes(app: FastifyInstance, deps: RouteDeps): void {
  /** Owned by a request from `onRequest` to its handler. */
  const admitted = new WeakMap<FastifyRequest<IngestRoute>, Endpoint>();
  app.post<IngestRoute>('/ingest/:endpoint_id', {
    // Key and endpoint are checked before a byte of the body is read.
    onRequest: [
      needsScope(deps.pool, 'ingest'),
      async function admit(request) {
        const { endpoint_id: id } = request.params;
        admitted.set(request, await deps.ingest.admit(callerOf(request), id));
      },
    ],
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const endpoint = admitted.get(request);
      if (endpoint === undefined) throw new Error('the request was not admitted');
      const eventId = await deps.ingest.accept(endpoint, {
        contentType: contentTypeOf(request),
        headers: keptHeaders(request),
        body: rawBody(request),
      });
      return reply.code(202).send({ event_id: eventId, duplicate: false });
    },
  });
}

function keptHeaders(request: FastifyRequest<IngestRoute>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}
