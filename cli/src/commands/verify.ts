/** Checks proof packages: one is told in full, several as a list with a summary; reports for machines beside it. Source of truth: verifier-ux 2.3 to 2.8. @module */
import { headlineOfVerdict, RunTally } from '@kapsel/verification';
import { filesOfHeaderOptions, readAnchorEvidence } from '../anchor-evidence.ts';
import { exitCodeFromError } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { InputReader } from '../inputs/read-items.ts';
import { isFullLook } from '../options.ts';
import { writeTextFile } from '../output-file.ts';
import { readPinnedKeys } from '../pinned-keys.ts';
import { explainJsonLine } from '../render/explain-json.ts';
import { explainMarkdown } from '../render/explain-markdown.ts';
import { explainScript } from '../render/explain-sh.ts';
import { jsonDocumentView, jsonLinesView } from '../render/json-report.ts';
import { junitView } from '../render/junit.ts';
import { Progress } from '../render/progress.ts';
import { reportPageView } from '../render/report-page.ts';
import { sarifView } from '../render/sarif.ts';
import { textView } from '../render/text-view.ts';
import { tellUsageError } from '../render/usage.ts';
import type { RunEnd, RunStart, View } from '../run-facts.ts';
import { assertStdinOnce, STDIN_NAME } from '../source.ts';
import { UsageError } from '../usage-error.ts';
import { verifyItems } from '../verify-items.ts';
import { type OutputFile, readRequirements, type VerifyOptions } from '../verify-options.ts';

// So often the reader of stdout gets time to catch up.
const PACE_RESULTS = 64;

/** What a run came to. */
export interface Outcome {
  readonly start: RunStart;
  readonly run: RunEnd;
  /** A report that could not be written was told of already. */
  readonly areFilesWritten: boolean;
}

/** Checks all inputs and returns the exit code of the run. */
export async function verifyInputs(host: Host, options: VerifyOptions): Promise<number> {
  return exitCodeOfOutcome(await checkInputs(host, options));
}

/** A report that could not be written is an I/O error, unless something worse was found. */
export function exitCodeOfOutcome({ run, areFilesWritten }: Outcome): number {
  return run.exitCode === 0 && !areFilesWritten ? exitCodeFromError('E_IO') : run.exitCode;
}

/** Goes through all inputs in order, also after a failure. Further views may listen beside those that the options name. */
export async function checkInputs(
  host: Host,
  options: VerifyOptions,
  furtherViews: readonly View[] = [],
): Promise<Outcome> {
  assertStdinOnce(wordsThatMayBeStdin(options));
  const keys = await readPinnedKeys(host, options);
  const requirements = await readRequirements(host, options);
  const evidence = await readAnchorEvidence(host, options.headers);
  if (options.inputs.length === 0) {
    throw new UsageError('E_NO_INPUT', 'there is no proof to check', [
      'Name one or more files, folders or patterns, or - for standard input.',
    ]);
  }
  const { inputs, nowMs, look, limits, include } = options;
  const start: RunStart = { inputs, keys, requirements, startedMs: nowMs, runtime: host.runtime };
  const progress = new Progress(host, look.amount !== 'nothing');
  const written: (readonly [OutputFile, string])[] = [];
  const views = [
    stdoutView(host, options, start, () => progress.clear()),
    ...options.files.map((file) =>
      fileView(file, start, (text) => {
        written.push([file, text]);
      }),
    ),
    ...furtherViews,
  ];
  const tally = new RunTally();
  const reader = new InputReader(host, limits, include);
  const results = verifyItems(host, reader.read(inputs), {
    settings: { keys, nowMs, requirements, evidence, wantsDigest: wantsDigest(options) },
    isExplained: options.explain !== null || isFullLook(look),
  });
  let isFailed = false;
  for await (const result of results) {
    tally.add(result.report);
    for (const view of views) view.add(result);
    progress.step(tally.proofs, tally.notVerified);
    if (tally.proofs % PACE_RESULTS === 0) await host.stdout.ready();
    isFailed = options.failFast && tally.notVerified > 0;
    if (isFailed || host.signal.aborted) break;
  }
  progress.clear();
  const stop = stopOf(host) ?? (isFailed ? 'fail-fast' : null);
  const run: RunEnd = {
    tally,
    files: reader.files,
    skippedCount: reader.skippedCount,
    skippedNames: reader.skippedNames,
    elapsedMs: host.elapsedMs(),
    stop,
    exitCode: tally.exitCode(stop === 'interrupted'),
  };
  for (const view of views) view.end(run);
  if (look.amount === 'timing') tellTiming(host, run);
  return { start, run, areFilesWritten: await writeFiles(host, written) };
}

function stopOf({ signal }: Host): RunEnd['stop'] {
  if (!signal.aborted) return null;
  return signal.reason === 'interrupted' ? 'interrupted' : 'stdout-closed';
}

function wordsThatMayBeStdin(options: VerifyOptions): readonly string[] {
  const { inputs, publicKeys, trustFiles, payload, headers } = options;
  const file = payload !== null && 'file' in payload ? [payload.file] : [];
  return [...inputs, ...publicKeys, ...trustFiles, ...file, ...filesOfHeaderOptions(headers)];
}

/** Hashing each input costs; only reports for machines name it. */
function wantsDigest({ json, explain, files }: VerifyOptions): boolean {
  const isMachine = json !== null || explain === 'json' || explain === 'md';
  return isMachine || files.some(({ form }) => form === 'sarif' || form === 'json');
}

/** What goes to stdout: text, unless a form for machines was asked for. */
function stdoutView(
  host: Host,
  options: VerifyOptions,
  start: RunStart,
  beforeWriting: () => void,
): View {
  const { explain, json, look, files } = options;
  const write = (text: string) => {
    beforeWriting();
    if (look.amount !== 'nothing') host.stdout.write(text);
  };
  if (json === 'document') return jsonDocumentView(start, write);
  if (json === 'lines') return jsonLinesView(start, write);
  if (explain === 'json') return eachView((result) => write(`${explainJsonLine(result)}\n`));
  if (explain === 'md') {
    return eachView((result) => write(`${explainMarkdown(result, start.startedMs)}\n`));
  }
  if (explain === 'sh') return scriptView(host, write);
  if (files.some(({ path }) => path === STDIN_NAME)) return eachView(() => undefined);
  return textView(host, look, start, explain === 'text', beforeWriting);
}

function eachView(add: View['add']): View {
  return { add, end: () => undefined };
}

/** A script is of one proof; the verdict stands on stderr, beside it. */
function scriptView(host: Host, write: (text: string) => void): View {
  let count = 0;
  return eachView(({ bytes, report }) => {
    count++;
    if (count > 1) {
      throw new UsageError(
        'E_USAGE',
        '--explain=sh makes a script of one proof, and here are several',
      );
    }
    const script = bytes === null ? null : explainScript(bytes, report.steps);
    if (script !== null) write(script);
    const what = script === null ? '; there are no steps to make a script of' : '';
    host.stderr.write(`${headlineOfVerdict(report.verdict)} (${report.verdict})${what}\n`);
  });
}

function fileView(file: OutputFile, start: RunStart, write: (text: string) => void): View {
  switch (file.form) {
    case 'junit':
      return junitView(write);
    case 'sarif':
      return sarifView(write);
    case 'json':
      return wholeJsonView(start, write);
    case 'html':
    case 'md':
      return reportPageView(file.form, start, write);
  }
}

/** The document as one text: a file is written whole or not at all. */
function wholeJsonView(start: RunStart, write: (text: string) => void): View {
  const parts: string[] = [];
  const view = jsonDocumentView(start, (text) => parts.push(text));
  return {
    add: view.add,
    end: (run) => {
      view.end(run);
      write(parts.join(''));
    },
  };
}

async function writeFiles(
  host: Host,
  written: readonly (readonly [OutputFile, string])[],
): Promise<boolean> {
  let areAllWritten = true;
  for (const [{ path }, text] of written) {
    if (path === STDIN_NAME) {
      host.stdout.write(text);
      continue;
    }
    try {
      await writeTextFile(path, text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      tellUsageError(host, error);
      areAllWritten = false;
    }
  }
  return areAllWritten;
}

function tellTiming(host: Host, { tally, elapsedMs }: RunEnd): void {
  const rate = Math.round((tally.proofs * 1000) / Math.max(elapsedMs, 1));
  host.stderr.write(
    `time ${elapsedMs.toFixed(0)} ms since the start, ${rate} proofs/s, ${host.runtime}, ${host.cores} cores\n`,
  );
}
