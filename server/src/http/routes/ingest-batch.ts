/** POST /ingest/{endpoint_id}/batch: many events in one request, one JSON object a line, one result a line. @module */
import type { FastifyInstance } from 'fastify';
import { Failure } from '../../base/failure.ts';
import type { IngestStatus } from '../../ingest/accept.ts';
import { acceptLines, type LineResult } from '../../ingest/accept-batch.ts';
import { splitLines } from '../../ingest/batch-line.ts';
import { findHeader } from '../../ingest/raw-headers.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { createIngestGate, headersOf, takeTokens } from '../ingest-gate.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { contentTypeOf, rawBody, takeBodyLease } from '../raw-body.ts';
import { traceparentOf, traceRequests } from '../request-trace.ts';
import { BatchJson, type LineJson } from '../schemas/ingest.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

const MAX_LINES = 1_000;
const MAX_DETAILS = 20;
const NDJSON = /^application\/x-ndjson\s*(?:;|$)/i;
const KEY_HEADERS = ['idempotency-key', 'x-idempotency-key'];

const DOC: RouteDoc = {
  id: 'ingestBatch',
  tag: 'ingest',
  summary: 'Takes up to 1,000 webhooks, one JSON object a line, and answers a result a line.',
  auth: 'ingest',
  rawBody: {
    contentType: 'application/x-ndjson',
    description:
      'Lines of `{"payload": <any JSON>}` or `{"payload_base64": "…"}`, with `content_type`, `idempotency_key` and `headers` where wanted; 10 MiB together.',
  },
  answers: { 202: { description: 'What became of each line.', schema: BatchJson } },
  errors: ['unsupported_media_type'],
};

export function ingestBatchRoutes(app: FastifyInstance, deps: RouteDeps, logger: Logger): void {
  const gate = createIngestGate(deps);
  app.post('/ingest/:endpoint_id/batch', {
    config: { doc: DOC },
    ...traceRequests(deps.tracing, gate.admit),
    onError: gate.countRefusal,
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const lease = takeBodyLease(request);
      try {
        const body = rawBody(request);
        // One signature over the whole body; its key names the request and no line of it.
        const { target } = gate.identify(request, body);
        if (!NDJSON.test(contentTypeOf(request) ?? '')) {
          throw new Failure('unsupported_media_type', 'A batch is application/x-ndjson');
        }
        if (KEY_HEADERS.some((name) => findHeader(headersOf(request), name).kind !== 'none')) {
          throw refusal('/Idempotency-Key', 'stands in each line of a batch, not in the header');
        }
        const lines = splitLines(body, MAX_LINES);
        if (lines.length === 0) throw refusal('/', 'must have a line');
        if (lines.length > MAX_LINES) throw refusal('/', `must have at most ${MAX_LINES} lines`);
        if (lines.length > 1) await takeTokens(deps, target, lines.length - 1);
        const results = await acceptLines(deps.ingest, target, lines, traceparentOf(request));
        if (results.every(({ kind }) => kind === 'refused')) throw noneUsable(results);
        // The caller hears of it line by line; why it was, only the operator.
        for (const result of results) {
          if (result.kind === 'accepted' || result.cause === undefined) continue;
          logger.error('line failed', { request_id: request.id, error: result.cause });
        }
        for (const [status, count] of countsOf(results)) {
          deps.onIngested(target.tenantId, status, count);
        }
        const answer: BatchJson = { results: results.map(encodeResult) };
        return reply.code(202).send(answer);
      } finally {
        lease.release();
      }
    },
  });
}

function encodeResult(result: LineResult): LineJson {
  const { line } = result;
  if (result.kind === 'accepted') {
    return { line, event_id: result.eventId, duplicate: result.duplicate };
  }
  return { line, error: { code: result.code, message: result.message } };
}

function countsOf(results: readonly LineResult[]): ReadonlyMap<IngestStatus, number> {
  const counts = new Map<IngestStatus, number>();
  for (const result of results) {
    const status =
      result.kind === 'refused' ? 'error' : result.duplicate ? 'duplicate' : 'accepted';
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}

function noneUsable(results: readonly LineResult[]): Failure {
  return new Failure('invalid_request', 'No line of the batch can be used', {
    details: results
      .slice(0, MAX_DETAILS)
      .flatMap((result) =>
        result.kind === 'refused' ? [{ path: `/${result.line}`, message: result.message }] : [],
      ),
  });
}

function refusal(path: string, message: string): Failure {
  return new Failure('invalid_request', 'The request is not valid', {
    details: [{ path, message }],
  });
}
