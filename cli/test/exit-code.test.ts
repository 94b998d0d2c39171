/** Exit codes of runs that never came to a verdict, and the table of all. @module */
import { ERROR_CODES } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE_TABLE, exitCodeFromError } from '../src/exit-code.ts';

describe('exitCodeFromError', () => {
  it('ends usage with 2, no input with 3, unreadable input with 6, own mistakes with 70', () => {
    for (const code of ['E_USAGE', 'E_NO_KEY', 'E_KEY_FORMAT', 'E_KEY_PRIVATE'] as const) {
      expect(exitCodeFromError(code)).toBe(2);
    }
    expect(exitCodeFromError('E_NO_INPUT')).toBe(3);
    expect(exitCodeFromError('E_IO')).toBe(6);
    expect(exitCodeFromError('E_INTERNAL')).toBe(70);
  });

  it('never ends a code with 0, and knows all of its exit codes in the help table', () => {
    const documented = new Set(EXIT_CODE_TABLE.map(([code]) => code));
    for (const code of ERROR_CODES) {
      expect(exitCodeFromError(code), code).not.toBe(0);
      expect(documented, code).toContain(exitCodeFromError(code));
    }
  });
});
