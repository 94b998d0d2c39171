/** Results as people read them on stdout: one proof in full, several as a list with a summary. Source of truth: verifier-ux 2.3 to 2.5. @module */
import type { Host } from '../host.ts';
import { isFullLook, type Look, tellLines } from '../options.ts';
import type { Result } from '../result.ts';
import type { RunStart, View } from '../run-facts.ts';
import { labelOfInput, STDIN_NAME } from '../source.ts';
import { safe } from './checks.ts';
import { detailLines } from './details.ts';
import { explainLines } from './explain.ts';
import { labelWidth, listLine, summaryLine } from './list.ts';
import { verdictBlock } from './text.ts';
import { tellProblem } from './usage.ts';

// So many results of folders and archives wait for each other at most, so that their columns stand under one another.
const HELD_RESULTS = 64;

/** Writes to stdout as results come. `beforeWriting` lets a line of progress make room. */
export function textView(
  host: Host,
  look: Look,
  start: RunStart,
  explain: boolean,
  beforeWriting: () => void,
): View {
  const held: Result[] = [];
  const named = new Set(start.inputs);
  const isStream = named.has(STDIN_NAME);
  let width = start.inputs.length === 1 ? 0 : labelWidth(start.inputs.map(labelOfInput));
  let isList = start.inputs.length !== 1;

  function flush(): void {
    width = Math.max(width, labelWidth(held.map(({ label }) => label)));
    const lines = held.flatMap((result) => linesOfResult(result));
    held.length = 0;
    tell(lines);
  }

  function tell(lines: readonly string[]): void {
    if (lines.length === 0) return;
    beforeWriting();
    tellLines(host, look, lines);
  }

  function linesOfResult(result: Result): readonly string[] {
    if (look.amount === 'problems' && result.report.verdict === 'verified') return [];
    const further = [
      ...(isFullLook(look) ? detailLines(result, start.keys) : []),
      ...(explain ? ['', ...explainLines(result.report)] : []),
    ];
    return isList
      ? [listLine(result, width, look), ...further, ...(explain ? [''] : [])]
      : [...verdictBlock(result, look, explain), ...further];
  }

  return {
    add: (result) => {
      tellUnreadable(host, look, result, beforeWriting);
      const { path, entry, line } = result.place;
      // Anything but the named file itself comes out of a folder, a pattern, an archive or a list of lines.
      if (path !== start.inputs[0] || entry !== null || line !== null) isList = true;
      held.push(result);
      // What is named may block (a pipe, a terminal), so it is told at once.
      if ((named.has(path) && entry === null) || held.length >= HELD_RESULTS) flush();
    },
    end: (run) => {
      flush();
      if (isFullLook(look) && run.skippedCount > 0)
        tell(skippedLines(run.skippedNames, run.skippedCount));
      if (!isList && run.stop === null) return;
      tell([summaryLine({ ...run, inputs: start.inputs.length, isStream })]);
    },
  };
}

function tellUnreadable(
  host: Host,
  look: Look,
  { report, label }: Result,
  beforeWriting: () => void,
): void {
  const check = report.checks[0];
  if (check?.code !== 'E_IO' || look.amount === 'nothing') return;
  beforeWriting();
  const [reason] = (check.reason ?? '').split('; ');
  tellProblem(host, `cannot read ${label}: ${reason}`, 'E_IO');
}

function skippedLines(names: readonly string[], count: number): readonly string[] {
  const rest = count - names.length;
  return [
    'Skipped, as no proof by name or no ordinary file:',
    ...names.map((name) => `  ${safe(name)}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}
