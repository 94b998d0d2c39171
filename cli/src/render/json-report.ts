/** The report of a run as JSON, `kapsel.verify-report/v1`: written while the run goes on, one document or one result a line. Source of truth: verifier-ux 2.7. @module */
import { type Check, describeValues, explainCode, type Report } from '@kapsel/verification';
import { PROGRAM_COMMIT, PROGRAM_NAME, PROGRAM_VERSION } from '../about.ts';
import type { Result } from '../result.ts';
import type { RunEnd, RunStart, View } from '../run-facts.ts';
import { VERDICTS_SHOWN } from '../tally.ts';

export const REPORT_FORMAT = 'kapsel.verify-report/v1';

type Write = (text: string) => void;

/** One document: what is known first, then the results as they come, then what only the end knows. */
export function jsonDocumentView(start: RunStart, write: Write): View {
  const head = JSON.stringify(headOf(start)).slice(0, -1);
  let separator = `${head},\n"results":[`;
  return {
    add: (result) => {
      write(`${separator}\n${JSON.stringify(resultJson(result))}`);
      separator = ',';
    },
    end: (run) => {
      const opening = run.tally.proofs === 0 ? separator : '';
      write(`${opening}],\n${JSON.stringify(endOf(start, run)).slice(1)}\n`);
    },
  };
}

/** One result a line, then a line with everything else; each line is a document of its own. */
export function jsonLinesView(start: RunStart, write: Write): View {
  return {
    add: (result) => write(`${JSON.stringify({ kind: 'result', ...resultJson(result) })}\n`),
    end: (run) => {
      const summary = { kind: 'summary', ...headOf(start), ...endOf(start, run) };
      write(`${JSON.stringify(summary)}\n`);
    },
  };
}

function headOf({ keys, requirements, startedMs, runtime }: RunStart): object {
  return {
    format: REPORT_FORMAT,
    tool: { name: PROGRAM_NAME, version: PROGRAM_VERSION, commit: PROGRAM_COMMIT, runtime },
    offline: true,
    started_at: new Date(startedMs).toISOString(),
    policy: {
      keys: keys.map(({ keyId, name, kind, source }) => ({ key_id: keyId, name, kind, source })),
      require: requirements.texts,
      payload_hash: requirements.payloadHash,
    },
  };
}

function endOf({ inputs }: RunStart, run: RunEnd): object {
  const { tally } = run;
  const counts = VERDICTS_SHOWN.map((verdict) => [verdict, tally.countOf(verdict)] as const);
  return {
    duration_ms: Math.round(run.elapsedMs),
    complete: run.stop === null,
    verdict: tally.verdict,
    exit_code: run.exitCode,
    summary: {
      inputs: inputs.length,
      files: run.files,
      proofs: tally.proofs,
      skipped_files: run.skippedCount,
      tree_heads: tally.heads,
      ...Object.fromEntries(counts),
    },
  };
}

/** One result as the report has it. */
export function resultJson({ place, label, report, digest }: Result): object {
  const isHidden = place.entry === null && place.line === null;
  return {
    input: {
      // A path that may be a key is not written back.
      path: isHidden ? label : place.path === '-' ? 'stdin' : place.path,
      entry: place.entry,
      line: place.line,
      sha256: digest?.sha256 ?? null,
      bytes: digest?.bytes ?? null,
    },
    verdict: report.verdict,
    levels: report.levels,
    checks: report.checks.map(checkJson),
    claims: claimsJson(report),
    tree: treeJson(report),
    key: keyJson(report),
    receipt: null,
    anchors: [],
  };
}

function checkJson(check: Check): object {
  const { id, status, code, field, rule, reason } = check;
  const words = code === undefined ? null : explainCode(code);
  const { expected, actual } = describeValues(check);
  return dropUndefined({
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

function dropUndefined(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
