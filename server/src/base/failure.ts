/** Failure: a refusal that an API caller may see; `http/reply.ts` alone turns it into a status. @module */

export type FailureKind =
  | 'invalid_request'
  | 'invalid_json'
  | 'size_out_of_range'
  | 'unauthorized'
  | 'insufficient_scope'
  | 'cross_origin'
  | 'not_found'
  | 'no_tree_head'
  | 'method_not_allowed'
  | 'not_yet_committed'
  | 'not_witnessed_yet'
  | 'not_anchored_yet'
  | 'too_many_links'
  | 'leaf_expired'
  | 'payload_too_large'
  | 'invalid_signature'
  | 'timestamp_out_of_tolerance'
  | 'idempotency_mismatch'
  | 'in_flight'
  | 'payload_expired'
  | 'precondition_failed'
  | 'unsupported_media_type'
  | 'unprocessable'
  | 'rate_limited'
  | 'unavailable'
  | 'overloaded'
  | 'log_halted'
  | 'internal';

/** One fault of a request: where it stands (JSON pointer) and what is wrong. */
export interface FailureDetail {
  readonly path: string;
  readonly message: string;
}

/** `message` is public: it never carries a secret, a payload or an internal address. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly details: readonly FailureDetail[];
  /** When to come back, where the refusal knows better than its kind. */
  readonly retryAfterS: number | null;

  constructor(
    kind: FailureKind,
    publicMessage: string,
    options: {
      details?: readonly FailureDetail[];
      retryAfterS?: number;
      cause?: unknown;
    } = {},
  ) {
    super(publicMessage, { cause: options.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.details = options.details ?? [];
    this.retryAfterS = options.retryAfterS ?? null;
  }
}

/** The one answer for everything that does not exist or is not the caller's. */
export function notFound(): Failure {
  return new Failure('not_found', 'Not found');
}
