/** Why an input gave no package to check, and the report of it: the counts of a run add up. @module */
import type { ErrorCode } from './errors.ts';
import { verdictOfRefusal } from './errors.ts';
import type { Report } from './report.ts';

/** Why an input gave no package to check. */
export interface InputRefusal {
  readonly code: ErrorCode & ('E_IO' | 'E_TOO_LARGE' | 'E_NO_INPUT' | 'E_FIELD' | 'E_JSON');
  /** In words, where the words of the code say too little. It may quote the input: escape it before showing it. */
  readonly reason?: string;
  readonly expected?: string;
  readonly actual?: string;
}

/**
 * An input that is refused while it is being read.
 * @example throw new InputError({ code: 'E_IO', reason: 'the file became shorter while it was read' })
 */
export class InputError extends Error {
  readonly refusal: InputRefusal;

  constructor(refusal: InputRefusal, cause?: unknown) {
    super(refusal.reason ?? refusal.code, cause === undefined ? undefined : { cause });
    this.name = 'InputError';
    this.refusal = refusal;
  }
}

/** The refusal of a container that breaks a rule of its format. */
export function broken(reason: string, cause?: unknown): InputError {
  return new InputError({ code: 'E_FIELD', reason }, cause);
}

/** The refusal of what is larger than a package may be. */
export function tooLarge(limitBytes: number): InputRefusal {
  return { code: 'E_TOO_LARGE', expected: `at most ${limitBytes} bytes`, actual: 'more' };
}

/**
 * The report on an input that gave no package: one failed check, and the verdict that its code leads to.
 * @example reportOfRefusal({ code: 'E_IO', reason: 'permission denied' }).verdict // 'error'
 */
export function reportOfRefusal(refusal: InputRefusal): Report {
  return {
    verdict: verdictOfRefusal(refusal.code),
    levels: [],
    checks: [{ id: 'format', status: 'fail', ...refusal }],
    claims: null,
    tree: null,
    key: null,
    anchors: [],
    steps: [],
  };
}
