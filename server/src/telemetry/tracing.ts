/** Traces through the OpenTelemetry API: one from the webhook to its leaf, and nothing at all while no SDK is registered. W3C Trace Context. @module */
import {
  type Span as ApiSpan,
  type Attributes,
  type Context,
  isSpanContextValid,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

export type SpanName =
  | 'ingest'
  | 'commit'
  | 'claim'
  | 'deliver'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'ttfb'
  | 'settle'
  | 'sequence'
  | 'sign';

/** Fields a span may carry: the same ids as log lines, and no more of a request than those do. */
export interface SpanFields {
  readonly tenant_id?: string;
  readonly endpoint_id?: string;
  readonly event_id?: string;
  readonly delivery_attempt_id?: string;
  readonly log?: string;
  readonly outcome?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly count?: number;
  readonly tree_size?: number;
}

/** `00-<trace id>-<span id>-<flags>`, or null: no trace. */
export type Traceparent = string | null;

export interface Span {
  /** For the spans below it, in this process or another. Null while no SDK is registered. */
  readonly traceparent: Traceparent;
  /** For log lines. */
  readonly traceId: string | undefined;
  /** Only the first counts. With `reason` the span has failed. */
  end(fields?: SpanFields): void;
}

export interface Interval {
  readonly parent: Traceparent;
  /** Unix milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface Tracing {
  /** False: nothing is traced, and each span is one and the same object that does nothing. */
  readonly isOn: boolean;
  begin(name: SpanName, parent: Traceparent, fields?: SpanFields): Span;
  /** A span of something that is over, for work that was done for several traces at once. Answers its context. */
  record(name: SpanName, interval: Interval, fields?: SpanFields): Traceparent;
}

const NO_SPAN: Span = { traceparent: null, traceId: undefined, end: () => undefined };

/** What rooms are given where nobody traces. */
export const NO_TRACING: Tracing = { isOn: false, begin: () => NO_SPAN, record: () => null };

const KINDS: Partial<Readonly<Record<SpanName, SpanKind>>> = {
  ingest: SpanKind.SERVER,
  deliver: SpanKind.CLIENT,
};

// The compiler sees to it that none is missing: nothing else of what callers hand over reaches a span.
const FIELD_NAMES: { readonly [Name in keyof SpanFields]-?: true } = {
  tenant_id: true,
  endpoint_id: true,
  event_id: true,
  delivery_attempt_id: true,
  log: true,
  outcome: true,
  status: true,
  reason: true,
  count: true,
  tree_size: true,
};

/** Asks once whether an SDK is registered: it must be before the server starts (`node --import`). */
export function openTracing(): Tracing {
  const provider = trace.getTracerProvider();
  // Until somebody registers one, the API hands out this proxy with nothing behind it.
  const isOff =
    provider instanceof ProxyTracerProvider && provider.getDelegateTracer('kapsel') === undefined;
  return isOff ? NO_TRACING : tracingBy(trace.getTracer('kapsel'));
}

function tracingBy(tracer: Tracer): Tracing {
  const start = (
    name: SpanName,
    parent: Traceparent,
    fields: SpanFields | undefined,
    startMs?: number,
  ): ApiSpan =>
    tracer.startSpan(
      `kapsel.${name}`,
      {
        kind: KINDS[name] ?? SpanKind.INTERNAL,
        attributes: attributesOf(fields),
        ...(startMs === undefined ? {} : { startTime: startMs }),
      },
      contextOf(parent),
    );
  return {
    isOn: true,
    begin: (name, parent, fields) => spanOf(start(name, parent, fields)),
    record(name, { parent, startMs, endMs }, fields) {
      const span = start(name, parent, fields, startMs);
      finish(span, fields, endMs);
      return traceparentOf(span);
    },
  };
}

function spanOf(span: ApiSpan): Span {
  let isOver = false;
  return {
    traceparent: traceparentOf(span),
    traceId: isSpanContextValid(span.spanContext()) ? span.spanContext().traceId : undefined,
    end(fields) {
      if (isOver) return;
      isOver = true;
      if (fields !== undefined) span.setAttributes(attributesOf(fields));
      finish(span, fields);
    },
  };
}

function finish(span: ApiSpan, fields: SpanFields | undefined, endMs?: number): void {
  if (fields?.reason !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endMs);
}

function attributesOf(fields: SpanFields = {}): Attributes {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name, value]) => Object.hasOwn(FIELD_NAMES, name) && value !== undefined)
      .map(([name, value]) => [
        name === 'status' ? 'http.response.status_code' : `kapsel.${name}`,
        value,
      ]),
  );
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The header as it is kept, or null for what is none: then a trace begins here. Versions beyond 00 begin one too. */
export function readTraceparent(text: string | undefined): Traceparent {
  const [whole, traceId = '', spanId = ''] = TRACEPARENT.exec(text ?? '') ?? [];
  return whole === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId) ? null : whole;
}

/** For log lines. */
export function traceIdFrom(traceparent: Traceparent): string | undefined {
  return TRACEPARENT.exec(traceparent ?? '')?.[1];
}

function contextOf(parent: Traceparent): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(parent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function traceparentOf(span: ApiSpan): Traceparent {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return null;
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}
