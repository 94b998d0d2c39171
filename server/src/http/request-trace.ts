/** The span of an accepted request: begun before anything is looked at, ended when the answer is out. @module */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  readTraceparent,
  type Span,
  type SpanFields,
  type Traceparent,
  type Tracing,
} from '../telemetry/tracing.ts';

/** Owned by a request from its first hook to its answer. */
const spans = new WeakMap<object, Span>();

type Hook = (request: FastifyRequest) => Promise<void>;

export interface TraceHooks {
  readonly onRequest: Hook | Hook[];
  readonly onResponse?: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/** Hooks of a route whose requests are traced; without an SDK they are `first` alone. */
export function traceRequests(tracing: Tracing, first: Hook): TraceHooks {
  if (!tracing.isOn) return { onRequest: first };
  return {
    onRequest: [
      async function beginSpan(request) {
        const given = request.headers.traceparent;
        // A sender's own trace goes on here. It can name any trace, and learns nothing from that.
        const parent = readTraceparent(typeof given === 'string' ? given : undefined);
        spans.set(request, tracing.begin('ingest', parent));
      },
      first,
    ],
    onResponse: async function endSpan(request, { statusCode }) {
      const failed: SpanFields = statusCode >= 500 ? { reason: 'failed' } : {};
      spans.get(request)?.end({ status: statusCode, ...failed });
    },
  };
}

/** For the event that the request brings. */
export function traceparentOf(request: FastifyRequest): Traceparent {
  return spans.get(request)?.traceparent ?? null;
}

/** For log lines. */
export function traceIdOf(request: FastifyRequest): string | undefined {
  return spans.get(request)?.traceId;
}
