/** API key to caller. Missing, malformed, unknown, revoked and expired keys get one and the same answer. @module */
import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { Failure } from '../base/failure.ts';
import { hashApiKey, isApiKeyShaped, type Scope } from '../tenants/api-key.ts';
import { type Caller, findCallerByKeyHash } from '../tenants/store.ts';

export const BEARER: RegExp = /^Bearer +([^ ]+)$/i;

type WithHeaders = Pick<FastifyRequest, 'headers'>;

/** Owned by a request from its `onRequest` hook to its handler; null where no key was shown and none is needed. */
const callers = new WeakMap<object, Caller | null>();

/** An `onRequest` hook: finds who calls and checks the scope, before body and query are looked at. */
export function needsScope(pool: Pool, scope: Scope): (request: WithHeaders) => Promise<void> {
  return async function authenticate(request) {
    const caller = await findCaller(pool, request);
    if (!caller.scopes.includes(scope)) {
      throw new Failure('insufficient_scope', `The API key lacks the scope ${scope}`);
    }
    callers.set(request, caller);
  };
}

/** An `onRequest` hook for what is public: no key is needed, and one that is shown must be good. */
export function takesKey(pool: Pool): (request: WithHeaders) => Promise<void> {
  return async function authenticateIfKeyed(request) {
    const isKeyed = request.headers.authorization !== undefined;
    callers.set(request, isKeyed ? await findCaller(pool, request) : null);
  };
}

async function findCaller(pool: Pool, request: WithHeaders): Promise<Caller> {
  const secret = BEARER.exec(request.headers.authorization ?? '')?.[1];
  const caller =
    secret !== undefined && isApiKeyShaped(secret)
      ? await findCallerByKeyHash(pool, hashApiKey(secret))
      : null;
  if (caller === null) throw new Failure('unauthorized', 'A valid API key is needed');
  return caller;
}

/** Who calls, on a route behind `needsScope`. */
export function callerOf(request: WithHeaders): Caller {
  const caller = callers.get(request);
  if (caller === undefined || caller === null) {
    throw new TypeError('the route does not ask for a scope');
  }
  return caller;
}

/** Who calls, on a route behind `takesKey`, or null. */
export function callerOrNull(request: WithHeaders): Caller | null {
  const caller = callers.get(request);
  if (caller === undefined) throw new TypeError('the route does not look at keys');
  return caller;
}

/** Who calls, on any route; null where no key was shown, or none was looked at. */
export function callerIfFound(request: WithHeaders): Caller | null {
  return callers.get(request) ?? null;
}
