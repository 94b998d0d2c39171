/** Spans through the OpenTelemetry API: what they say, where they hang, and that without an SDK there are none. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  NO_TRACING,
  openTracing,
  readTraceparent,
  type SpanFields,
  traceIdFrom,
} from '../../src/telemetry/tracing.ts';
import { collectSpans, type SpanCollector } from '../support/span-collector.ts';

let collector: SpanCollector | null = null;
afterEach(() => {
  collector?.stop();
  collector = null;
});

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('without an SDK', () => {
  it('nothing is traced, and each span is one and the same', () => {
    const tracing = openTracing();
    expect(tracing).toBe(NO_TRACING);
    const span = tracing.begin('ingest', PARENT);
    expect(span).toBe(tracing.begin('deliver', null, { count: 1 }));
    expect([span.traceparent, span.traceId]).toEqual([null, undefined]);
    span.end({ reason: 'failed' });
    expect(tracing.record('claim', { parent: PARENT, startMs: 0, endMs: 1 })).toBeNull();
  });
});

describe('with an SDK', () => {
  it('a span hangs under its parent, whose trace it is part of', () => {
    collector = collectSpans();
    const tracing = openTracing();
    const outer = tracing.begin('ingest', PARENT);
    const inner = tracing.begin('commit', outer.traceparent);
    inner.end();
    outer.end();
    expect(collector.spans).toMatchObject([
      {
        name: 'kapsel.ingest',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        parentId: 'b7ad6b7169203331',
      },
      { name: 'kapsel.commit', parentId: collector.spans[0]?.spanId },
    ]);
    expect(outer.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(inner.traceId).toBe(traceIdFrom(inner.traceparent));
    expect(collector.spans.every(({ endMs }) => endMs !== null)).toBe(true);
  });

  it('a span without a parent begins a trace of its own', () => {
    collector = collectSpans();
    const tracing = openTracing();
    const ids = [tracing.begin('ingest', null), tracing.begin('ingest', null)].map(
      ({ traceId }) => traceId,
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('carries the fields of the list and nothing else, and fails with a reason', () => {
    collector = collectSpans();
    const tracing = openTracing();
    const leaking = { event_id: 'e', status: 200, url: 'https://secret' } as SpanFields;
    const span = tracing.begin('deliver', null, leaking);
    span.end({ outcome: 'failed', reason: 'timeout' });
    expect(collector.spans[0]).toMatchObject({
      isFailed: true,
      attributes: {
        'kapsel.event_id': 'e',
        'http.response.status_code': 200,
        'kapsel.outcome': 'failed',
        'kapsel.reason': 'timeout',
      },
    });
    expect(JSON.stringify(collector.spans)).not.toContain('secret');
  });

  it('ends once, whoever ends it again', () => {
    collector = collectSpans();
    const span = openTracing().begin('ingest', null);
    span.end();
    span.end();
  });

  it('tells of something that is over with its own times', () => {
    collector = collectSpans();
    const own = openTracing().record('claim', { parent: PARENT, startMs: 10, endMs: 25 });
    expect(collector.spans).toMatchObject([
      { startMs: 10, endMs: 25, parentId: 'b7ad6b7169203331' },
    ]);
    expect(own).not.toBeNull();
  });
});

it.each([
  ['', 'nothing'],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331', 'a part'],
  ['01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'another version'],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', 'upper case'],
  [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'no trace'],
  [`00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`, 'no span'],
  [`${PARENT},${PARENT}`, 'two'],
  [`${PARENT}\n`, 'a line end'],
])('a header %s is none: %s', (text) => {
  expect(readTraceparent(text)).toBeNull();
});

it('reads the header that is one', () => {
  expect(readTraceparent(PARENT)).toBe(PARENT);
  expect(readTraceparent(undefined)).toBeNull();
});
