/** The log's public side, and the proof packages of its tenants. @module */
import { bytesFromHex } from '@kapsel/verification';
import type { FastifyInstance } from 'fastify';
import { findHeadBySize, findNewestHead } from '../../attestation/head-store.ts';
import { encodeTreeHeadJson } from '../../attestation/tree-head.ts';
import { Failure, notFound } from '../../base/failure.ts';
import { assembleProofPackage } from '../../proofs/assemble.ts';
import { proveSizes } from '../../proofs/prove-consistency.ts';
import { proveLeafHash } from '../../proofs/prove-inclusion.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import {
  ConsistencyQuery,
  InclusionQuery,
  integerFromQuery,
  TreeHeadQuery,
} from '../schemas/attestation.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

const LEAF_HASH = /^[0-9a-f]{64}$/;

interface TreeHeadRoute {
  Querystring: TreeHeadQuery;
}
interface InclusionRoute {
  Params: { leaf_hash: string };
  Querystring: InclusionQuery;
}
interface PackageRoute {
  Params: { delivery_attempt_id: string };
}
interface ConsistencyRoute {
  Querystring: ConsistencyQuery;
}

/** Registered twice: at the root and below `/api/v1`, equal in all. */
export function attestationRoutes(app: FastifyInstance, deps: RouteDeps, prefix: string): void {
  const { pool, clock, log } = deps;

  app.get<TreeHeadRoute>(
    `${prefix}/attestation/sth`,
    { schema: { querystring: TreeHeadQuery } },
    async (request, reply) => {
      const size = integerFromQuery(request.query.tree_size);
      const head =
        size === null
          ? await findNewestHead(pool, log.id)
          : await findHeadBySize(pool, log.id, size);
      if (head === null) throw new Failure('no_tree_head', 'The log has no such tree head');
      return reply.header('cache-control', 'public, max-age=1').send(encodeTreeHeadJson(head));
    },
  );

  app.get<InclusionRoute>(
    `${prefix}/attestation/proof/:leaf_hash`,
    { schema: { querystring: InclusionQuery } },
    async (request) => {
      const { leaf_hash: leafHash } = request.params;
      if (!LEAF_HASH.test(leafHash)) throw notFound();
      const size = integerFromQuery(request.query.tree_size);
      return proveLeafHash(pool, log, bytesFromHex(leafHash), size);
    },
  );

  app.get<ConsistencyRoute>(
    `${prefix}/attestation/consistency-proof`,
    { schema: { querystring: ConsistencyQuery } },
    async (request) => {
      const { old_size: oldSize, new_size: newSize } = request.query;
      return proveSizes(pool, log, integerFromQuery(oldSize), integerFromQuery(newSize));
    },
  );

  app.get<PackageRoute>(`${prefix}/attestation/download-proof/:delivery_attempt_id`, {
    onRequest: needsScope(pool, 'proofs:read'),
    schema: { querystring: NoQuery },
    handler: async (request, reply) => {
      const { tenantId } = callerOf(request);
      const { delivery_attempt_id: id } = request.params;
      const text = await assembleProofPackage({ pool, clock }, log, tenantId, id);
      return reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('content-disposition', `attachment; filename="${id}.kapsel.json"`)
        .send(text);
    },
  });
}
