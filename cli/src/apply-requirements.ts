/** Adds the answers to what the user requires to a report; nothing required leaves it as it is. Source of truth: verifier-ux 1.1 and 2.2. @module */
import {
  type Check,
  type CheckId,
  type Level,
  type Report,
  worstVerdict,
} from '@kapsel/verification';
import type { Requirements, Rule } from './requirements.ts';

/** What was wanted and found, where a rule is not met. */
interface Miss {
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

/** The report with the checks `payload` and `policy` answered; its verdict can only become worse. */
export function applyRequirements(
  report: Report,
  { rules, payloadHash }: Requirements,
  nowMs: number,
): Report {
  const isReadable = report.claims !== null;
  if ((rules.length === 0 && payloadHash === null) || !isReadable) return report;
  const payload = payloadHash === null ? null : checkPayload(report, payloadHash);
  const policy = checkRules(report, rules, nowMs, payload);
  const checks = replaced(replaced(report.checks, payload), policy);
  const added = [payload, policy].filter((check) => check !== null);
  const verdict = worstVerdict([
    report.verdict,
    ...added.map((check) => {
      if (check.status === 'pending') return 'inconclusive';
      if (check.status !== 'fail') return 'verified';
      return check.id === 'payload' ? 'invalid' : 'untrusted';
    }),
  ]);
  if (verdict === 'verified') return { ...report, checks };
  const claims = report.claims === null ? null : { ...report.claims, authenticated: false };
  return { ...report, verdict, checks, levels: [], claims };
}

function replaced(checks: readonly Check[], by: Check | null): readonly Check[] {
  return by === null ? checks : checks.map((check) => (check.id === by.id ? by : check));
}

function checkPayload({ claims }: Report, payloadHash: string): Check {
  if (claims?.payloadHash === payloadHash) return { id: 'payload', status: 'pass' };
  return {
    id: 'payload',
    status: 'fail',
    code: 'E_PAYLOAD_HASH',
    field: 'leaf_data.payload_hash',
    expected: claims?.payloadHash ?? '',
    actual: payloadHash,
  };
}

/** One check for all rules: the first that is not met, else what cannot be decided, else passed. */
function checkRules(
  report: Report,
  rules: readonly Rule[],
  nowMs: number,
  payload: Check | null,
): Check | null {
  if (rules.length === 0) return null;
  const own = report.checks.find(({ id }) => id === 'policy');
  if (own?.status === 'fail') return null;
  for (const rule of rules) {
    const miss = missOf(rule, report, nowMs, payload);
    if (miss !== null) return { id: 'policy', status: 'fail', code: 'E_POLICY', ...miss };
  }
  const open = rules.find((rule) => rule.kind === 'level' && !isShown(rule.level, report));
  if (open?.kind === 'level') return openLevel(open.level, report);
  // Witnesses are counted by the core; its answer stands.
  return rules.some((rule) => rule.kind === 'witnesses') ? null : { id: 'policy', status: 'pass' };
}

/** Why a level that is required is not decided: the check of its part says it. */
function openLevel(level: Level, report: Report): Check {
  const part = partOf(level, report);
  const reason = `level=${level} is required: ${part?.reason ?? 'it was not checked'}`;
  return {
    id: 'policy',
    status: 'pending',
    ...(part?.code === undefined ? {} : { code: part.code }),
    reason,
  };
}

function missOf(rule: Rule, report: Report, nowMs: number, payload: Check | null): Miss | null {
  const { claims } = report;
  if (claims === null) return null;
  switch (rule.kind) {
    case 'level':
      return missingPart(rule.level, report);
    case 'payload':
      return payload !== null
        ? null
        : { field: 'payload_hash', expected: 'the body, with --payload', actual: 'no body given' };
    case 'status': {
      const status = `${claims.responseStatus ?? 'none'}`;
      const pattern = new RegExp(`^${rule.pattern.replace('xx', '\\d\\d')}$`);
      return pattern.test(status)
        ? null
        : { field: 'response_status', expected: rule.pattern, actual: status };
    }
    case 'outcome':
      return claims.outcome === rule.outcome
        ? null
        : { field: 'outcome', expected: rule.outcome, actual: claims.outcome };
    case 'endpoint':
      return claims.endpointUrl === rule.url
        ? null
        : { field: 'endpoint_url', expected: rule.url, actual: claims.endpointUrl };
    case 'max-age': {
      const ageMs = nowMs - Date.parse(claims.attemptedAt);
      return ageMs <= rule.ageMs
        ? null
        : {
            field: 'attempted_at',
            expected: `at most ${rule.text} ago`,
            actual: claims.attemptedAt,
          };
    }
    case 'witnesses':
      return null;
  }
}

/** A part that is not in the file will never be shown; one that is there and not looked at stays undecided. */
function missingPart(level: Level, report: Report): Miss | null {
  if (isShown(level, report)) return null;
  const check = partOf(level, report);
  const isAbsent = check?.reason === undefined || /none in the file/.test(check.reason);
  if (!isAbsent) return null;
  const field = level === 'B' ? 'receipt' : 'anchors';
  return { field, expected: `level ${level}`, actual: 'none in the file' };
}

/** The check that decides the level. */
function partOf(level: Level, { checks }: Report): Check | undefined {
  const id: CheckId = level === 'B' ? 'receipt' : 'anchor';
  return checks.find((candidate) => candidate.id === id);
}

/** Level A is what the verdict itself says. */
function isShown(level: Level, { levels }: Report): boolean {
  return level === 'A' || levels.includes(level);
}
