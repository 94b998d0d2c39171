/** Proof packages of a tenant's attempts: for its key, or for whoever holds a share link. @module */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../base/failure.ts';
import type { TenantId } from '../../base/ids.ts';
import { assembleProofPackage } from '../../proofs/assemble.ts';
import { openShareLink } from '../../proofs/share.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { JSON_TYPE } from '../cacheable.ts';
import { PackageQuery } from '../schemas/attestation.ts';
import type { RouteDeps } from './route-deps.ts';

interface PackageRoute {
  Params: { delivery_attempt_id: string };
  Querystring: PackageQuery;
}

/** Registered twice: at the root and below `/api/v1`, equal in all. */
export function packageRoutes(app: FastifyInstance, deps: RouteDeps, prefix: string): void {
  const needsKey = needsScope(deps.pool, 'proofs:read');
  /** Owned by a request from `onRequest` to its handler. */
  const sharers = new WeakMap<FastifyRequest<PackageRoute>, TenantId>();

  app.get<PackageRoute>(`${prefix}/attestation/download-proof/:delivery_attempt_id`, {
    onRequest: async function needsKeyOrLink(request) {
      const { token } = request.query;
      // A key that is shown is looked at, whatever else is there: a bad one is never passed over.
      if (typeof token !== 'string' || request.headers.authorization !== undefined) {
        return needsKey(request);
      }
      const tenantId = await openShareLink(deps, request.params.delivery_attempt_id, token);
      if (tenantId === null) throw new Failure('unauthorized', 'A valid API key is needed');
      sharers.set(request, tenantId);
    },
    schema: { querystring: PackageQuery },
    handler: async (request, reply) => {
      const { delivery_attempt_id: id } = request.params;
      const tenantId = sharers.get(request) ?? callerOf(request).tenantId;
      const text = await deps.proofs.timed('package', () =>
        assembleProofPackage(deps, tenantId, id, request.query.witnessed ?? 'prefer'),
      );
      return reply
        .header('content-type', JSON_TYPE)
        .header('content-disposition', `attachment; filename="${id}.kapsel.json"`)
        .header('referrer-policy', 'no-referrer') // the address may hold a token
        .send(text);
    },
  });
}
