/** Turns a Failure, or whatever else went wrong, into a status and the one error body of the API. @module */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Failure, type FailureDetail, type FailureKind } from '../base/failure.ts';
import { isDatabaseAway } from '../db/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { traceIdOf } from './request-trace.ts';

/** The status of each refusal. */
export const STATUS: Readonly<Record<FailureKind, number>> = {
  invalid_request: 400,
  invalid_json: 400,
  size_out_of_range: 400,
  unauthorized: 401,
  insufficient_scope: 403,
  cross_origin: 403,
  not_found: 404,
  no_tree_head: 404,
  method_not_allowed: 405,
  not_yet_committed: 409,
  not_witnessed_yet: 409,
  not_anchored_yet: 409,
  too_many_links: 409,
  leaf_expired: 410,
  precondition_failed: 412,
  payload_too_large: 413,
  invalid_signature: 401,
  timestamp_out_of_tolerance: 401,
  idempotency_mismatch: 409,
  in_flight: 409,
  payload_expired: 410,
  unsupported_media_type: 415,
  unprocessable: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
  overloaded: 503,
  log_halted: 503,
};

const RETRY_AFTER_S: Partial<Readonly<Record<FailureKind, string>>> = {
  not_yet_committed: '1',
  not_witnessed_yet: '10',
  not_anchored_yet: '600',
  unavailable: '1',
  overloaded: '1',
  log_halted: '60',
  rate_limited: '1',
};

/** Refusals that may come before the body is read. */
const ENDS_UNREAD: ReadonlySet<FailureKind> = new Set([
  'payload_too_large',
  'rate_limited',
  'overloaded',
]);

// Fastify's own refusals by their stable codes; everything not listed here is judged by its status.
const FASTIFY_KINDS: Readonly<Record<string, FailureKind>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_VALIDATION: 'invalid_request',
};

export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details?: readonly FailureDetail[];
  };
}

export function errorBody(
  code: string,
  message: string,
  details: readonly FailureDetail[] = [],
): ErrorBody {
  return { error: { code, message, ...(details.length === 0 ? {} : { details }) } };
}

/** Sends the answer to a request that failed. Only faults of our own are logged, without their request. */
export function sendFailure(
  logger: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const failure = failureFrom(error);
  const status = STATUS[failure.kind];
  if (status >= 500) {
    const traceId = traceIdOf(request);
    logger.error('request failed', {
      request_id: request.id,
      ...(traceId === undefined ? {} : { trace_id: traceId }),
      status,
      error,
    });
  }
  // RFC 9110 15.5.2: a 401 names the scheme that is wanted.
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  const retryAfter = failure.retryAfterS?.toFixed(0) ?? RETRY_AFTER_S[failure.kind];
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  // The rest of an unread body would be read as the next request: end the connection instead.
  if (ENDS_UNREAD.has(failure.kind) && !request.raw.complete) reply.header('connection', 'close');
  return reply.code(status).send(errorBody(failure.kind, failure.message, failure.details));
}

function failureFrom(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error)) return new Failure('internal', 'Internal error', { cause: error });
  const { code, statusCode, validation } = error as FastifyError;
  const kind = FASTIFY_KINDS[code];
  if (kind === 'payload_too_large') {
    return new Failure(kind, 'The body is larger than allowed', { cause: error });
  }
  if (kind === 'invalid_request') {
    return new Failure(kind, 'The request is not valid', {
      details: (validation ?? []).map(({ instancePath, params, message }) => ({
        path: instancePath === '' ? memberPath(params) : instancePath,
        message: message ?? 'is not valid',
      })),
      cause: error,
    });
  }
  // Before the database is blamed: a caller that hangs up is an ECONNRESET too, but with a status.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Failure('invalid_request', 'The request is not valid', { cause: error });
  }
  if (isDatabaseAway(error)) {
    return new Failure('unavailable', 'The database cannot be reached', { cause: error });
  }
  return new Failure('internal', 'Internal error', { cause: error });
}

function memberPath(params: Readonly<Record<string, unknown>>): string {
  const member = params.additionalProperty ?? params.missingProperty;
  return typeof member === 'string' ? `/${member}` : '/';
}
