/** /console/session: whoever has an API key signs in to the operator page with it, and signs out. @module */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { timeFromMs } from '../../base/clock.ts';
import { Failure } from '../../base/failure.ts';
import { hashApiKey } from '../../tenants/api-key.ts';
import type { Caller } from '../../tenants/store.ts';
import { findByKey, findBySession } from '../authenticate.ts';
import {
  type ConsoleScheme,
  endedCookie,
  isFromConsole,
  SESSION_MS,
  schemeOf,
  sessionCookie,
  sessionOf,
} from '../console-session.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseJsonBody } from '../raw-body.ts';
import { ConsoleSessionJson, SignInBody } from '../schemas/console-session.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

interface SignInRoute {
  Body: SignInBody;
}

const SIGN_IN: RouteDoc = {
  id: 'signIn',
  tag: 'console',
  summary: 'Begins a session of the operator page.',
  description:
    'For the page at `/console` alone, which sends the header `kapsel-console`. The session is a cookie that no script can read; until it ends, requests of the page need no key. It allows what the key allows, and ends with it.',
  auth: 'none',
  answers: {
    200: {
      description: 'The session.',
      schema: ConsoleSessionJson,
      headers: { 'Set-Cookie': 'The session: HttpOnly, SameSite=Strict, for twelve hours.' },
    },
  },
  errors: ['unauthorized', 'cross_origin'],
};

const GET: RouteDoc = {
  id: 'getConsoleSession',
  tag: 'console',
  summary: 'Who is signed in to the operator page.',
  auth: 'none',
  answers: { 200: { description: 'The session, or null.', schema: ConsoleSessionJson } },
};

const SIGN_OUT: RouteDoc = {
  id: 'signOut',
  tag: 'console',
  summary: 'Takes the session of the operator page from this browser.',
  auth: 'none',
  answers: { 204: { description: 'The cookie is taken away.' } },
  errors: ['cross_origin'],
};

export function consoleSessionRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { pool, clock, sealer } = deps;

  const assertFromConsole = (request: FastifyRequest): ConsoleScheme => {
    const scheme = schemeOf(request);
    if (scheme !== null && isFromConsole(request, deps.publicUrl)) return scheme;
    throw new Failure(
      'cross_origin',
      'Only the page at /console may ask; behind a proxy that changes the host, set KAPSEL_PUBLIC_URL',
    );
  };

  app.post<SignInRoute>('/console/session', {
    config: { doc: SIGN_IN },
    bodyLimit: MAX_JSON_BYTES,
    onRequest: async (request) => {
      assertFromConsole(request);
    },
    schema: { body: SignInBody, querystring: NoQuery },
    preValidation: parseJsonBody,
    handler: async (request, reply) => {
      const { api_key: secret } = request.body;
      const caller = await findByKey(pool, secret);
      const keyHash = hashApiKey(secret);
      const session = { keyHash, expiresAtMs: clock.nowMs() + SESSION_MS };
      return reply
        .header('set-cookie', sessionCookie(sealer, assertFromConsole(request), session))
        .send(encode(caller, session.expiresAtMs));
    },
  });

  app.get('/console/session', {
    config: { doc: GET },
    schema: { querystring: NoQuery },
    handler: async (request): Promise<ConsoleSessionJson> => {
      const session = sessionOf(request) ?? null;
      const caller = session === null ? null : await findBySession(pool, session);
      return session === null || caller === null
        ? { session: null }
        : encode(caller, session.expiresAtMs);
    },
  });

  app.delete('/console/session', {
    config: { doc: SIGN_OUT },
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const scheme = assertFromConsole(request);
      return reply.header('set-cookie', endedCookie(scheme)).code(204).send();
    },
  });
}

function encode({ tenantId, scopes }: Caller, expiresAtMs: number): ConsoleSessionJson {
  return {
    session: {
      tenant_id: tenantId,
      scopes: [...scopes],
      expires_at: timeFromMs(expiresAtMs),
    },
  };
}
