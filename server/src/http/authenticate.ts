/** API key to caller. Missing, malformed, unknown, revoked and expired keys get one and the same answer. @module */
import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { Failure } from '../base/failure.ts';
import { hashApiKey, isApiKeyShaped, type Scope } from '../tenants/api-key.ts';
import { type Caller, findCallerByKeyHash } from '../tenants/store.ts';

const BEARER = /^Bearer +([^ ]+)$/i;

/** Owned by a request from its `onRequest` hook to its handler. */
const callers = new WeakMap<object, Caller>();

/** An `onRequest` hook: finds who calls and checks the scope, before body and query are looked at. */
export function needsScope(
  pool: Pool,
  scope: Scope,
): (request: Pick<FastifyRequest, 'headers'>) => Promise<void> {
  return async function authenticate(request) {
    const secret = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const caller =
      secret !== undefined && isApiKeyShaped(secret)
        ? await findCallerByKeyHash(pool, hashApiKey(secret))
        : null;
    if (caller === null) throw new Failure('unauthorized', 'A valid API key is needed');
    if (!caller.scopes.includes(scope)) {
      throw new Failure('insufficient_scope', `The API key lacks the scope ${scope}`);
    }
    callers.set(request, caller);
  };
}

/** Who calls, on a route behind `needsScope`. */
export function callerOf(request: Pick<FastifyRequest, 'headers'>): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new TypeError('the route does not ask for a scope');
  return caller;
}
