/** A tracer provider of a few lines: what an OpenTelemetry SDK does, as far as a test has to see it. @module */
import { randomBytes } from 'node:crypto';
import {
  type Attributes,
  type Context,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type TimeInput,
  TraceFlags,
  trace,
} from '@opentelemetry/api';

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly attributes: Attributes;
  isFailed: boolean;
  readonly startMs: number;
  endMs: number | null;
}

export interface SpanCollector {
  readonly spans: readonly CollectedSpan[];
  stop(): void;
}

/** Registers itself with the API of this process. */
export function collectSpans(): SpanCollector {
  const spans: CollectedSpan[] = [];
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan: (name, options, context) => startSpan(spans, name, options, context),
      startActiveSpan: () => {
        throw new Error('nobody asks for it');
      },
    }),
  });
  return { spans, stop: () => trace.disable() };
}

function startSpan(
  spans: CollectedSpan[],
  name: string,
  options: SpanOptions = {},
  context?: Context,
): Span {
  const parent = context === undefined ? undefined : trace.getSpanContext(context);
  const collected: CollectedSpan = {
    name,
    traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    parentId: parent?.spanId ?? null,
    attributes: { ...options.attributes },
    isFailed: false,
    startMs: msOf(options.startTime),
    endMs: null,
  };
  spans.push(collected);
  const { traceId, spanId } = collected;
  const span: Span = {
    spanContext: () => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
    setAttribute: (key, value) => span.setAttributes({ [key]: value }),
    setAttributes: (given) => {
      Object.assign(collected.attributes, given);
      return span;
    },
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: ({ code }) => {
      collected.isFailed = code === SpanStatusCode.ERROR;
      return span;
    },
    updateName: () => span,
    end: (time) => {
      if (collected.endMs !== null) throw new Error(`${name} was ended twice`);
      collected.endMs = msOf(time);
    },
    isRecording: () => collected.endMs === null,
    recordException: () => undefined,
  };
  return span;
}

function msOf(time: TimeInput | undefined): number {
  if (time === undefined) return Date.now();
  if (typeof time !== 'number') throw new TypeError('only milliseconds are told here');
  return time;
}
