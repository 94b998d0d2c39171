/** The inputs of the action, from the runner's variables to the options of a run. Source of truth: verifier-ux 3.1. @module */
import { VERDICTS_SHOWN, type Verdict } from '@kapsel/verification';
import type { Host } from '../host.ts';
import { STDIN_NAME } from '../source.ts';
import { UsageError } from '../usage-error.ts';
import { parseVerifyOptions, type VerifyOptions } from '../verify-options.ts';

/** The names that `action.yml` declares (a test compares). */
export const INPUT_NAMES = [
  'proofs',
  'public-key',
  'trust-file',
  'require',
  'json',
  'junit',
  'sarif',
  'fail-on',
  'summary',
  'annotations',
] as const;

export interface ActionInputs {
  readonly options: VerifyOptions;
  /** Verdicts that fail the step. */
  readonly failOn: ReadonlySet<Verdict>;
  readonly isSummaryWanted: boolean;
  readonly areAnnotationsWanted: boolean;
  /** Where reports go, empty where none is wanted: they become outputs. */
  readonly reports: { readonly json: string; readonly junit: string; readonly sarif: string };
}

/** Checks the inputs; nothing is read from files yet. */
export function parseActionInputs(host: Host): ActionInputs {
  const read = readerOf(host.env);
  const reports = { json: read('json'), junit: read('junit'), sarif: read('sarif') };
  const proofs = linesOf(read('proofs'));
  const publicKey = read('public-key');
  const trustFile = read('trust-file');
  if ([...proofs, ...Object.values(reports)].includes(STDIN_NAME)) {
    throw new UsageError('E_USAGE', 'an action has no standard input or output: name files');
  }
  if (reports.json !== '' && !/\.json$/i.test(reports.json)) {
    throw new UsageError('E_USAGE', "input 'json' needs a name that ends in .json");
  }
  // A key that lies somewhere on the runner was not chosen by this workflow.
  if (publicKey === '' && trustFile === '') {
    throw new UsageError('E_NO_KEY', "one of the inputs 'public-key' and 'trust-file' is needed", [
      'A proof package cannot vouch for its own key: take it from the operator over a way you trust.',
    ]);
  }
  return {
    options: parseVerifyOptions(host, {
      proof: [...proofs],
      ...(publicKey === '' ? {} : { publicKey: [publicKey] }),
      ...(trustFile === '' ? {} : { trust: [trustFile] }),
      require: [...linesOf(read('require'))],
      ...(reports.json === '' ? {} : { report: [reports.json] }),
      ...(reports.junit === '' ? {} : { junit: reports.junit }),
      ...(reports.sarif === '' ? {} : { sarif: reports.sarif }),
      color: 'never',
    }),
    failOn: parseFailOn(read('fail-on')),
    isSummaryWanted: parseSwitch('summary', read('summary')),
    areAnnotationsWanted: parseSwitch('annotations', read('annotations')),
    reports,
  };
}

/** The runner hands an input over as `INPUT_` and its name in capitals, dashes kept. */
function readerOf(env: Host['env']): (name: (typeof INPUT_NAMES)[number]) => string {
  return (name) => (env[`INPUT_${name.toUpperCase()}`] ?? '').trim();
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

// These always fail the step: a pipeline that passes them would say nothing.
const ALWAYS: readonly Verdict[] = ['invalid', 'malformed', 'error'];
const NOT_VERIFIED = VERDICTS_SHOWN.filter((verdict) => verdict !== 'verified');

function parseFailOn(text: string): ReadonlySet<Verdict> {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) return new Set(NOT_VERIFIED);
  const found = words.map((word) => NOT_VERIFIED.find((verdict) => verdict === word));
  if (found.includes(undefined)) {
    throw new UsageError('E_USAGE', "input 'fail-on' has a word that is no such verdict", [
      `Verdicts: ${NOT_VERIFIED.join(', ')}.`,
    ]);
  }
  return new Set([...ALWAYS, ...found.filter((verdict) => verdict !== undefined)]);
}

/** As YAML 1.2 writes them; nothing at all is the default. */
function parseSwitch(name: string, text: string): boolean {
  if (/^(true|True|TRUE|)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  throw new UsageError('E_USAGE', `input '${name}' is true or false`);
}
