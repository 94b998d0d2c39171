/** The options of checking proofs, from text to values; what does not go together is refused. Source of truth: verifier-ux 2.2. @module */
import { createHash } from 'node:crypto';
import type { RawHeaderOptions } from './anchor-evidence.ts';
import { parseByteSize, parseCount } from './byte-size.ts';
import type { Host } from './host.ts';
import { matcherOfPattern } from './inputs/glob.ts';
import { DEFAULT_LIMITS, type Limits } from './inputs/item.ts';
import { withoutKey } from './key-words.ts';
import { type CommonOptions, parseCommonOptions, type RawOptions } from './options.ts';
import { parsePayloadHash, parseRule, type Requirements } from './requirements.ts';
import { readChunksUntilStopped, reasonOfSystemError, STDIN_NAME } from './source.ts';
import { UsageError } from './usage-error.ts';

export const EXPLAIN_FORMS = ['text', 'json', 'md', 'sh'] as const;
export const JSON_FORMS = ['document', 'lines'] as const;
export type ExplainForm = (typeof EXPLAIN_FORMS)[number];
export type JsonForm = (typeof JSON_FORMS)[number];

/** As commander hands them over. */
export interface RawVerifyOptions extends RawOptions, RawHeaderOptions {
  readonly proof?: string[];
  readonly require?: string[];
  readonly payload?: string;
  readonly payloadHash?: string;
  readonly explain?: ExplainForm;
  readonly json?: JsonForm;
  readonly junit?: string;
  readonly sarif?: string;
  readonly report?: string[];
  readonly maxFiles?: string;
  readonly maxSize?: string;
  readonly maxTotal?: string;
  readonly failFast?: true;
  readonly include?: string[];
}

export interface VerifyOptions extends CommonOptions {
  readonly inputs: readonly string[];
  readonly rules: readonly string[];
  readonly payload: { readonly file: string } | { readonly hash: string } | null;
  readonly headers: RawHeaderOptions;
  readonly explain: ExplainForm | null;
  readonly json: JsonForm | null;
  readonly files: readonly OutputFile[];
  readonly limits: Limits;
  readonly failFast: boolean;
  readonly include: ((path: string) => boolean) | null;
}

/** A report to write; `-` is stdout. */
export interface OutputFile {
  readonly form: 'junit' | 'sarif' | 'html' | 'md' | 'json';
  readonly path: string;
}

/** Checks the values. */
export function parseVerifyOptions(host: Host, raw: RawVerifyOptions): VerifyOptions {
  const common = parseCommonOptions(host, raw);
  const files = outputFiles(raw);
  const onStdout = [
    ...(raw.json === undefined ? [] : ['--json']),
    ...(raw.explain === undefined || raw.explain === 'text' ? [] : [`--explain=${raw.explain}`]),
    ...files.filter(({ path }) => path === STDIN_NAME).map(({ form }) => `--${form} -`),
  ];
  if (onStdout.length > 1) {
    throw new UsageError('E_USAGE', `only one of these can be on stdout: ${onStdout.join(', ')}`);
  }
  if (raw.payload !== undefined && raw.payloadHash !== undefined) {
    throw new UsageError('E_USAGE', 'give --payload or --payload-hash, not both');
  }
  const hash = raw.payloadHash === undefined ? null : parsePayloadHash(raw.payloadHash);
  return {
    ...common,
    inputs: raw.proof ?? [],
    rules: raw.require ?? [],
    payload: raw.payload !== undefined ? { file: raw.payload } : hash === null ? null : { hash },
    headers: raw,
    explain: raw.explain ?? null,
    json: raw.json ?? null,
    files,
    limits: parseLimits(raw),
    failFast: raw.failFast === true,
    include: includeOf(raw.include ?? []),
  };
}

const FORM_OF_ENDING: ReadonlyMap<string, OutputFile['form']> = new Map([
  ['html', 'html'],
  ['htm', 'html'],
  ['md', 'md'],
  ['json', 'json'],
]);

function outputFiles({ junit, sarif, report }: RawVerifyOptions): readonly OutputFile[] {
  return [
    ...(junit === undefined ? [] : [{ form: 'junit', path: junit } as const]),
    ...(sarif === undefined ? [] : [{ form: 'sarif', path: sarif } as const]),
    ...(report ?? []).map((path): OutputFile => {
      const [ending = ''] = /[^.]*$/.exec(path.toLowerCase()) ?? [];
      const form = FORM_OF_ENDING.get(ending);
      if (form !== undefined) return { form, path };
      throw new UsageError(
        'E_USAGE',
        "option '--report' needs a name that ends in .html, .md or .json",
      );
    }),
  ];
}

function parseLimits({ maxFiles, maxSize, maxTotal }: RawVerifyOptions): Limits {
  const maxSizeBytes =
    maxSize === undefined ? DEFAULT_LIMITS.maxSizeBytes : parseByteSize(maxSize, '--max-size');
  if (maxSizeBytes > DEFAULT_LIMITS.maxSizeBytes) {
    throw new UsageError(
      'E_USAGE',
      "option '--max-size' is at most 1MiB: no package may be larger",
    );
  }
  return {
    maxSizeBytes,
    maxFiles:
      maxFiles === undefined ? DEFAULT_LIMITS.maxFiles : parseCount(maxFiles, '--max-files'),
    maxTotalBytes:
      maxTotal === undefined
        ? DEFAULT_LIMITS.maxTotalBytes
        : parseByteSize(maxTotal, '--max-total'),
  };
}

/** A pattern with a slash means the path, one without means the last name in it. */
function includeOf(patterns: readonly string[]): ((path: string) => boolean) | null {
  if (patterns.length === 0) return null;
  const tests = patterns.map((pattern) => {
    const matches = matcherOfPattern(pattern);
    return pattern.includes('/')
      ? matches
      : (path: string) => matches(path.slice(path.lastIndexOf('/') + 1));
  });
  return (path) => tests.some((test) => test(path));
}

/** What is required of each proof; the body is read and hashed, never kept. */
export async function readRequirements(
  host: Host,
  { rules, payload }: VerifyOptions,
): Promise<Requirements> {
  const parsed = rules.map(parseRule);
  const needsPayload = parsed.some(({ kind }) => kind === 'payload');
  if (needsPayload && payload === null) {
    throw new UsageError('E_USAGE', '--require payload needs --payload or --payload-hash');
  }
  const payloadHash =
    payload === null ? null : 'hash' in payload ? payload.hash : await hashFile(host, payload.file);
  return { rules: parsed, texts: rules, payloadHash };
}

async function hashFile(host: Host, name: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of readChunksUntilStopped(host, name)) hash.update(chunk);
  } catch (error) {
    const reason = reasonOfSystemError(error);
    throw new UsageError('E_IO', `cannot read the payload ${withoutKey(name)}: ${reason}`);
  }
  return hash.digest('hex');
}
