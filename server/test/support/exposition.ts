/** Reads the Prometheus text format as strictly as `promtool check metrics`, without sharing code with its writer. @module */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/** The families by name. Throws on anything that is not the format. */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('no newline at the end');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let open: [string, Family] | null = null;
  let help: [string, string] | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, helpName = '', helpText = ''] = HELP.exec(line) ?? [];
    const [, typeName = '', type = ''] = TYPE.exec(line) ?? [];
    if (helpName !== '') {
      help = [helpName, helpText];
    } else if (typeName !== '') {
      if (help?.[0] !== typeName || families.has(typeName)) throw new Error(`family ${typeName}`);
      open = [typeName, { type, help: help[1], samples: [] }];
      families.set(...open);
    } else {
      const sample = readSample(line);
      if (open === null || !belongs(sample.name, open)) throw new Error(`no family: ${line}`);
      const series = `${sample.name} ${JSON.stringify(sample.labels)}`;
      if (seen.has(series)) throw new Error(`series twice: ${line}`);
      seen.add(series);
      open[1].samples.push(sample);
    }
  }
  for (const [name, { type, samples }] of families) {
    if (type === 'histogram') assertBucketsGrow(name, samples);
  }
  return families;
}

function belongs(name: string, [family, { type }]: [string, Family]): boolean {
  if (type !== 'histogram') return name === family;
  return ['_bucket', '_sum', '_count'].some((end) => name === family + end);
}

function readSample(line: string): Sample {
  const [, name = '', labelText = '', valueText = ''] = SAMPLE.exec(line) ?? [];
  if (name === '') throw new Error(`not a sample: ${line}`);
  const value = /^[+-]?Inf$/.test(valueText)
    ? Number(valueText.replace('Inf', 'Infinity'))
    : Number(valueText);
  if (Number.isNaN(value) && !/^nan$/i.test(valueText)) throw new Error(`not a number: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < labelText.length) {
    const [, key = '', content = ''] = LABEL.exec(labelText) ?? [];
    if (key === '' || key in labels) throw new Error(`labels: ${line}`);
    labels[key] = content;
  }
  return { name, labels, value };
}

function assertBucketsGrow(name: string, samples: readonly Sample[]): void {
  const counts = new Map<string, number>();
  for (const { name: each, labels, value } of samples) {
    if (each !== `${name}_bucket`) continue;
    const { le: _le, ...rest } = labels;
    const key = JSON.stringify(rest);
    if (value < (counts.get(key) ?? 0)) throw new Error(`buckets of ${name} shrink`);
    counts.set(key, value);
  }
}
