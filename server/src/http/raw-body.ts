/** Bodies arrive as bytes and stay bytes; JSON routes parse them on their own. @module */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ByteBudget, ByteLease } from '../base/byte-budget.ts';
import { Failure } from '../base/failure.ts';
import { answerExpectations, declaredBytes, readBody } from './read-body.ts';

/** 10 MB: the largest event body. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** The largest JSON document of the management routes. */
export const MAX_JSON_BYTES = 64 * 1024;

/** Owned by a request: its content type, set aside on arrival. */
const contentTypes = new WeakMap<object, string>();

/** Owned by a request: the memory of its body, given back when the answer is out. */
const leases = new WeakMap<object, ByteLease>();

/** One reader for every content type: a Buffer, counted while it is read, so that a chunked body is bounded too. */
export function installRawBody(app: FastifyInstance, memory: ByteBudget): void {
  answerExpectations(app);
  // Fastify refuses content types that are not well-formed; to us they are bytes like the body, kept and sent on.
  app.addHook('onRequest', function setContentTypeAside(request, _reply, done) {
    const { headers } = request.raw;
    const contentType = headers['content-type'];
    if (contentType !== undefined) {
      contentTypes.set(request, contentType);
      headers['content-type'] = undefined;
    }
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    const { bytes, lease } = await readBody(request.raw, payload, {
      limitBytes: request.routeOptions.bodyLimit ?? MAX_BODY_BYTES,
      declaredBytes: declaredBytes(request.raw),
      memory,
    });
    leases.set(request, lease);
    return bytes;
  });
  app.addHook('onResponse', function releaseBody(request, _reply, done) {
    leases.get(request)?.release();
    done();
  });
}

/** For a handler that holds the body longer than its caller waits: from here on the lease is the handler's. */
export function takeBodyLease(request: FastifyRequest): Pick<ByteLease, 'release'> {
  const lease = leases.get(request);
  leases.delete(request);
  return lease ?? { release: () => undefined };
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

/** The same where a request may say nothing in particular: no body is an empty object. */
export async function parseOptionalBody(request: FastifyRequest): Promise<void> {
  if (rawBody(request).length > 0) return parseJsonBody(request);
  request.body = {};
}
