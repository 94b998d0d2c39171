/** POST /v1/endpoints/{endpoint_id}/test: an event of the tenant's own making, delivered and logged like any other. @module */
import type { FastifyInstance } from 'fastify';
import { notFound } from '../../base/failure.ts';
import { type EndpointId, isUuid } from '../../base/ids.ts';
import { findEndpoint } from '../../endpoints/store.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { takeTokens } from '../ingest-gate.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseOptionalBody } from '../raw-body.ts';
import { TestBody } from '../schemas/endpoint-test.ts';
import { RetryJson } from '../schemas/event-replay.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

interface TestRoute {
  Params: { endpoint_id: string };
  Body: TestBody;
}

const DEFAULT_PAYLOAD = { type: 'kapsel.test', message: 'This is a test delivery.' };

const DOC: RouteDoc = {
  id: 'testEndpoint',
  tag: 'endpoints',
  summary: 'Sends a test event to an endpoint.',
  description:
    'It takes the way of every event, with retries, a leaf and a proof, and costs one token of the ingest rate.',
  auth: 'endpoints:write',
  bodyIsOptional: true,
  answers: { 202: { description: 'The event, to be looked at.', schema: RetryJson } },
  errors: ['overloaded'],
};

export function endpointTestRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { pool, forTenant, ingest } = deps;
  app.post<TestRoute>('/v1/endpoints/:endpoint_id/test', {
    config: { doc: DOC },
    bodyLimit: MAX_JSON_BYTES,
    onRequest: needsScope(pool, 'endpoints:write'),
    schema: { body: TestBody, querystring: NoQuery },
    preValidation: parseOptionalBody,
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const { endpoint_id: id } = request.params;
      const endpoint = isUuid(id)
        ? await findEndpoint(forTenant(tenantId), tenantId, id as EndpointId)
        : null;
      if (endpoint === null) throw notFound();
      const target = { tenantId, endpointId: endpoint.id, verifier: null };
      await takeTokens(deps, target, 1);
      ingest.assertRoom();
      const { payload = DEFAULT_PAYLOAD } = request.body;
      const { eventId } = await ingest.accept(target, {
        contentType: 'application/json',
        headers: {},
        body: Buffer.from(JSON.stringify(payload)),
        key: null,
      });
      deps.onIngested(tenantId, 'accepted', 1);
      const answer: RetryJson = { event_id: eventId, held: endpoint.state.disabledAtMs !== null };
      return reply.code(202).send(answer);
    },
  });
}
