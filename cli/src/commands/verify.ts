/** Checks proof packages: one is told in full, several as a list with a summary. Source of truth: verifier-ux 2.3 to 2.5. @module */

import { EXIT_INTERRUPTED, exitCodeFromVerdicts } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { type CommonOptions, tellLines } from '../options.ts';
import { type PinnedKey, readPinnedKeys, trustFromPinnedKeys } from '../pinned-keys.ts';
import { detailLines } from '../render/details.ts';
import { explainLines } from '../render/explain.ts';
import { labelWidth, listLine, summaryLine } from '../render/list.ts';
import { verdictBlock } from '../render/text.ts';
import { tellProblem } from '../render/usage.ts';
import { type Result, resultFromSource } from '../result.ts';
import { assertStdinOnce, labelOfInput, readSource } from '../source.ts';
import { UsageError } from '../usage-error.ts';

export interface VerifyOptions extends CommonOptions {
  readonly inputs: readonly string[];
  readonly explain: boolean;
}

// proofs.md 1: a package above this size is refused before any work.
const PACKAGE_LIMIT_BYTES = 1_048_576;

/** Goes through all inputs in order, also after a failure, and returns the exit code of the run. */
export async function verifyInputs(host: Host, options: VerifyOptions): Promise<number> {
  assertStdinOnce([...options.inputs, ...options.publicKeys]);
  const keys = await readPinnedKeys(host, options.publicKeys);
  if (options.inputs.length === 0) {
    throw new UsageError('E_NO_INPUT', 'there is no proof to check', [
      'Name one or more files, or - for standard input.',
    ]);
  }
  const results: Result[] = [];
  for (const name of options.inputs) {
    const result = await verifyInput(host, options, keys, name);
    if (result === null) break;
    results.push(result);
    tellResult(host, options, keys, result);
  }
  const isInterrupted = host.signal.reason === 'interrupted';
  if (options.inputs.length > 1 || isInterrupted) tellSummary(host, options, results);
  return isInterrupted
    ? EXIT_INTERRUPTED
    : exitCodeFromVerdicts(results.map(({ report }) => report.verdict));
}

/** Null when the run was stopped before this input was read. */
async function verifyInput(
  host: Host,
  options: VerifyOptions,
  keys: readonly PinnedKey[],
  name: string,
): Promise<Result | null> {
  const source = await readSource(host, name, PACKAGE_LIMIT_BYTES);
  if (source.kind === 'stopped') return null;
  const result = resultFromSource(name, source, trustFromPinnedKeys(keys), options.nowMs);
  if (source.kind === 'unreadable' && options.look.amount !== 'nothing') {
    tellProblem(host, `cannot read ${result.label}: ${source.reason}`, 'E_IO');
  }
  return result;
}

function tellResult(
  host: Host,
  options: VerifyOptions,
  keys: readonly PinnedKey[],
  result: Result,
): void {
  const { look, inputs, explain } = options;
  if (look.amount === 'problems' && result.report.verdict === 'verified') return;
  const further = [
    ...(look.amount === 'details' ? detailLines(result, keys) : []),
    ...(explain ? ['', ...explainLines(result.report)] : []),
  ];
  const lines =
    inputs.length === 1
      ? [...verdictBlock(result, look, explain), ...further]
      : [
          listLine(result, labelWidth(inputs.map(labelOfInput)), look),
          ...further,
          ...(explain ? [''] : []),
        ];
  tellLines(host, look, lines);
}

function tellSummary(host: Host, options: VerifyOptions, results: readonly Result[]): void {
  const line = summaryLine(results, {
    inputs: options.inputs.length,
    elapsedMs: host.elapsedMs(),
    isInterrupted: host.signal.reason === 'interrupted',
  });
  tellLines(host, options.look, [line]);
}
