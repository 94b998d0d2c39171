/** A refusal of the API, with the stable code that programs may rely on. @module */
import type { ErrorCode } from './generated/error-codes.ts';

/** One fault of a request: where it stands, and what is wrong. */
export interface ErrorDetail {
  readonly path: string;
  readonly message: string;
}

export interface ApiErrorFacts {
  readonly status: number;
  /** `unknown` where the answer is none of the API's, as from a proxy between. */
  readonly code: ErrorCode | 'unknown';
  readonly message: string;
  readonly details: readonly ErrorDetail[];
  /** For the operator: what the server calls this request. */
  readonly requestId: string | null;
  /** When to come back, where the server says it. */
  readonly retryAfterS: number | null;
}

export class ApiError extends Error {
  readonly status: number;
  readonly code: ErrorCode | 'unknown';
  readonly details: readonly ErrorDetail[];
  readonly requestId: string | null;
  readonly retryAfterS: number | null;

  constructor({ status, code, message, details, requestId, retryAfterS }: ApiErrorFacts) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.requestId = requestId;
    this.retryAfterS = retryAfterS;
  }
}
