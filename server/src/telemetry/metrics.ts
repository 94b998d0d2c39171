/** Every metric of the server: name, help, labels and the bound of each label. Prometheus text format 0.0.4. @module */
import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';

/** How many values a label may take: these, or the first so many that come. All others become `other`. */
type Bound = readonly string[] | number;

interface Declared {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, Bound>>;
  readonly buckets?: readonly number[];
}

const MANY = 1_000;
const OTHER = 'other';
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const POWERS_OF_TWO = Array.from({ length: 15 }, (_, i) => 2 ** i); // 1 to 16,384

function counter<L extends Readonly<Record<string, Bound>>>(name: string, help: string, labels: L) {
  return { kind: 'counter', name, help, labels } as const;
}

function gauge<L extends Readonly<Record<string, Bound>>>(name: string, help: string, labels: L) {
  return { kind: 'gauge', name, help, labels } as const;
}

function histogram<L extends Readonly<Record<string, Bound>>>(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: L,
) {
  return { kind: 'histogram', name, help, labels, buckets } as const;
}

// The one list. `docs/operations.md` says what to do about each of them.
const DECLARED = {
  batchSize: histogram(
    'merkle_batch_size',
    'Leaves added to a tree in one transaction.',
    POWERS_OF_TWO,
    {},
  ),
  sequencingSeconds: histogram(
    'kapsel_sequencing_seconds',
    'Time of one transaction that numbers leaves, from lock to commit.',
    SECONDS,
    {},
  ),
  headAge: gauge('kapsel_head_age_seconds', 'Age of the newest signed tree head.', { log: MANY }),
  unsignedLeaves: gauge(
    'kapsel_unsigned_leaves',
    'Leaves in the tree that no signed head covers yet.',
    { log: MANY },
  ),
  logHalted: gauge('kapsel_log_halted', '1 while the log takes no leaves and signs nothing.', {
    log: MANY,
  }),
  logRolledBack: gauge(
    'kapsel_log_rolled_back',
    '1 while the database is behind the newest published head, or beside it.',
    { log: MANY },
  ),
  proofSeconds: histogram('kapsel_proof_seconds', 'Time to make a proof.', SECONDS, {
    kind: ['inclusion', 'consistency', 'package'],
  }),
  proofCacheRequests: counter(
    'kapsel_proof_cache_requests_total',
    'Look-ups in the caches of proofs.',
    { cache: ['tile', 'proof', 'table'], result: ['hit', 'miss'] },
  ),
  partitionHeadroom: gauge(
    'kapsel_partition_headroom_days',
    'Days until the last partition that exists is full.',
    { table: ['delivery_attempts', 'merkle_leaves'] },
  ),
  consistencyFailures: counter(
    'kapsel_consistency_failures_total',
    'Contradictions that the auditor found in a log.',
    {},
  ),
  auditCheckedLeaves: counter(
    'kapsel_audit_checked_leaves_total',
    'Leaves that the auditor checked again.',
    {},
  ),
  auditLastPass: gauge(
    'kapsel_audit_last_pass_timestamp_seconds',
    'When the auditor last came to the end of the log without a contradiction, Unix seconds.',
    { log: MANY },
  ),
  cosignatures: counter('kapsel_cosignatures_total', 'Checkpoints sent to witnesses.', {
    witness: MANY,
    result: ['cosigned', 'conflict', 'refused', 'unreachable', 'invalid'],
  }),
  exportedSize: gauge('kapsel_exported_size', 'Tree size of the last exported checkpoint.', {
    log: MANY,
  }),
} as const;

type LabelsOf<D extends Declared> = { readonly [Name in keyof D['labels']]: string };

export interface Counter<Labels> {
  inc(labels: Labels, count?: number): void;
}

export interface Gauge<Labels> {
  set(labels: Labels, value: number): void;
  /** Drops the series: what it spoke of is gone. */
  remove(labels: Labels): void;
}

export interface Histogram<Labels> {
  observe(labels: Labels, value: number): void;
}

type InstrumentOf<D extends Declared> = D['kind'] extends 'counter'
  ? Counter<LabelsOf<D>>
  : D['kind'] extends 'gauge'
    ? Gauge<LabelsOf<D>>
    : Histogram<LabelsOf<D>>;

/** The metrics of one server, all in a registry of their own. */
export type Metrics = {
  readonly [Name in keyof typeof DECLARED]: InstrumentOf<(typeof DECLARED)[Name]>;
} & {
  /** The text that Prometheus reads, and its content type. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
};

/** What the process tells of itself (event-loop delay, memory, CPU, garbage collection) is left out on demand. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process !== false) collectDefaultMetrics({ register: registry });
  const instruments = Object.entries(DECLARED).map(
    ([key, declared]) => [key, createInstrument(declared, registry)] as const,
  );
  return {
    ...Object.fromEntries(instruments),
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  } as Metrics;
}

/** Names, labels and bounds, for the operator's manual and the test that compares the two. */
export function listMetrics(): readonly Declared[] {
  return Object.values(DECLARED);
}

type Labels = Readonly<Record<string, string>>;

function createInstrument(
  { kind, name, help, labels, buckets = [] }: Declared,
  registry: Registry,
): Counter<Labels> | Gauge<Labels> | Histogram<Labels> {
  const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  const bound = boundLabels(labels);
  switch (kind) {
    case 'counter': {
      const metric = new PromCounter(options);
      return { inc: (given, count = 1) => metric.inc(bound(given), count) };
    }
    case 'gauge': {
      const metric = new PromGauge(options);
      return {
        set: (given, value) => metric.set(bound(given), value),
        remove: (given) => metric.remove(bound(given)),
      };
    }
    case 'histogram': {
      const metric = new PromHistogram({ ...options, buckets: [...buckets] });
      return { observe: (given, value) => metric.observe(bound(given), value) };
    }
  }
}

// A name that a caller may choose must not become a series for each value: Prometheus and we keep them all.
function boundLabels(bounds: Readonly<Record<string, Bound>>): (given: Labels) => Labels {
  const seen = new Map<string, Set<string>>();
  const valueWithin = (name: string, value: string, bound: Bound): string => {
    if (typeof bound !== 'number') return bound.includes(value) ? value : OTHER;
    const values = seen.get(name) ?? new Set();
    seen.set(name, values);
    if (!values.has(value) && values.size >= bound) return OTHER;
    values.add(value);
    return value;
  };
  return (given) =>
    Object.fromEntries(
      Object.entries(bounds).map(([name, bound]) => [
        name,
        valueWithin(name, given[name] ?? OTHER, bound),
      ]),
    );
}
