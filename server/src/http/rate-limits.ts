/** How often a caller may ask: a tenant by its key, anybody else by the address; and what a refused key costs. @module */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../base/failure.ts';
import type { RateClass } from '../tenants/tier.ts';
import type { TokenAnswer } from '../tenants/token-bucket.ts';
import { callerIfFound } from './authenticate.ts';
import { clientAddress } from './client-address.ts';
import type { RouteDeps } from './routes/route-deps.ts';

type RateDeps = Pick<RouteDeps, 'rates' | 'trustedProxies'>;

/** Asked by machines of the operator at their own pace, and never to be refused. */
const FREE = /^\/(?:health\/|metrics$)/;
/** True for a route that is never refused for its rate. */
export function isNeverLimited(route: string): boolean {
  return FREE.test(route);
}

/** The gate of the ingest counts by itself: before it knows who sends. */
const INGEST = '/ingest/';
const PROOFS = /^(?:\/api\/v1)?\/(?:attestation|log)\//;

/**
 * After the key was looked at and before a body is read. A key's tenant pays for its requests; without a key the
 * address does, for everything that is public, and also for paths that do not exist.
 */
export function limitRates(app: FastifyInstance, deps: RateDeps): void {
  app.addHook('preParsing', function limitRate(request, _reply, payload, done) {
    const path = request.routeOptions.url ?? '';
    if (path.startsWith(INGEST) || isNeverLimited(path)) return done(null, payload);
    takeFor(deps, request, path).then(() => done(null, payload), done);
  });
}

async function takeFor(deps: RateDeps, request: FastifyRequest, path: string): Promise<void> {
  const caller = callerIfFound(request);
  if (caller === null) return takeForAddress(deps, request);
  const rateClass: RateClass = PROOFS.test(path) ? 'proof' : 'api';
  refuse(await deps.rates.takeForTenant(caller.tenantId, rateClass, 1), 'tenant');
}

/**
 * The error to answer in place of `error`. A refused key, or none where one is needed, is paid for by the address: who
 * guesses is told to slow down instead.
 */
export async function chargeStranger(
  deps: RateDeps,
  error: unknown,
  request: FastifyRequest,
): Promise<unknown> {
  if (!(error instanceof Failure) || error.kind !== 'unauthorized') return error;
  if (isNeverLimited(request.routeOptions.url ?? '')) return error;
  try {
    await takeForAddress(deps, request);
    return error;
  } catch (refusal) {
    return refusal;
  }
}

async function takeForAddress(deps: RateDeps, request: FastifyRequest): Promise<void> {
  refuse(await deps.rates.takeForAddress(addressOf(deps, request)), 'address');
}

function addressOf({ trustedProxies }: RateDeps, { raw }: FastifyRequest): string {
  const forwarded = raw.headers['x-forwarded-for'];
  const text = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
  return clientAddress(raw.socket.remoteAddress, text, trustedProxies);
}

function refuse(answer: TokenAnswer, whose: 'tenant' | 'address'): void {
  if (answer.kind === 'taken') return;
  const retryAfterS = answer.kind === 'refused' ? answer.retryAfterS : 1;
  throw new Failure('rate_limited', `Too many requests of this ${whose}`, { retryAfterS });
}
