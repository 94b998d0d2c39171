/** Results as JUnit XML: one test case a proof. Source of truth: verifier-ux 3.1. @module */
import { leadingFailure } from '@kapsel/verification';
import { PROGRAM_NAME } from '../about.ts';
import type { Result } from '../result.ts';
import type { RunEnd, View } from '../run-facts.ts';
import { failureText } from './checks.ts';

/** Collects the cases; the counts stand in front of them, so nothing is written before the end. */
export function junitView(write: (text: string) => void): View {
  const cases: string[] = [];
  const names = new Map<string, number>();
  const counts = { failures: 0, errors: 0, skipped: 0 };
  return {
    add: (result) => {
      const kind = kindOf(result);
      if (kind !== null) counts[kind]++;
      cases.push(caseXml(result, kind, uniqueName(result, names)));
    },
    end: (run) => write(documentXml(cases, counts, run)),
  };
}

type Kind = 'failures' | 'errors' | 'skipped';

function kindOf({ report }: Result): Kind | null {
  switch (report.verdict) {
    case 'verified':
      return null;
    case 'invalid':
    case 'untrusted':
      return 'failures';
    case 'malformed':
    case 'error':
      return 'errors';
    case 'inconclusive':
      return 'skipped';
  }
}

/** Some readers drop the second of two cases with one name, without a word. */
function uniqueName({ place, label }: Result, names: Map<string, number>): string {
  const isWhole = place.entry === null && place.line === null;
  const path = isWhole ? label : place.path === '-' ? 'stdin' : place.path;
  const entry = place.entry === null ? '' : `!${place.entry}`;
  const line = place.line === null ? '' : `#${place.line}`;
  const name = `${path}${entry}${line}`;
  const count = (names.get(name) ?? 0) + 1;
  names.set(name, count);
  return count === 1 ? name : `${name} (${count})`;
}

function caseXml(result: Result, kind: Kind | null, name: string): string {
  const file = result.place.path === '-' ? 'stdin' : result.label.replace(/[!:][^/]*$/, '');
  const start = `    <testcase classname="${xml(file)}" name="${xml(name)}"`;
  if (kind === null) return `${start} time="0"/>`;
  const failure = leadingFailure(result.report);
  const message =
    failure === null
      ? (result.report.checks.find(({ status }) => status === 'pending')?.reason ?? 'not decided')
      : `${failureText(failure)} [${failure.code}]`;
  if (kind === 'skipped') {
    // As text: an attribute is not in the schema.
    return `${start} time="0"><skipped>${xml(message)}</skipped></testcase>`;
  }
  const tag = kind === 'errors' ? 'error' : 'failure';
  const type = failure?.code ?? result.report.verdict;
  const text = xml(`${result.report.verdict}: ${message}`);
  return `${start} time="0"><${tag} type="${xml(type)}" message="${xml(message)}">${text}</${tag}></testcase>`;
}

function documentXml(
  cases: readonly string[],
  { failures, errors, skipped }: Readonly<Record<Kind, number>>,
  run: RunEnd,
): string {
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}"`;
  const time = (run.elapsedMs / 1000).toFixed(3);
  const incomplete =
    run.stop === null
      ? []
      : ['    <properties><property name="complete" value="false"/></properties>'];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${PROGRAM_NAME}" ${counts} time="${time}">`,
    `  <testsuite name="${PROGRAM_NAME}" ${counts} skipped="${skipped}" time="${time}">`,
    ...incomplete,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** Text for an attribute or an element. Characters that XML 1.0 cannot hold at all are left out. */
export function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.codePointAt(0)};`);
}
