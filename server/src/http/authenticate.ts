/** API key, or session of the operator page, to caller. Missing, malformed, unknown, revoked and expired ones get one and the same answer. @module */
import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { Failure } from '../base/failure.ts';
import { hashApiKey, isApiKeyShaped, type Scope } from '../tenants/api-key.ts';
import { findCaller as findCallerNow } from '../tenants/find-caller.ts';
import type { Caller } from '../tenants/store.ts';
import { type ConsoleSession, sessionOf } from './console-session.ts';

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
    const isKeyed = request.headers.authorization !== undefined || sessionOf(request) !== undefined;
    callers.set(request, isKeyed ? await findCaller(pool, request) : null);
  };
}

/** A key that is shown counts alone: a session beside it is not looked at. */
async function findCaller(pool: Pool, request: WithHeaders): Promise<Caller> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    return findByKey(pool, BEARER.exec(authorization)?.[1] ?? '');
  }
  const session = sessionOf(request) ?? null;
  return known(session === null ? null : await findBySession(pool, session));
}

/** Failure `unauthorized` for a key that is not good. */
export async function findByKey(pool: Pool, secret: string): Promise<Caller> {
  return known(isApiKeyShaped(secret) ? await findCallerNow(pool, hashApiKey(secret)) : null);
}

/** Null when the key behind the session is not good any more. */
export function findBySession(pool: Pool, { keyHash }: ConsoleSession): Promise<Caller | null> {
  return findCallerNow(pool, keyHash);
}

function known(caller: Caller | null): Caller {
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
