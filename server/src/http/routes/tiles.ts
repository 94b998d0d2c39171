/** The log as static files: its checkpoint and hash tiles, by paths that a CDN can keep. C2SP tlog-tiles. @module */
import { parseTilePath, type TileId, TilePathError, tileWidthAt } from '@kapsel/tree';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { encodeTreeHeadJson } from '../../attestation/tree-head.ts';
import { notFound } from '../../base/failure.ts';
import type { LogId } from '../../base/ids.ts';
import type { ProofCache } from '../../proofs/cache.ts';
import { callerOrNull, takesKey } from '../authenticate.ts';
import { sendCacheable } from '../cacheable.ts';
import { createLogChoice } from '../log-choice.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { NoQuery } from '../schemas/no-query.ts';
import type { RouteDeps } from './route-deps.ts';

const HASH_BYTES = 32;
const TILE_TYPE = 'application/octet-stream';
const NOTE_TYPE = 'text/plain; charset=utf-8';

interface StaticRoute {
  Params: { name: string };
}

const CHECKPOINT: RouteDoc = {
  id: 'getStaticCheckpoint',
  tag: 'attestation',
  summary: 'The newest checkpoint of a log, at its C2SP tlog-tiles path.',
  auth: 'log',
  isConditional: true,
  answers: { 200: { description: 'The note.', contentType: NOTE_TYPE } },
  errors: ['no_tree_head'],
};

const TILE: RouteDoc = {
  id: 'getStaticTile',
  tag: 'attestation',
  summary:
    'A hash tile of a log, at its C2SP tlog-tiles path: `{level}/{index}` or `{level}/{index}.p/{width}`.',
  auth: 'log',
  isConditional: true,
  answers: { 200: { description: 'Hashes of 32 bytes each.', contentType: TILE_TYPE } },
};

/** No entries tiles: they would show the URLs of all tenants of the log. */
export function tileRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { pool, proofs } = deps;
  const chooseLog = createLogChoice({ ...deps, reads: proofs.reads });
  const onRequest = takesKey(pool);
  const schema = { querystring: NoQuery };

  app.get<StaticRoute>('/log/:name/checkpoint', {
    config: { doc: CHECKPOINT },
    onRequest,
    schema,
    handler: async (request, reply) => {
      const log = await chooseLog(callerOrNull(request), request.params.name);
      const head = await proofs.heads.get(log.id);
      return sendCacheable(request, reply, {
        body: encodeTreeHeadJson(head).checkpoint,
        contentType: NOTE_TYPE,
        freshness: 'newest',
        isPublic: log.isPublic,
      });
    },
  });

  app.get<StaticRoute>('/log/:name/tile/*', {
    config: { doc: TILE },
    onRequest,
    schema,
    handler: async (request, reply) => {
      const log = await chooseLog(callerOrNull(request), request.params.name);
      return sendCacheable(request, reply, {
        body: await tileBytes(proofs, log.id, tileOf(request)),
        contentType: TILE_TYPE,
        freshness: 'immutable',
        isPublic: log.isPublic,
      });
    },
  });
}

// As it was sent: an escaped digit would be a second path of the same tile.
function tileOf({ raw }: FastifyRequest<StaticRoute>): TileId {
  const [, path = ''] = /^\/log\/[^/]*\/tile\/([^?]*)/.exec(raw.url ?? '') ?? [];
  try {
    return parseTilePath(path);
  } catch (error) {
    if (error instanceof TilePathError) throw notFound();
    throw error;
  }
}

/** A partial tile of any width up to the right edge of the newest head is cut from what is stored, and nothing beyond it. */
async function tileBytes(
  { heads, tiles }: ProofCache,
  logId: LogId,
  { level, index, width }: TileId,
): Promise<Uint8Array> {
  // The least size whose tree has this tile.
  const head = await heads.findCovering(logId, (index * 256 + width) * 256 ** level);
  if (head === null || tileWidthAt(level, index, head.treeSize) < width) throw notFound();
  const bytes = await tiles.reader(logId).readTile(level, index, width);
  return bytes.subarray(0, width * HASH_BYTES);
}
