/** Answers about a log that was chosen by who asks: kept by everybody, or by the caller alone where a key was shown. @module */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOrNull } from './authenticate.ts';
import { type CacheableAnswer, sendCacheable } from './cacheable.ts';

// The same URL is about another log for whoever shows a key, so caches must tell the two apart.
export function sendAboutLog(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Omit<CacheableAnswer, 'isPublic'>,
): FastifyReply {
  const isPublic = callerOrNull(request) === null;
  reply.header('vary', 'authorization');
  return sendCacheable(request, reply, { ...answer, isPublic });
}
