/** The report of a run as JSON, `kapsel.verify-report/v1`: written while the run goes on, one document or one result a line. Command line and page write it by this. Source of truth: verifier-ux 2.7. @module */
import { anchorJson } from './anchor-json.ts';
import { withoutUndefined } from './errors.ts';
import { describeValues, explainCode } from './explain.ts';
import type { InputPlace } from './read-input.ts';
import type { Check, Report } from './report.ts';
import { type RunTally, VERDICTS_SHOWN } from './run-tally.ts';

/** The name of the format; its schema is `cli/schemas/verify-report-v1.schema.json`. */
export const RUN_REPORT_FORMAT = 'kapsel.verify-report/v1';

/** Known before the first result. */
export interface RunReportStart {
  /** The program that writes the report: the only member in which command line and page differ. */
  readonly tool: {
    readonly name: string;
    readonly version: string;
    readonly commit: string | null;
    readonly runtime: string;
  };
  /** The clock of the run. */
  readonly startedMs: number;
  readonly keys: readonly RunReportKey[];
  /** The rules that the user required, as they wrote them. */
  readonly require: readonly string[];
  readonly payloadHash: string | null;
}

/** A key that the user pinned, and how they gave it; `flag` where it was for this run. */
export interface RunReportKey {
  readonly keyId: string;
  readonly name: string | null;
  readonly kind: 'log' | 'receipt' | 'witness';
  readonly source: 'flag' | 'env' | 'trust_file';
}

/** Known at the end. */
export interface RunReportEnd {
  readonly tally: RunTally;
  /** What the user named: a folder is one input, and many files. */
  readonly inputs: number;
  readonly files: number;
  readonly skippedFiles: number;
  readonly elapsedMs: number;
  /** False where not everything was checked. */
  readonly isComplete: boolean;
  readonly exitCode: number;
}

/** Where a result comes from. */
export interface ResultInput extends InputPlace {
  /** Hex SHA-256 of the package, and how many bytes it has; null where there was none to read. */
  readonly digest: { readonly sha256: string; readonly bytes: number } | null;
}

/** Takes the results in their order, then the end of the run. */
export interface RunReportWriter {
  add(input: ResultInput, report: Report): void;
  end(run: RunReportEnd): void;
}

type Write = (text: string) => void;

/**
 * One document: what is known first, then the results as they come, then what only the end knows.
 * @example runReportDocument(start, (text) => parts.push(text)).add(input, report)
 */
export function runReportDocument(start: RunReportStart, write: Write): RunReportWriter {
  const head = JSON.stringify(headOf(start)).slice(0, -1);
  let separator = `${head},\n"results":[`;
  return {
    add: (input, report) => {
      write(`${separator}\n${JSON.stringify(resultJson(input, report))}`);
      separator = ',';
    },
    end: (run) => {
      const opening = run.tally.proofs === 0 ? separator : '';
      write(`${opening}],\n${JSON.stringify(endOf(run)).slice(1)}\n`);
    },
  };
}

/**
 * One result a line, then a line with everything else; each line is a document of its own.
 * @example runReportLines(start, write).end(run)
 */
export function runReportLines(start: RunReportStart, write: Write): RunReportWriter {
  return {
    add: (input, report) => {
      write(`${JSON.stringify({ kind: 'result', ...resultJson(input, report) })}\n`);
    },
    end: (run) => {
      write(`${JSON.stringify({ kind: 'summary', ...headOf(start), ...endOf(run) })}\n`);
    },
  };
}

function headOf({ tool, keys, require, payloadHash, startedMs }: RunReportStart): object {
  const { name, version, commit, runtime } = tool;
  return {
    format: RUN_REPORT_FORMAT,
    tool: { name, version, commit, runtime },
    offline: true,
    started_at: new Date(startedMs).toISOString(),
    policy: {
      keys: keys.map(({ keyId, name, kind, source }) => ({ key_id: keyId, name, kind, source })),
      require,
      payload_hash: payloadHash,
    },
  };
}

function endOf(run: RunReportEnd): object {
  const { tally } = run;
  const counts = VERDICTS_SHOWN.map((verdict) => [verdict, tally.countOf(verdict)] as const);
  return {
    duration_ms: Math.round(run.elapsedMs),
    complete: run.isComplete,
    verdict: tally.verdict,
    exit_code: run.exitCode,
    summary: {
      inputs: run.inputs,
      files: run.files,
      proofs: tally.proofs,
      skipped_files: run.skippedFiles,
      tree_heads: tally.heads,
      ...Object.fromEntries(counts),
    },
  };
}

/**
 * One result as the report has it.
 * @example JSON.stringify(resultJson(input, report))
 */
export function resultJson(input: ResultInput, report: Report): object {
  const { path, entry, line, digest } = input;
  return {
    input: { path, entry, line, sha256: digest?.sha256 ?? null, bytes: digest?.bytes ?? null },
    verdict: report.verdict,
    levels: report.levels,
    checks: report.checks.map(checkJson),
    claims: claimsJson(report),
    tree: treeJson(report),
    key: keyJson(report),
    receipt: null,
    anchors: report.anchors.map(anchorJson),
  };
}

function checkJson(check: Check): object {
  const { id, status, code, field, rule, reason } = check;
  const words = code === undefined ? null : explainCode(code);
  const { expected, actual } = describeValues(check);
  return withoutUndefined({
    id,
    status,
    code,
    field: code === undefined ? field : (field ?? words?.where),
    rule,
    expected,
    actual,
    reason,
    message: words?.what,
    next: words?.next,
  });
}

function claimsJson({ claims }: Report): object | null {
  if (claims === null) return null;
  return {
    authenticated: claims.authenticated,
    delivery_attempt_id: claims.deliveryAttemptId,
    event_id: claims.eventId,
    endpoint_id: claims.endpointId,
    endpoint_url: claims.endpointUrl,
    attempt_number: claims.attemptNumber,
    payload_hash: claims.payloadHash,
    payload_size: claims.payloadSize,
    attempted_at: claims.attemptedAt,
    completed_at: claims.completedAt,
    outcome: claims.outcome,
    response_status: claims.responseStatus,
    error: claims.error,
  };
}

function treeJson({ tree }: Report): object | null {
  if (tree === null) return null;
  return {
    log: tree.log,
    tree_size: tree.treeSize,
    leaf_index: tree.leafIndex,
    root_hash: tree.rootHash,
    timestamp: tree.timestampMs,
  };
}

function keyJson({ key }: Report): object | null {
  if (key === null) return null;
  return {
    key_id: key.keyId,
    name: key.name,
    source: key.source,
    statements: key.statements.map(({ previousKeyId, keyId, validFrom, isLogged }) => ({
      previous_key_id: previousKeyId,
      key_id: keyId,
      valid_from: validFrom,
      logged: isLogged,
    })),
  };
}
