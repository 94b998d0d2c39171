/** What operators are given to watch with: alert rules, dashboard and runbook speak of metrics that exist, and of each other. @module */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { part } from '../../../test/support/parts.ts';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { listMetrics } from '../../src/telemetry/metrics.ts';
import { metricsOf } from '../support/promql.ts';

const ROOT = new URL('../../../', import.meta.url);
const pathOf = (file: string): string => fileURLToPath(new URL(file, ROOT));
const read = (file: string): string => readFileSync(pathOf(file), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

const rules: Rule[] = parse(read('deploy/prometheus/kapsel-alerts.yml')).groups.flatMap(
  ({ rules: each }: { rules: Rule[] }) => each,
);
const alerts = rules.map(({ alert }) => alert);
const runbook = read('docs/runbook.md');

/** Also those that come with Node, and Prometheus' own. */
const KNOWN = new Set([
  'up',
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
  ...listMetrics().flatMap(({ name, kind }) =>
    kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
  ),
]);

function unknownIn(expression: string): string[] {
  return metricsOf(expression).filter((name) => !KNOWN.has(name));
}

describe('the alert rules', () => {
  it('ask for metrics that the server has', () => {
    expect(rules.length).toBeGreaterThan(25);
    for (const { alert, expr } of rules) {
      expect(metricsOf(expr), alert).not.toEqual([]);
      expect(unknownIn(expr), alert).toEqual([]);
    }
  });

  it('are seen through when they ask for another one', () => {
    expect(unknownIn('sum by (log) (rate(kapsel_nonsense_total{log="x"}[5m])) > 0')).toEqual([
      'kapsel_nonsense_total',
    ]);
    expect(unknownIn('kapsel_proof_seconds > 1')).toEqual(['kapsel_proof_seconds']);
  });

  it('have names of their own, say whom they wake, and what they mean', () => {
    expect(new Set(alerts).size).toBe(alerts.length);
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^Kapsel[A-Z]\w+$/);
      expect(['page', 'ticket']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("stand beside their metrics in the operator's manual", () => {
    const named = read('docs/operations.md').match(/\bKapsel[A-Z]\w+/g) ?? [];
    expect(new Set(named)).toEqual(new Set(alerts.filter((alert) => alert !== 'KapselDown')));
  });

  it.skipIf(!part('promtool'))('are what Prometheus reads, and fire when they are to', () => {
    for (const words of [
      ['check', 'rules', pathOf('deploy/prometheus/kapsel-alerts.yml')],
      ['test', 'rules', pathOf('deploy/prometheus/kapsel-alerts.test.yml')],
    ]) {
      // Throws, with what it says, unless it ends with 0.
      expect(execFileSync('promtool', words, { encoding: 'utf8' })).toContain('SUCCESS');
    }
  });

  it('are each tried, by a case that fires it and one that does not', () => {
    const { tests } = parse(read('deploy/prometheus/kapsel-alerts.test.yml'));
    const tried = (fires: boolean): string[] =>
      tests.flatMap(({ alert_rule_test: cases }: { alert_rule_test: Case[] }) =>
        cases
          .filter(({ exp_alerts: expected }) => (expected !== undefined) === fires)
          .map(({ alertname }) => alertname),
      );
    expect([...new Set(tried(true))].sort()).toEqual([...alerts].sort());
    expect([...new Set(tried(false))].sort()).toEqual([...alerts].sort());
  });
});

interface Case {
  readonly alertname: string;
  readonly exp_alerts?: readonly unknown[];
}

describe('the dashboard', () => {
  const dashboard = JSON.parse(read('deploy/grafana/kapsel-dashboard.json'));
  const panels: { id: number; title: string; targets?: { expr: string }[] }[] = dashboard.panels;
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('shows metrics that the server has, and all of them', () => {
    expect(expressions.flatMap(unknownIn)).toEqual([]);
    const shown = expressions.flatMap(metricsOf).join('\n');
    expect(listMetrics().filter(({ name }) => !shown.includes(name))).toEqual([]);
  });

  it('has panels with numbers and titles of their own, and asks for the chosen job alone', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const expression of expressions) {
      const selectors = expression.match(/\{[^}]*\}/g) ?? [];
      expect(selectors.filter((selector) => !selector.includes('job=~"$job"'))).toEqual([]);
      expect(selectors.length).toBeGreaterThanOrEqual(metricsOf(expression).length);
    }
  });
});

describe('the runbook', () => {
  const sections = new Map(
    runbook
      .split(/^### /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
  );

  it('has a section for each alert, and none for another', () => {
    expect([...sections.keys()].sort()).toEqual([...alerts].sort());
  });

  it('says of each what it means, where to look, what to do, and how to know that it worked', () => {
    for (const [alert, section] of sections) {
      for (const word of ['Means', 'Look', 'do', 'Worked']) {
        expect(section.toLowerCase(), alert).toContain(`**${word.toLowerCase()}**`);
      }
      const others = section.match(/\bKapsel[A-Z]\w+/g) ?? [];
      expect(others.filter((other) => !alerts.includes(other))).toEqual([]);
    }
  });

  it('asks the database what it can answer', async () => {
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    const blocks = [...runbook.matchAll(/^```sql\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
    expect(blocks.length).toBeGreaterThan(10);
    for (const block of blocks) {
      // Undone: one of them makes months.
      await client.query('BEGIN');
      await client.query(block).catch((error: unknown) => {
        throw new Error(`cannot be run: ${block}`, { cause: error });
      });
      await client.query('ROLLBACK');
    }
    await client.end();
    await database.drop();
  });
});
