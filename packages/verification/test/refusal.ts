/** What a call was refused with: tests assert the code and the member, never the words. @module */
import { expect } from 'vitest';
import { type ErrorCode, VerificationError } from '../src/errors.ts';
import { describeValues } from '../src/explain.ts';

/** Runs the call, demands a VerificationError of this code, and returns it. */
export function expectRefusal(code: ErrorCode, call: () => unknown): VerificationError {
  let caught: unknown;
  try {
    call();
  } catch (error) {
    caught = error;
  }
  expect(caught, `expected a refusal with ${code}`).toBeInstanceOf(VerificationError);
  const refusal = caught as VerificationError;
  expect(refusal.code).toBe(code);
  return refusal;
}

/** The members of a refusal with both values as people read them. */
export function inWords(refusal: VerificationError): Record<string, unknown> {
  const { code, field, cause } = refusal;
  const said = { code, field, cause, ...describeValues(refusal) };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}
