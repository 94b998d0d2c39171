/** The anchors of a log: which heads stand in the Bitcoin chain, and the two files with which anybody checks one. @module */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Anchor } from '../../anchors/anchor.ts';
import { findAnchor, listAnchors } from '../../anchors/store.ts';
import { Failure, notFound } from '../../base/failure.ts';
import { callerOrNull, takesKey } from '../authenticate.ts';
import { JSON_TYPE } from '../cacheable.ts';
import { sendAboutLog } from '../log-answer.ts';
import { createLogChoice } from '../log-choice.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import {
  AnchorListJson,
  AnchorListQuery,
  encodeAnchorJson,
  encodeWholeAnchorJson,
  WholeAnchorJson,
} from '../schemas/anchor.ts';
import { integerFromQuery, LogQuery } from '../schemas/attestation.ts';
import type { RouteDeps } from './route-deps.ts';

interface ListRoute {
  Querystring: AnchorListQuery;
}
interface AnchorRoute {
  Params: { tree_size: string };
  Querystring: LogQuery;
}

const LIST: RouteDoc = {
  id: 'listAnchors',
  tag: 'attestation',
  summary: 'The anchors of a log in the Bitcoin chain, the largest tree first.',
  auth: 'log',
  isConditional: true,
  answers: { 200: { description: 'A page of anchors.', schema: AnchorListJson } },
};

const GET: RouteDoc = {
  id: 'getAnchor',
  tag: 'attestation',
  summary: 'One anchor with its two files, and how each calendar stands.',
  auth: 'log',
  isConditional: true,
  answers: { 200: { description: 'The anchor.', schema: WholeAnchorJson } },
  errors: ['not_found'],
};

const NOTE: RouteDoc = {
  id: 'downloadAnchoredCheckpoint',
  tag: 'attestation',
  summary: 'The checkpoint that was stamped, as a file.',
  auth: 'log',
  isConditional: true,
  answers: { 200: { description: 'The note.', contentType: 'text/plain' } },
  errors: ['not_found'],
};

const OTS: RouteDoc = {
  id: 'downloadAnchorProof',
  tag: 'attestation',
  summary: 'The OpenTimestamps proof of the checkpoint, as a file.',
  auth: 'log',
  isConditional: true,
  answers: { 200: { description: 'The proof.', contentType: 'application/octet-stream' } },
  errors: ['not_found', 'not_anchored_yet'],
};

const TREE_SIZE = /^[1-9][0-9]{0,14}$/;
const DEFAULT_LIMIT = 20;

/** Registered twice: at the root and below `/api/v1`, equal in all. */
export function anchorRoutes(app: FastifyInstance, deps: RouteDeps, prefix: string): void {
  const { pool } = deps;
  const chooseLog = createLogChoice({ ...deps, reads: deps.proofs.reads });
  const onRequest = takesKey(pool);
  const schema = { querystring: LogQuery };

  const anchorOf = async (request: FastifyRequest<AnchorRoute>): Promise<Anchor> => {
    const log = await chooseLog(callerOrNull(request), request.query.log);
    const { tree_size: size } = request.params;
    const anchor = TREE_SIZE.test(size) ? await findAnchor(pool, log.id, Number(size)) : null;
    if (anchor === null) throw notFound();
    return anchor;
  };

  app.get<ListRoute>(`${prefix}/attestation/anchors`, {
    config: { doc: LIST },
    onRequest,
    schema: { querystring: AnchorListQuery },
    handler: async (request, reply) => {
      const log = await chooseLog(callerOrNull(request), request.query.log);
      const before = integerFromQuery(request.query.before) ?? Number.MAX_SAFE_INTEGER;
      const limit = integerFromQuery(request.query.limit) ?? DEFAULT_LIMIT;
      // One more, to know whether there is a next page.
      const found = await listAnchors(pool, log.id, before, limit + 1);
      const shown = found.slice(0, limit);
      const body = JSON.stringify({
        anchors: shown.map(encodeAnchorJson),
        next_before: found.length > limit ? (shown.at(-1)?.treeSize ?? null) : null,
      });
      return sendAboutLog(request, reply, { body, contentType: JSON_TYPE, freshness: 'newest' });
    },
  });

  app.get<AnchorRoute>(`${prefix}/attestation/anchors/:tree_size`, {
    config: { doc: GET },
    onRequest,
    schema,
    handler: async (request, reply) => {
      const body = JSON.stringify(encodeWholeAnchorJson(await anchorOf(request)));
      return sendAboutLog(request, reply, { body, contentType: JSON_TYPE, freshness: 'newest' });
    },
  });

  // A pair by the names that `ots verify checkpoint.ots` looks for.
  app.get<AnchorRoute>(`${prefix}/attestation/anchors/:tree_size/checkpoint`, {
    config: { doc: NOTE },
    onRequest,
    schema,
    handler: async (request, reply) => {
      const { note } = await anchorOf(request);
      reply.header('content-disposition', 'attachment; filename="checkpoint"');
      return sendAboutLog(request, reply, {
        body: note,
        contentType: 'text/plain; charset=utf-8',
        freshness: 'immutable',
      });
    },
  });

  app.get<AnchorRoute>(`${prefix}/attestation/anchors/:tree_size/checkpoint.ots`, {
    config: { doc: OTS },
    onRequest,
    schema,
    handler: async (request, reply) => {
      const { ots } = await anchorOf(request);
      if (ots === null) {
        throw new Failure('not_anchored_yet', 'No calendar has taken this head yet');
      }
      reply.header('content-disposition', 'attachment; filename="checkpoint.ots"');
      return sendAboutLog(request, reply, {
        body: ots,
        contentType: 'application/octet-stream',
        freshness: 'newest',
      });
    },
  });
}
