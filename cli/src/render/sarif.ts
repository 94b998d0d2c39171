/** What is not verified as SARIF 2.1.0: one rule a code, one result a proof. Source of truth: verifier-ux 3.1. @module */
import { createHash } from 'node:crypto';
import { ERROR_CODES, explainCode, leadingFailure, verdictOfCode } from '@kapsel/verification';
import { INFORMATION_URL, PROGRAM_NAME, PROGRAM_VERSION } from '../about.ts';
import type { Result } from '../result.ts';
import type { RunEnd, View } from '../run-facts.ts';
import { failureText } from './checks.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
// What code hosts take in one upload.
const MAX_RESULTS = 25_000;
const UNDECIDED = 'UNDECIDED';

/** Collects the results; those above the limit are counted in a notification. */
export function sarifView(write: (text: string) => void): View {
  const results: object[] = [];
  const used = new Set<string>();
  let dropped = 0;
  return {
    add: (result) => {
      if (result.report.verdict === 'verified') return;
      if (results.length >= MAX_RESULTS) {
        dropped++;
        return;
      }
      const entry = resultOf(result);
      used.add(entry.ruleId);
      results.push(entry);
    },
    end: (run) => write(`${JSON.stringify(documentOf(results, used, dropped, run), null, 2)}\n`),
  };
}

function resultOf(result: Result): { readonly ruleId: string; readonly [member: string]: unknown } {
  const { report, place, label, digest } = result;
  const failure = leadingFailure(report);
  const pending = report.checks.find(({ status }) => status === 'pending')?.reason;
  const message = failure === null ? (pending ?? 'not decided') : failureText(failure);
  const isWhole = place.entry === null && place.line === null;
  const path = isWhole ? label : place.path;
  const inside = place.entry === null ? '' : `${place.entry}: `;
  const identity = digest?.sha256 ?? createHash('sha256').update(label).digest('hex');
  return {
    ruleId: failure?.code ?? UNDECIDED,
    level: report.verdict === 'inconclusive' ? 'warning' : 'error',
    message: { text: `${inside}${report.verdict}: ${message}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(path) },
          region: { startLine: place.line ?? 1 },
        },
      },
    ],
    partialFingerprints: { 'kapselInput/v1': identity },
  };
}

/** A relative reference for what lies below the working folder, a file URL for what is absolute. */
function uriOf(path: string): string {
  if (path === '-' || path === 'stdin') return 'stdin';
  const encoded = path
    .replaceAll('\\', '/')
    .split('/')
    .map((part) => encodeURIComponent(Buffer.from(part).toString()))
    .join('/');
  if (encoded.startsWith('/')) return `file://${encoded}`;
  return encoded.replace(/^(\.\/)+/, '');
}

function documentOf(
  results: readonly object[],
  used: ReadonlySet<string>,
  dropped: number,
  run: RunEnd,
): object {
  const notes = dropped === 0 ? [] : [`${dropped} further results are not listed`];
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: PROGRAM_NAME,
            version: PROGRAM_VERSION,
            informationUri: INFORMATION_URL,
            rules: rulesOf(used),
          },
        },
        columnKind: 'unicodeCodePoints',
        invocations: [
          {
            executionSuccessful: run.stop === null,
            exitCode: run.exitCode,
            ...(notes.length === 0
              ? {}
              : {
                  toolExecutionNotifications: notes.map((text) => ({
                    level: 'warning',
                    message: { text },
                  })),
                }),
          },
        ],
        results,
      },
    ],
  };
}

function rulesOf(used: ReadonlySet<string>): object[] {
  const codes = ERROR_CODES.filter((code) => used.has(code)).map((code) => {
    const { what, causes, next } = explainCode(code);
    return {
      id: code,
      shortDescription: { text: sentence(what) },
      fullDescription: { text: causes },
      help: { text: next },
      defaultConfiguration: { level: 'error' },
      properties: { verdict: verdictOfCode(code) },
    };
  });
  if (!used.has(UNDECIDED)) return codes;
  const text = 'A required check cannot be decided.';
  return [
    ...codes,
    {
      id: UNDECIDED,
      shortDescription: { text },
      fullDescription: { text },
      help: { text: 'Give what the check needs, or do not require it.' },
      defaultConfiguration: { level: 'warning' },
      properties: { verdict: 'inconclusive' },
    },
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
