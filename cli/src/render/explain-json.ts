/** Every step of the calculation as data: what a ladder is drawn from. Source of truth: verifier-ux 2.8. @module */
import { resultJson, type Step } from '@kapsel/verification';
import type { Result } from '../result.ts';
import { resultInput } from './json-report.ts';

export const EXPLAIN_FORMAT = 'kapsel.explain/v1';

/** One line of JSON: the result as in the report, and its steps with all values. */
export function explainJsonLine(result: Result): string {
  const { report } = result;
  const steps = report.steps.map(stepJson);
  const json = resultJson(resultInput(result), report);
  return JSON.stringify({ format: EXPLAIN_FORMAT, ...json, steps });
}

function stepJson(step: Step): object {
  switch (step.kind) {
    case 'leaf':
      return { kind: 'leaf', size_bytes: step.sizeBytes, hash: step.hash };
    case 'path':
      return {
        kind: 'path',
        rung: step.rung,
        rungs: step.rungs,
        index: step.index,
        sibling_side: step.siblingSide,
        sibling: step.sibling,
        before: step.before,
        after: step.after,
      };
    case 'root':
      return { kind: 'root', computed: step.computed, signed: step.signed };
    case 'signature':
      return {
        kind: 'signature',
        message: step.message,
        signature: step.signature,
        public_key: step.publicKey,
        key_id: step.keyId,
      };
  }
}
