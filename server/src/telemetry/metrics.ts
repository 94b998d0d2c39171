/** The instruments behind the metrics of one server, and the text that Prometheus reads. Text format 0.0.4. @module */
import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import { type Bound, DECLARED, type Declared } from './metric-list.ts';

const OTHER = 'other';
/** So many series are counted between two scrapes before they are handed on all the same. */
const MAX_TALLIED = 4_096;

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
  /** Called before each scrape, for values that are there to be read at any time. */
  onScrape(read: () => void): void;
  /** The text that Prometheus reads, and its content type. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
};

/** What the process tells of itself (event-loop delay, memory, CPU, garbage collection) is left out on demand. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process !== false) collectDefaultMetrics({ register: registry });
  const beforeScrape: (() => void)[] = [];
  const onScrape = (read: () => void): void => {
    beforeScrape.push(read);
  };
  const instruments = Object.entries(DECLARED).map(
    ([key, declared]) => [key, createInstrument(declared, registry, onScrape)] as const,
  );
  return {
    ...Object.fromEntries(instruments),
    onScrape,
    scrape: async () => {
      for (const read of beforeScrape) read();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
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
  onScrape: Metrics['onScrape'],
): Counter<Labels> | Gauge<Labels> | Histogram<Labels> {
  const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  const bound = boundLabels(labels);
  switch (kind) {
    case 'counter': {
      const metric = new PromCounter(options);
      const tally = new Tally(Object.keys(labels), (given, count) =>
        metric.inc(bound.within(given), count),
      );
      onScrape(() => tally.flush());
      return tally;
    }
    case 'gauge': {
      const metric = new PromGauge(options);
      return {
        set: (given, value) => metric.set(bound.within(given), value),
        remove: (given) => {
          metric.remove(bound.within(given));
          bound.forget(given);
        },
      };
    }
    case 'histogram': {
      const metric = new PromHistogram({ ...options, buckets: [...buckets] });
      return { observe: (given, value) => metric.observe(bound.within(given), value) };
    }
  }
}

/** Counts in a map until the next scrape: an event costs one look-up instead of a walk over labels. */
class Tally implements Counter<Labels> {
  readonly #names: readonly string[];
  readonly #handOn: (labels: Labels, count: number) => void;
  readonly #counts = new Map<string, { readonly labels: Labels; count: number }>();

  constructor(names: readonly string[], handOn: (labels: Labels, count: number) => void) {
    this.#names = names;
    this.#handOn = handOn;
  }

  inc(labels: Labels, count = 1): void {
    let key = '';
    for (const name of this.#names) key += `${labels[name]}\n`;
    const known = this.#counts.get(key);
    if (known !== undefined) known.count += count;
    else this.#counts.set(key, { labels, count });
    if (this.#counts.size > MAX_TALLIED) this.flush();
  }

  flush(): void {
    for (const { labels, count } of this.#counts.values()) this.#handOn(labels, count);
    this.#counts.clear();
  }
}

interface BoundLabels {
  within(given: Labels): Record<string, string>;
  /** The series is gone: another may take its place. Only right where each value has one series. */
  forget(given: Labels): void;
}

// A name that a caller may choose must not become a series for each value: Prometheus and we keep them all.
function boundLabels(bounds: Readonly<Record<string, Bound>>): BoundLabels {
  const seen = new Map<string, Set<string>>(Object.keys(bounds).map((name) => [name, new Set()]));
  const valueWithin = (name: string, value: string, bound: Bound): string => {
    if (typeof bound !== 'number') return bound.includes(value) ? value : OTHER;
    const values = seen.get(name) ?? new Set();
    if (!values.has(value) && values.size >= bound) return OTHER;
    values.add(value);
    return value;
  };
  return {
    within: (given) =>
      Object.fromEntries(
        Object.entries(bounds).map(([name, bound]) => [
          name,
          valueWithin(name, given[name] ?? OTHER, bound),
        ]),
      ),
    forget(given) {
      if (seen.size !== 1) return;
      for (const [name, values] of seen) values.delete(given[name] ?? OTHER);
    },
  };
}
