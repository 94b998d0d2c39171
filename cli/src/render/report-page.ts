/** A run as a page to keep or to hand on, in HTML or Markdown. Source of truth: verifier-ux 2.2. @module */
import type { RunEnd, RunStart, View } from '../run-facts.ts';
import { codeSpan, html } from './markdown.ts';
import { factsOf, markdownRow, type Row, rowOf, TABLE_HEAD, titleOf } from './report-rows.ts';

// A page with more rows is of no use to a person; the counts are always of the whole run.
const MAX_ROWS = 5_000;

/** Collects the rows, those that are not verified first, and writes the page at the end. */
export function reportPageView(
  form: 'html' | 'md',
  start: RunStart,
  write: (text: string) => void,
): View {
  const bad: Row[] = [];
  const good: Row[] = [];
  return {
    add: (result) => {
      const rows = result.report.verdict === 'verified' ? good : bad;
      if (rows.length < MAX_ROWS) rows.push(rowOf(result));
    },
    end: (run) => {
      const rows = [...bad, ...good].slice(0, MAX_ROWS);
      const facts = [
        ...factsOf(start, run),
        ...(rows.length < run.tally.proofs
          ? [`The first ${rows.length} are listed, those not verified first.`]
          : []),
      ];
      write(form === 'html' ? pageHtml(run, facts, rows) : pageMarkdown(run, facts, rows));
    },
  };
}

function pageMarkdown(run: RunEnd, facts: readonly string[], rows: readonly Row[]): string {
  return [
    `# ${titleOf(run)}`,
    '',
    ...facts.map((fact) => `- ${codeSpan(fact)}`),
    '',
    ...TABLE_HEAD,
    ...rows.map(markdownRow),
    '',
  ].join('\n');
}

function pageHtml(run: RunEnd, facts: readonly string[], rows: readonly Row[]): string {
  const title = html(titleOf(run));
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${title}</title>`,
    `<style>${STYLE}</style></head><body>`,
    `<h1>${title}</h1>`,
    `<ul>${facts.map((fact) => `<li>${html(fact)}</li>`).join('')}</ul>`,
    '<table><thead><tr><th scope="col">Proof</th><th scope="col">Verdict</th><th scope="col">Why</th></tr></thead><tbody>',
    ...rows.map(
      ({ label, verdict, what }) =>
        `<tr class="${verdict}"><td>${html(label)}</td><td>${verdict}</td><td>${html(what)}</td></tr>`,
    ),
    '</tbody></table></body></html>',
    '',
  ].join('\n');
}

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}' +
  'table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8886;overflow-wrap:anywhere;vertical-align:top}' +
  'td:nth-child(2){font-weight:600;white-space:nowrap}.invalid td:nth-child(2){text-decoration:underline}';
