/** Metrics: the names and labels that dashboards are built on, the bound of each label, and the text format. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMetrics, listMetrics } from '../../src/telemetry/metrics.ts';
import { parseExposition } from '../support/exposition.ts';

async function read(metrics = createMetrics({ process: false })) {
  const { text } = await metrics.scrape();
  return parseExposition(text);
}

describe('the metrics', () => {
  it('keep their names and labels', () => {
    expect(
      listMetrics().map(({ kind, name, labels }) => [kind, name, ...Object.keys(labels)].join(' ')),
    ).toEqual([
      'counter webhook_ingestion_total tenant status',
      'counter delivery_attempts_total endpoint result',
      'histogram delivery_duration_seconds',
      'gauge circuit_breaker_state endpoint',
      'gauge pending_events_total',
      'gauge kapsel_oldest_due_age_seconds',
      'histogram kapsel_claim_lag_seconds',
      'histogram kapsel_group_commit_rows',
      'histogram kapsel_group_commit_seconds',
      'counter kapsel_stale_settlements_total',
      'gauge kapsel_pending_leaves',
      'gauge kapsel_sequencing_lag_seconds',
      'counter kapsel_rate_limited_total class',
      'counter kapsel_rate_limit_fallbacks_total',
      'gauge kapsel_pool_waiting pool',
      'gauge kapsel_pool_busy_connections pool',
      'gauge kapsel_queue_dead_tuples',
      'gauge kapsel_oldest_xmin_age',
      'gauge kapsel_replication_lag_seconds',
      'gauge kapsel_event_loop_delay_seconds quantile',
      'histogram merkle_batch_size',
      'histogram kapsel_sequencing_seconds',
      'gauge kapsel_head_age_seconds log',
      'gauge kapsel_unsigned_leaves log',
      'gauge kapsel_log_halted log',
      'gauge kapsel_log_rolled_back log',
      'histogram kapsel_proof_seconds kind',
      'counter kapsel_proof_cache_requests_total cache result',
      'gauge kapsel_partition_headroom_days table',
      'gauge kapsel_read_replica_lag_seconds replica',
      'gauge kapsel_read_replica_fresh replica',
      'counter kapsel_reads_total from',
      'gauge kapsel_partitions_overdue table',
      'counter kapsel_partitions_retired_total table what',
      'counter kapsel_consistency_failures_total',
      'counter kapsel_audit_checked_leaves_total',
      'gauge kapsel_audit_last_pass_timestamp_seconds log',
      'counter kapsel_cosignatures_total witness result',
      'gauge kapsel_anchors status',
      'gauge kapsel_anchor_age_seconds log',
      'gauge kapsel_anchor_waiting_seconds',
      'counter kapsel_calendar_requests_total calendar op result',
      'counter kapsel_anchor_refused_answers_total calendar reason',
      'gauge kapsel_exported_size log',
    ]);
  });

  it("each stand in the operator's manual, with their labels", () => {
    const manual = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
    for (const { name, labels } of listMetrics()) {
      const names = Object.keys(labels).join(',');
      expect(manual).toContain(`| \`${name}${names === '' ? '' : `{${names}}`}\` `);
    }
  });

  it('are each shown to Prometheus, with help and type', async () => {
    const families = await read();
    for (const { name, kind, help } of listMetrics()) {
      expect(families.get(name), name).toMatchObject({ type: kind, help });
    }
  });

  it('count batches in powers of two', async () => {
    const metrics = createMetrics({ process: false });
    metrics.batchSize.observe({}, 1);
    metrics.batchSize.observe({}, 16_384);
    const samples = (await read(metrics)).get('merkle_batch_size')?.samples ?? [];
    const bounds = samples
      .filter(({ name }) => name.endsWith('_bucket'))
      .map(({ labels }) => labels.le);
    expect(bounds).toEqual([...Array.from({ length: 15 }, (_, i) => `${2 ** i}`), '+Inf']);
    expect(samples.find(({ name }) => name.endsWith('_sum'))?.value).toBe(16_385);
  });

  it('bound a label that callers can fill: the rest is other', async () => {
    const metrics = createMetrics({ process: false });
    for (let i = 0; i < 1_005; i++) metrics.exportedSize.set({ log: `log-${i}` }, i);
    metrics.exportedSize.set({ log: 'log-3' }, 33);
    const samples = (await read(metrics)).get('kapsel_exported_size')?.samples ?? [];
    expect(samples).toHaveLength(1_001);
    expect(samples.find(({ labels }) => labels.log === 'other')?.value).toBe(1_004);
    expect(samples.find(({ labels }) => labels.log === 'log-3')?.value).toBe(33);
  });

  it('bound a label with a fixed list', async () => {
    const metrics = createMetrics({ process: false });
    metrics.proofCacheRequests.inc({ cache: 'tile', result: 'hit' }, 2);
    metrics.proofCacheRequests.inc({ cache: 'made-up', result: 'hit' });
    const samples = (await read(metrics)).get('kapsel_proof_cache_requests_total')?.samples;
    expect(samples?.map(({ labels, value }) => [labels.cache, labels.result, value])).toEqual([
      ['tile', 'hit', 2],
      ['other', 'hit', 1],
    ]);
  });

  it('drop a series whose subject is gone', async () => {
    const metrics = createMetrics({ process: false });
    metrics.logHalted.set({ log: 'a' }, 1);
    metrics.logHalted.remove({ log: 'a' });
    expect((await read(metrics)).get('kapsel_log_halted')?.samples).toEqual([]);
  });

  it('belong to one server: another counts for itself', async () => {
    const [one, other] = [createMetrics({ process: false }), createMetrics({ process: false })];
    one.consistencyFailures.inc({});
    const value = async (metrics: typeof one) =>
      (await read(metrics)).get('kapsel_consistency_failures_total')?.samples[0]?.value;
    expect(await value(one)).toBe(1);
    expect(await value(other)).toBe(0);
  });

  it('tell of the process: event-loop delay and memory', async () => {
    const families = await read(createMetrics());
    expect([...families.keys()]).toEqual(
      expect.arrayContaining([
        'nodejs_eventloop_lag_p99_seconds',
        'process_resident_memory_bytes',
        'nodejs_heap_size_used_bytes',
      ]),
    );
  });
});

describe('the reader of the text format', () => {
  it.each([
    ['a sample without a family', 'a 1\n'],
    ['a family twice', '# HELP a x\n# TYPE a gauge\n# HELP a x\n# TYPE a gauge\n'],
    ['a series twice', '# HELP a x\n# TYPE a gauge\na 1\na 2\n'],
    ['a value that is no number', '# HELP a x\n# TYPE a gauge\na one\n'],
    ['a label without quotes', '# HELP a x\n# TYPE a gauge\na{b=c} 1\n'],
    ['no newline at the end', '# HELP a x\n# TYPE a gauge\na 1'],
    [
      'buckets that shrink',
      '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    ],
  ])('refuses %s', (_name, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});

describe('a counter', () => {
  it('hands on what was counted at each scrape, once', async () => {
    const metrics = createMetrics({ process: false });
    metrics.ingested.inc({ tenant: 'a', status: 'accepted' });
    metrics.ingested.inc({ tenant: 'a', status: 'accepted' }, 4);
    metrics.ingested.inc({ tenant: 'a', status: 'made up' });
    const values = async () =>
      ((await read(metrics)).get('webhook_ingestion_total')?.samples ?? []).map(
        ({ labels, value }) => [labels.tenant, labels.status, value],
      );
    const expected = [
      ['a', 'accepted', 5],
      ['a', 'other', 1],
    ];
    expect(await values()).toEqual(expected);
    expect(await values()).toEqual(expected);
    metrics.ingested.inc({ tenant: 'a', status: 'accepted' });
    expect((await values())[0]).toEqual(['a', 'accepted', 6]);
  });

  it('keeps nobody in memory that no scrape asks for, and a thousand tenants apart', async () => {
    const metrics = createMetrics({ process: false });
    for (let i = 0; i < 10_000; i++) {
      metrics.ingested.inc({ tenant: `t${i}`, status: 'accepted' });
    }
    const samples = (await read(metrics)).get('webhook_ingestion_total')?.samples ?? [];
    expect(samples).toHaveLength(1_001);
    const other = samples.find(({ labels }) => labels.tenant === 'other');
    expect(other?.value).toBe(9_000);
  });
});

it('a gauge whose series is dropped gives its place to another', async () => {
  const metrics = createMetrics({ process: false });
  for (let i = 0; i < 3_000; i++) {
    metrics.circuitState.set({ endpoint: `e${i}` }, 1);
    if (i % 3 !== 0) metrics.circuitState.remove({ endpoint: `e${i}` });
  }
  const samples = (await read(metrics)).get('circuit_breaker_state')?.samples ?? [];
  expect(samples).toHaveLength(1_000);
  expect(samples.some(({ labels }) => labels.endpoint === 'other')).toBe(false);
});

it('values that are there at any time are read when they are asked for', async () => {
  const metrics = createMetrics({ process: false });
  let waiting = 3;
  metrics.onScrape(() => metrics.poolWaiting.set({ pool: 'ingest' }, waiting));
  const value = async () => (await read(metrics)).get('kapsel_pool_waiting')?.samples[0]?.value;
  expect(await value()).toBe(3);
  waiting = 5;
  expect(await value()).toBe(5);
});
