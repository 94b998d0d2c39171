/** Answers that may be kept: a strong ETag over the bytes, 304 for who has them already, and for how long to keep them. RFC 9110 section 13.1.2, RFC 9111. @module */
import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface CacheableAnswer {
  readonly body: Uint8Array | string;
  /** Where it is known already. */
  readonly etag?: string;
  readonly contentType: string;
  /** `immutable`: the same for ever. `newest`: right for about a second. */
  readonly freshness: 'immutable' | 'newest';
  /** Whether shared caches may keep it: never what a key was needed for. */
  readonly isPublic: boolean;
}

const CACHE_CONTROL = {
  immutable: 'public, max-age=31536000, immutable',
  newest: 'public, max-age=1',
} as const;
// Kept by the caller alone, and shown again only after we were asked: the key may be revoked by then.
const PRIVATE = 'private, no-cache';

export function sendCacheable(
  request: Pick<FastifyRequest, 'headers'>,
  reply: FastifyReply,
  { body, etag = etagOf(body), contentType, freshness, isPublic }: CacheableAnswer,
): FastifyReply {
  reply.header('etag', etag).header('cache-control', isPublic ? CACHE_CONTROL[freshness] : PRIVATE);
  if (hasTag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.header('content-type', contentType).send(body);
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Owned by `encodeOnce`; an entry goes with its object. */
const encoded = new WeakMap<object, { readonly body: string; readonly etag: string }>();

/** The JSON text of an object that nobody changes any more, as a finished proof in a cache: made and hashed once. */
export function encodeOnce(value: object): { readonly body: string; readonly etag: string } {
  const known = encoded.get(value);
  if (known !== undefined) return known;
  const body = JSON.stringify(value);
  const made = { body, etag: etagOf(body) };
  encoded.set(value, made);
  return made;
}

function etagOf(body: Uint8Array | string): string {
  return `"${hash('sha256', body, 'base64url')}"`;
}

// RFC 9110 13.1.2: the weak comparison, so a tag that a proxy marked as weak counts too.
function hasTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
