/** Proof packages of a tenant's attempts, with the anchor of their head: for its key, or for whoever holds a share link. @module */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../base/failure.ts';
import type { TenantId } from '../../base/ids.ts';
import { assembleProofPackage } from '../../proofs/assemble.ts';
import type { HeadWish } from '../../proofs/choose-head.ts';
import { openShareLink } from '../../proofs/share.ts';
import { callerOf, needsScope } from '../authenticate.ts';
import { JSON_TYPE } from '../cacheable.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import {
  BlockchainProofJson,
  BlockchainProofQuery,
  encodeBlockchainProof,
} from '../schemas/anchor.ts';
import { PackageAnswer, PackageQuery } from '../schemas/attestation.ts';
import type { RouteDeps } from './route-deps.ts';

interface PackageRoute {
  Params: { delivery_attempt_id: string };
  Querystring: PackageQuery;
}

const DOC: RouteDoc = {
  id: 'downloadProof',
  tag: 'attestation',
  summary: 'The proof package of a delivery attempt, which verifies without this server.',
  auth: 'package',
  answers: { 200: { description: 'The package, as a file.', schema: PackageAnswer } },
  errors: [
    'not_yet_committed',
    'not_witnessed_yet',
    'not_anchored_yet',
    'leaf_expired',
    'no_tree_head',
  ],
};

const BLOCKCHAIN_DOC: RouteDoc = {
  id: 'getBlockchainProof',
  tag: 'attestation',
  summary: 'How the Bitcoin anchor over a delivery attempt stands, with a package under that head.',
  auth: 'package',
  answers: { 200: { description: 'The anchor and the package.', schema: BlockchainProofJson } },
  errors: ['not_yet_committed', 'not_anchored_yet', 'leaf_expired', 'no_tree_head'],
};

/** Registered twice: at the root and below `/api/v1`, equal in all. */
export function packageRoutes(app: FastifyInstance, deps: RouteDeps, prefix: string): void {
  const needsKey = needsScope(deps.pool, 'proofs:read');
  /** Owned by a request from `onRequest` to its handler. */
  const sharers = new WeakMap<FastifyRequest<PackageRoute>, TenantId>();

  async function needsKeyOrLink(request: FastifyRequest<PackageRoute>): Promise<void> {
    const { token } = request.query;
    // A key that is shown is looked at, whatever else is there: a bad one is never passed over.
    if (typeof token !== 'string' || request.headers.authorization !== undefined) {
      return needsKey(request);
    }
    const tenantId = await openShareLink(deps, request.params.delivery_attempt_id, token);
    if (tenantId === null) throw new Failure('unauthorized', 'A valid API key is needed');
    sharers.set(request, tenantId);
  }

  const assemble = (request: FastifyRequest<PackageRoute>, wish: HeadWish) => {
    const tenantId = sharers.get(request) ?? callerOf(request).tenantId;
    const { delivery_attempt_id: id } = request.params;
    return deps.proofs.timed('package', () => assembleProofPackage(deps, tenantId, id, wish));
  };

  app.get<PackageRoute>(`${prefix}/attestation/download-proof/:delivery_attempt_id`, {
    config: { doc: DOC },
    onRequest: needsKeyOrLink,
    schema: { querystring: PackageQuery },
    handler: async (request, reply) => {
      const { delivery_attempt_id: id } = request.params;
      const { witnessed = 'prefer', anchor = 'prefer' } = request.query;
      const { text } = await assemble(request, { witnessed, anchor });
      return reply
        .header('content-type', JSON_TYPE)
        .header('content-disposition', `attachment; filename="${id}.kapsel.json"`)
        .header('referrer-policy', 'no-referrer') // the address may hold a token
        .send(text);
    },
  });

  app.get<PackageRoute>(`${prefix}/attestation/blockchain-proof/:delivery_attempt_id`, {
    config: { doc: BLOCKCHAIN_DOC },
    onRequest: needsKeyOrLink,
    schema: { querystring: BlockchainProofQuery },
    handler: async (request, reply) => {
      const { text, anchor } = await assemble(request, { witnessed: 'none', anchor: 'begun' });
      if (anchor === null) throw new Error('the package has no anchor');
      const facts = JSON.stringify(encodeBlockchainProof(anchor));
      // The package as it was verified, byte for byte.
      const body = `${facts.slice(0, -1)},"package":${text}}`;
      return reply
        .header('content-type', JSON_TYPE)
        .header('referrer-policy', 'no-referrer') // the address may hold a token
        .send(body);
    },
  });
}
