/** What the user requires beyond a good proof: `--require` and the body they hold. Source of truth: verifier-ux 2.2. @module */
import { parseDuration } from './duration.ts';
import { UsageError } from './usage-error.ts';

/** One rule of `--require`. */
export type Rule =
  | { readonly kind: 'level'; readonly level: 'A' | 'B' | 'C' }
  | { readonly kind: 'witnesses'; readonly count: number }
  | { readonly kind: 'payload' }
  | { readonly kind: 'status'; readonly pattern: string }
  | { readonly kind: 'outcome'; readonly outcome: string }
  | { readonly kind: 'endpoint'; readonly url: string }
  | { readonly kind: 'max-age'; readonly ageMs: number; readonly text: string };

/** Everything that is asked of each proof. */
export interface Requirements {
  readonly rules: readonly Rule[];
  /** As typed, for the report. */
  readonly texts: readonly string[];
  /** Hex SHA-256 of the body the user holds. */
  readonly payloadHash: string | null;
}

export const NO_REQUIREMENTS: Requirements = { rules: [], texts: [], payloadHash: null };

const OUTCOMES: readonly string[] = ['delivered', 'rejected', 'failed', 'unknown'];
const MAX_WITNESSES = 256;

/** The forms that exist, for messages and help. */
export const RULE_FORMS =
  'level=A|B|C, anchor, witnesses=N, payload, status=2xx, outcome=delivered, endpoint=URL, max-age=90d';

/** Reads one value of `--require`. */
export function parseRule(text: string): Rule {
  const [, name = '', value = ''] = /^([a-z-]+)(?:=(.*))?$/s.exec(text) ?? [];
  const rule = ruleOf(name, value);
  if (rule !== null) return rule;
  throw new UsageError('E_USAGE', "option '--require' does not know this rule", [
    `Rules: ${RULE_FORMS}.`,
  ]);
}

function ruleOf(name: string, value: string): Rule | null {
  switch (name) {
    case 'level':
      return value === 'A' || value === 'B' || value === 'C'
        ? { kind: 'level', level: value }
        : null;
    case 'anchor':
      return value === '' ? { kind: 'level', level: 'C' } : null;
    case 'witnesses': {
      const count = /^[1-9]\d{0,2}$/.test(value) ? Number(value) : 0;
      return count >= 1 && count <= MAX_WITNESSES ? { kind: 'witnesses', count } : null;
    }
    case 'payload':
      return value === '' ? { kind: 'payload' } : null;
    case 'status':
      return /^[1-5](\d\d|xx)$/.test(value) ? { kind: 'status', pattern: value } : null;
    case 'outcome':
      return OUTCOMES.includes(value) ? { kind: 'outcome', outcome: value } : null;
    case 'endpoint':
      return value === '' ? null : { kind: 'endpoint', url: value };
    case 'max-age': {
      const ageMs = parseDuration(value);
      return ageMs === null ? null : { kind: 'max-age', ageMs, text: value };
    }
    default:
      return null;
  }
}

/** A SHA-256 as `--payload-hash` takes it. */
export function parsePayloadHash(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new UsageError('E_USAGE', "option '--payload-hash' needs 64 lower-case hex digits");
}

/** How many cosignatures are wanted: the largest number asked for, or none. */
export function witnessesWanted(rules: readonly Rule[]): number {
  return Math.max(0, ...rules.map((rule) => (rule.kind === 'witnesses' ? rule.count : 0)));
}
