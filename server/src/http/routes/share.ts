/** Share links: a tenant hands one proof package to somebody without a key, for a time, and can take it back. @module */
import type { FastifyInstance } from 'fastify';
import { timeFromMs } from '../../base/clock.ts';
import { createShareLink, endShareLink, showShareLinks } from '../../proofs/share.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { MAX_JSON_BYTES, parseOptionalBody } from '../raw-body.ts';
import { NoQuery } from '../schemas/no-query.ts';
import {
  DEFAULT_LIFETIME_S,
  encodeShareLinkJson,
  NewShareBody,
  NewShareLinkJson,
  ShareLinkListJson,
} from '../schemas/share.ts';
import type { RouteDeps } from './route-deps.ts';

interface AttemptRoute {
  Params: { delivery_attempt_id: string };
}
interface CreateRoute extends AttemptRoute {
  Body: NewShareBody;
}
interface LinkRoute {
  Params: { delivery_attempt_id: string; share_link_id: string };
}

const CREATE: RouteDoc = {
  id: 'createShareLink',
  tag: 'attestation',
  summary: 'A link by which somebody without a key downloads one proof package.',
  auth: 'proofs:read',
  bodyIsOptional: true,
  answers: { 201: { description: 'The link; shown this once.', schema: NewShareLinkJson } },
  errors: ['too_many_links'],
};

const LIST: RouteDoc = {
  id: 'listShareLinks',
  tag: 'attestation',
  summary: 'The links to a proof package, without their tokens; at most 1,000.',
  auth: 'proofs:read',
  answers: { 200: { description: 'The links.', schema: ShareLinkListJson } },
};

const END: RouteDoc = {
  id: 'endShareLink',
  tag: 'attestation',
  summary: 'Ends a link at once.',
  auth: 'proofs:read',
  answers: { 204: { description: 'It is over.' } },
};

/** Registered twice: at the root and below `/api/v1`, equal in all. */
export function shareRoutes(app: FastifyInstance, deps: RouteDeps, prefix: string): void {
  const path = `${prefix}/attestation/share/:delivery_attempt_id`;
  const onRequest = needsScope(deps.pool, 'proofs:read');

  app.post<CreateRoute>(path, {
    config: { doc: CREATE },
    bodyLimit: MAX_JSON_BYTES,
    onRequest,
    schema: { body: NewShareBody, querystring: NoQuery },
    preValidation: parseOptionalBody,
    handler: async (request, reply) => {
      const { delivery_attempt_id: attemptId } = request.params;
      const { expires_in_s: lifetimeS = DEFAULT_LIFETIME_S } = request.body;
      const { tenantId } = callerOf(request);
      const link = await createShareLink(deps, tenantId, attemptId, lifetimeS * 1_000);
      const answer: NewShareLinkJson = {
        id: link.id,
        // Without KAPSEL_PUBLIC_URL without a host: under which name callers reach us, they know better.
        url: `${deps.publicUrl ?? ''}/attestation/download-proof/${attemptId}?token=${link.token}`,
        expires_at: timeFromMs(link.expiresAtMs),
      };
      return reply.code(201).send(answer);
    },
  });

  app.get<AttemptRoute>(path, {
    config: { doc: LIST },
    onRequest,
    schema: { querystring: NoQuery },
    handler: async (request): Promise<ShareLinkListJson> => {
      const { delivery_attempt_id: attemptId } = request.params;
      const links = await showShareLinks(deps, callerOf(request).tenantId, attemptId);
      return { data: links.map(encodeShareLinkJson) };
    },
  });

  app.delete<LinkRoute>(`${path}/:share_link_id`, {
    config: { doc: END },
    onRequest,
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const { delivery_attempt_id: attemptId, share_link_id: linkId } = request.params;
      await endShareLink(deps, callerOf(request).tenantId, attemptId, linkId);
      return reply.code(204).send();
    },
  });
}
