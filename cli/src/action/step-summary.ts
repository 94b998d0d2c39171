/** The summary of a step: one sentence, what is not verified, details folded. Source of truth: verifier-ux 3.1. @module */
import { safeWithin } from '../render/checks.ts';
import { codeSpan } from '../render/markdown.ts';
import {
  factsOf,
  markdownRow,
  type Row,
  rowOf,
  TABLE_HEAD,
  titleOf,
} from '../render/report-rows.ts';
import type { Result } from '../result.ts';
import type { RunEnd, RunStart, View } from '../run-facts.ts';

const MAX_ROWS = 200;
const MAX_CELL_CHARACTERS = 300;
const MAX_FACT_CHARACTERS = 2_000;
// A runner drops the whole of a summary above 1024 KiB.
const MAX_BYTES = 900 * 1024;

/** Collects the rows while the run goes on. */
export class StepSummary implements View {
  readonly #rows: Row[] = [];

  add(result: Result): void {
    if (result.report.verdict === 'verified' || this.#rows.length >= MAX_ROWS) return;
    this.#rows.push(rowOf(result));
  }

  end(): void {}

  /** The Markdown, after the end of the run. */
  text(start: RunStart, run: RunEnd): string {
    const facts = factsOf(start, run).map((fact) => safeWithin(fact, MAX_FACT_CHARACTERS));
    const head = `## ${titleOf(run)}\n\n`;
    const tail = [
      '<details><summary>Details</summary>',
      '',
      ...facts.map((fact) => `- ${codeSpan(fact)}`),
      '',
      '</details>',
      '',
    ].join('\n');
    const rows = rowsWithin(this.#rows, MAX_BYTES - Buffer.byteLength(head + tail));
    return `${head}${tableOf(rows, run.tally.notVerified)}${tail}`;
  }
}

/** The summary of a step that never came to check anything. */
export function refusalSummary(message: string, code: string): string {
  return `## Nothing was checked\n\n${codeSpan(safeWithin(message, MAX_FACT_CHARACTERS))} ${codeSpan(code)}\n`;
}

function tableOf(rows: readonly string[], notVerified: number): string {
  if (rows.length === 0) return '';
  const rest = notVerified - rows.length;
  const more = rest === 0 ? [] : ['', `${rest} more are not listed.`];
  return [...TABLE_HEAD, ...rows, ...more, '', ''].join('\n');
}

/** As many lines as there is room for, beside the table's own. */
function rowsWithin(rows: readonly Row[], maxBytes: number): readonly string[] {
  const lines: string[] = [];
  let left = maxBytes - 1_000;
  for (const { label, verdict, what } of rows) {
    const line = markdownRow({
      label: safeWithin(label, MAX_CELL_CHARACTERS),
      verdict,
      what: safeWithin(what, MAX_CELL_CHARACTERS),
    });
    left -= Buffer.byteLength(line) + 1;
    if (left < 0) break;
    lines.push(line);
  }
  return lines;
}
