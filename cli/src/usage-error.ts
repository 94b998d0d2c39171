/** A run that ends before any proof is looked at: bad options, no key, unreadable key file. Source of truth: verifier-ux 2.7. @module */
import type { ErrorCode } from '@kapsel/verification';

/** The message and the hints go to stderr; they never hold a key, a payload or any other value typed by the user. */
export class UsageError extends Error {
  readonly code: ErrorCode;
  /** Further lines, printed under the message. */
  readonly hints: readonly string[];

  constructor(code: ErrorCode, message: string, hints: readonly string[] = []) {
    super(message);
    this.name = 'UsageError';
    this.code = code;
    this.hints = hints;
  }
}
