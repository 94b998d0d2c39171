/** The topics of help list everything they are about. @module */
import { ERROR_CODES } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE_TABLE, exitCodeFromError } from '../../src/exit-code.ts';
import { runInside } from '../support/fake-host.ts';

describe('kapsel-verify help', () => {
  it('lists each exit code once', async () => {
    const { code, stdout } = await runInside(['help', 'exit-codes']);
    expect(code).toBe(0);
    const listed = [...stdout.matchAll(/^ +(\d+) {2}/gm)].map((match) => Number(match[1]));
    expect(listed).toEqual(EXIT_CODE_TABLE.map(([exitCode]) => exitCode));
    expect(listed).toEqual([0, 1, 2, 3, 4, 5, 6, 70, 130]);
  });

  it('lists each error code with its exit code', async () => {
    const { code, stdout } = await runInside(['help', 'codes']);
    expect(code).toBe(0);
    const listed = [...stdout.matchAll(/^ {2}(E_[A-Z_]+) +(\d+) /gm)].map((match) =>
      match.slice(1),
    );
    expect(listed).toEqual(ERROR_CODES.map((each) => [each, String(exitCodeFromError(each))]));
  });
});
