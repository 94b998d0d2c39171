/** Everything that stands between a request and the ingest, in its order: endpoint, rate, length, room, sender. @module */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Failure, type FailureKind, notFound } from '../base/failure.ts';
import type { TenantId } from '../base/ids.ts';
import type { IngestStatus } from '../ingest/accept.ts';
import type { RawHeaders } from '../ingest/raw-headers.ts';
import type { Target } from '../ingest/target.ts';
import { BEARER } from './authenticate.ts';
import { MAX_BODY_BYTES } from './raw-body.ts';
import { assertDeclaredLength } from './read-body.ts';
import type { RouteDeps } from './routes/route-deps.ts';

interface Admitted {
  readonly target: Target;
  /** True when a signature is to be verified; false when an API key was. */
  readonly isSigned: boolean;
}

const REFUSALS: Partial<Readonly<Record<FailureKind, IngestStatus>>> = {
  invalid_signature: 'invalid_signature',
  timestamp_out_of_tolerance: 'invalid_signature',
  payload_too_large: 'too_large',
  rate_limited: 'rate_limited',
};

export interface IngestGate {
  /** An `onRequest` hook: all that can be judged before a byte of the body is read. */
  readonly admit: (request: FastifyRequest) => Promise<void>;
  /** After the body is read: throws unless its sender is known. Answers the endpoint, and the provider's key. */
  readonly identify: (request: FastifyRequest, body: Buffer) => Identified;
  /** An `onError` hook: counts what was refused, by the tenant whose endpoint was asked for. */
  readonly countRefusal: (
    request: FastifyRequest,
    reply: FastifyReply,
    error: Error,
  ) => Promise<void>;
}

export interface Identified {
  readonly target: Target;
  readonly eventKey: string | null;
}

export function createIngestGate(
  deps: Pick<RouteDeps, 'ingest' | 'clock' | 'takeIngestTokens' | 'onIngested'>,
): IngestGate {
  const { ingest } = deps;
  /** Owned by a request from `admit` to `identify`. */
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  /** Owned by a request from the moment its endpoint is known. */
  const tenants = new WeakMap<FastifyRequest, TenantId>();
  return {
    admit: async function admit(request) {
      const { endpoint_id: id } = request.params as { endpoint_id: string };
      const target = await ingest.findTarget(id);
      if (target === null) {
        // As if it were there and took API keys alone: who has none learns nothing of which ids exist.
        await assertKey(deps, request, null);
        throw notFound();
      }
      tenants.set(request, target.tenantId);
      await takeTokens(deps, target, 1);
      assertDeclaredLength(request.raw, MAX_BODY_BYTES);
      ingest.assertRoom();
      const isSigned = target.verifier?.hasSignature(headersOf(request)) === true;
      // An API key is checked here already: who has none need not send ten megabytes first.
      if (!isSigned) await assertKey(deps, request, target);
      admitted.set(request, { target, isSigned });
    },
    identify(request, body) {
      const found = admitted.get(request);
      if (found === undefined) throw new TypeError('the request was not admitted');
      const { target, isSigned } = found;
      if (!isSigned) return { target, eventKey: null };
      const verdict = target.verifier?.verify(headersOf(request), body, deps.clock.nowMs());
      switch (verdict?.kind) {
        case 'verified':
          return { target, eventKey: verdict.eventKey };
        case 'out_of_tolerance':
          throw new Failure('timestamp_out_of_tolerance', 'The signature is too old or too new');
        default:
          throw noSignature();
      }
    },
    countRefusal: async function countRefusal(request, _reply, error) {
      const tenantId = tenants.get(request);
      if (tenantId === undefined) return; // ids of strangers make no labels
      const kind = error instanceof Failure ? REFUSALS[error.kind] : undefined;
      deps.onIngested(tenantId, kind ?? 'error', 1);
    },
  };
}

/** Throws the 429 of a tenant that has used up its rate. */
export async function takeTokens(
  { takeIngestTokens }: Pick<RouteDeps, 'takeIngestTokens'>,
  { tenantId }: Target,
  cost: number,
): Promise<void> {
  const answer = await takeIngestTokens(tenantId, cost);
  if (answer.kind === 'taken') return;
  if (answer.kind === 'refused') {
    const { retryAfterS } = answer;
    throw new Failure('rate_limited', 'Too many events for this tenant', { retryAfterS });
  }
  throw new Failure('invalid_request', 'More events at once than the rate of the tenant allows');
}

/** Names and values as they came. */
export function headersOf(request: FastifyRequest): RawHeaders {
  return request.raw.rawHeaders;
}

async function assertKey(
  { ingest }: Pick<RouteDeps, 'ingest'>,
  request: FastifyRequest,
  target: Target | null,
): Promise<void> {
  const secret = BEARER.exec(request.headers.authorization ?? '')?.[1];
  const caller = secret === undefined ? null : await ingest.findCaller(secret);
  if (caller === null) {
    // Providers show no key, or one of their own: what is missing is the signature.
    if (target !== null && target.verifier !== null) throw noSignature();
    throw new Failure('unauthorized', 'A valid API key is needed');
  }
  if (!caller.scopes.includes('ingest')) {
    throw new Failure('insufficient_scope', 'The API key lacks the scope ingest');
  }
  if (target !== null && caller.tenantId !== target.tenantId) throw notFound();
}

function noSignature(): Failure {
  return new Failure('invalid_signature', 'The signature is missing or not valid');
}
