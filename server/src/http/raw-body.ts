/** Bodies arrive as bytes and stay bytes; JSON routes parse them on their own. @module */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../base/failure.ts';

/** 10 MB: the largest event body. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** The largest JSON document of the management routes. */
export const MAX_JSON_BYTES = 64 * 1024;

/** Owned by a request: its content type, set aside on arrival. */
const contentTypes = new WeakMap<object, string>();

/** One parser for every content type: a Buffer, counted while it is read, so that a chunked body is bounded too. */
export function installRawBody(app: FastifyInstance): void {
  // Fastify refuses content types that are not well-formed; to us they are bytes like the body, kept and sent on.
  app.addHook('onRequest', async function setContentTypeAside(request) {
    const contentType = request.raw.headers['content-type'];
    if (contentType === undefined) return;
    contentTypes.set(request, contentType);
    delete request.raw.headers['content-type'];
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** The content type as it came, or null. */
export function contentTypeOf(request: FastifyRequest): string | null {
  return contentTypes.get(request) ?? null;
}

/** The body as it came; an absent body is an empty one. */
export function rawBody(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** A preValidation hook: replaces the bytes by the JSON value they say, for the route's schema to check. */
export async function parseJsonBody(request: FastifyRequest): Promise<void> {
  const bytes = rawBody(request);
  try {
    request.body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Failure('invalid_json', 'The body is not JSON in UTF-8', { cause: error });
  }
}
