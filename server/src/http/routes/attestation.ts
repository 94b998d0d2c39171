/** The public side of a log: heads, checkpoints and proofs, which hold hashes and nothing else. @module */
import { bytesFromHex } from '@kapsel/verification';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findHeadBySize } from '../../attestation/head-store.ts';
import type { TreeHead } from '../../attestation/tree-head.ts';
import { encodeTreeHeadJson } from '../../attestation/tree-head.ts';
import { Failure, notFound } from '../../base/failure.ts';
import type { ConsistencyProofJson, InclusionProofJson } from '../../proofs/cache.ts';
import { describeKeys } from '../../proofs/key-history.ts';
import { proveSizes } from '../../proofs/prove-consistency.ts';
import { proveLeafHash } from '../../proofs/prove-inclusion.ts';
import { callerOrNull, takesKey } from '../authenticate.ts';
import { encodeOnce, JSON_TYPE } from '../cacheable.ts';
import { sendAboutLog } from '../log-answer.ts';
import { createLogChoice } from '../log-choice.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import {
  ConsistencyProofAnswer,
  ConsistencyQuery,
  InclusionProofAnswer,
  InclusionQuery,
  integerFromQuery,
  LogQuery,
  TreeHeadAnswer,
  TreeHeadQuery,
} from '../schemas/attestation.ts';
import { encodeLogKeysJson, LogKeysAnswer } from '../schemas/log-keys.ts';
import type { RouteDeps } from './route-deps.ts';

const LEAF_HASH = /^[0-9a-f]{64}$/;
const NOTE_TYPE = 'text/plain; charset=utf-8';

interface TreeHeadRoute {
  Querystring: TreeHeadQuery;
}
interface LogRoute {
  Querystring: LogQuery;
}
interface InclusionRoute {
  Params: { leaf_hash: string };
  Querystring: InclusionQuery;
}
interface ConsistencyRoute {
  Querystring: ConsistencyQuery;
}

const ofLog = { tag: 'attestation', auth: 'log', isConditional: true } as const;

const TREE_HEAD: RouteDoc = {
  ...ofLog,
  id: 'getTreeHead',
  summary: 'The newest signed tree head, or the one of a size.',
  answers: { 200: { description: 'The head.', schema: TreeHeadAnswer } },
  errors: ['no_tree_head'],
};

const CHECKPOINT: RouteDoc = {
  ...ofLog,
  id: 'getCheckpoint',
  summary: 'The newest head as a C2SP signed note, with the lines of its witnesses.',
  answers: { 200: { description: 'The note.', contentType: 'text/plain' } },
  errors: ['no_tree_head'],
};

const INCLUSION: RouteDoc = {
  ...ofLog,
  id: 'getInclusionProof',
  summary: 'The proof that a leaf is in the tree.',
  answers: { 200: { description: 'The proof.', schema: InclusionProofAnswer } },
  errors: ['not_yet_committed', 'size_out_of_range', 'no_tree_head', 'leaf_expired'],
};

const CONSISTENCY: RouteDoc = {
  ...ofLog,
  id: 'getConsistencyProof',
  summary: 'The proof that a later tree begins with an earlier one.',
  answers: { 200: { description: 'The proof.', schema: ConsistencyProofAnswer } },
  errors: ['size_out_of_range', 'no_tree_head'],
};

const KEYS: RouteDoc = {
  ...ofLog,
  id: 'getLogKeys',
  summary: 'The keys of a log, and the statements about them, each proved under the head.',
  answers: { 200: { description: 'The keys.', schema: LogKeysAnswer } },
  errors: ['no_tree_head'],
};

/** Registered twice: at the root and below `/api/v1`, equal in all. */
export function attestationRoutes(app: FastifyInstance, deps: RouteDeps, prefix: string): void {
  const { pool, proofs } = deps;
  const chooseLog = createLogChoice({ ...deps, reads: proofs.reads });
  const logOf = (request: FastifyRequest<LogRoute>) =>
    chooseLog(callerOrNull(request), request.query.log);
  const onRequest = takesKey(pool);

  app.get<TreeHeadRoute>(`${prefix}/attestation/sth`, {
    config: { doc: TREE_HEAD },
    onRequest,
    schema: { querystring: TreeHeadQuery },
    handler: async (request, reply) => {
      const log = await logOf(request);
      const size = integerFromQuery(request.query.tree_size);
      const head =
        size === null ? await proofs.heads.get(log.id) : await findHeadBySize(pool, log.id, size);
      if (head === null) throw new Failure('no_tree_head', 'The log has no such tree head');
      // A head of one size may be signed again, and witnesses sign it later: it is never final.
      return sendJson(request, reply, encodeTreeHeadJson(head), 'newest');
    },
  });

  app.get<LogRoute>(`${prefix}/attestation/checkpoint`, {
    config: { doc: CHECKPOINT },
    onRequest,
    schema: { querystring: LogQuery },
    handler: async (request, reply) => {
      const head = await proofs.heads.get((await logOf(request)).id);
      return sendNote(request, reply, head);
    },
  });

  app.get<InclusionRoute>(`${prefix}/attestation/proof/:leaf_hash`, {
    config: { doc: INCLUSION },
    onRequest,
    schema: { querystring: InclusionQuery },
    handler: async (request, reply) => {
      const { leaf_hash: leafHash } = request.params;
      const log = await logOf(request);
      if (!LEAF_HASH.test(leafHash)) throw notFound();
      const treeSize = integerFromQuery(request.query.tree_size);
      const proof = await proofs.timed('inclusion', () =>
        proveLeafHash(proofs, log.id, {
          leafHash: bytesFromHex(leafHash),
          treeSize,
          leafIndex: integerFromQuery(request.query.leaf_index),
        }),
      );
      return sendProof(request, reply, proof, treeSize === null ? 'newest' : 'immutable');
    },
  });

  app.get<ConsistencyRoute>(`${prefix}/attestation/consistency-proof`, {
    config: { doc: CONSISTENCY },
    onRequest,
    schema: { querystring: ConsistencyQuery },
    handler: async (request, reply) => {
      const log = await logOf(request);
      const oldSize = integerFromQuery(request.query.old_size);
      const newSize = integerFromQuery(request.query.new_size);
      const proof = await proofs.timed('consistency', () =>
        proveSizes(proofs, log.id, oldSize, newSize),
      );
      return sendProof(request, reply, proof, 'immutable');
    },
  });

  app.get<LogRoute>(`${prefix}/attestation/keys`, {
    config: { doc: KEYS },
    onRequest,
    schema: { querystring: LogQuery },
    handler: async (request, reply) => {
      const log = await logOf(request);
      const json = encodeLogKeysJson(log, await describeKeys(proofs, log.id));
      return sendJson(request, reply, json, 'newest');
    },
  });
}

/** The checkpoint as a note, with the lines of the witnesses that signed it. */
function sendNote(request: FastifyRequest, reply: FastifyReply, head: TreeHead): FastifyReply {
  const { checkpoint: body } = encodeTreeHeadJson(head);
  return sendAboutLog(request, reply, { body, contentType: NOTE_TYPE, freshness: 'newest' });
}

function sendJson(
  request: FastifyRequest,
  reply: FastifyReply,
  value: object,
  freshness: 'immutable' | 'newest',
): FastifyReply {
  return sendAboutLog(request, reply, {
    body: JSON.stringify(value),
    contentType: JSON_TYPE,
    freshness,
  });
}

function sendProof(
  request: FastifyRequest,
  reply: FastifyReply,
  proof: InclusionProofJson | ConsistencyProofJson,
  freshness: 'immutable' | 'newest',
): FastifyReply {
  return sendAboutLog(request, reply, {
    ...encodeOnce(proof),
    contentType: JSON_TYPE,
    freshness,
  });
}
