/** Tokens of the operator: one secret from the settings that a request must show, compared in constant time. @module */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { BEARER } from './authenticate.ts';

/** An `onRequest` hook. Where no token is set, everybody passes, or nobody. */
export function needsToken(
  token: Secret | null,
  withoutOne: 'everybody' | 'nobody',
  refusal: string,
): (request: Pick<FastifyRequest, 'headers'>) => Promise<void> {
  const wanted = token === null ? null : digestOf(token.reveal());
  return async function checkToken({ headers }) {
    if (wanted === null && withoutOne === 'everybody') return;
    const shown = BEARER.exec(headers.authorization ?? '')?.[1] ?? '';
    // Digests have one length, so the comparison says nothing about the token's.
    const isRight = wanted !== null && timingSafeEqual(digestOf(shown), wanted);
    if (!isRight) throw new Failure('unauthorized', refusal);
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
