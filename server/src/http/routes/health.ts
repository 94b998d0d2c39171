/** Health: alive, ready for traffic, started. No side effects. @module */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Failure } from '../../base/failure.ts';
import { isReachable } from '../../db/ping.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import type { RouteDeps } from './route-deps.ts';

const DATABASE_DEADLINE_MS = 1_000;

const Healthy = Type.Object({ status: Type.Literal('ok') }, { title: 'Health' });

const health = (id: string, summary: string): RouteDoc => ({
  id,
  tag: 'server',
  summary,
  auth: 'none',
  answers: { 200: { description: 'It is.', schema: Healthy } },
  errors: ['unavailable'],
});
const LIVE = health('getLiveness', 'Whether the process turns.');
const READY = health('getReadiness', 'Whether this server should get traffic.');
const STARTED = health('getStartup', 'Whether the start is over.');

export function healthRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { phase, isSigning } = deps;
  app.get('/health/live', { config: { doc: LIVE } }, async () => ({ status: 'ok' }));

  app.get('/health/ready', { config: { doc: READY } }, async () => {
    if (phase() !== 'serving') throw new Failure('unavailable', `The server is in ${phase()}`);
    if (!isSigning()) throw new Failure('unavailable', 'A log may not be signed');
    if (!(await answersInTime(deps))) {
      throw new Failure('unavailable', 'The database cannot be reached');
    }
    return { status: 'ok' };
  });

  app.get('/health/startup', { config: { doc: STARTED } }, async () => {
    if (phase() === 'startup') throw new Failure('unavailable', 'The server is starting');
    return { status: 'ok' };
  });
}

/** A database that is stuck is as bad as one that is gone, and whoever asks will not wait for its own deadline. */
async function answersInTime({ pool, clock }: RouteDeps): Promise<boolean> {
  const answered = new AbortController();
  try {
    const deadline = clock.sleep(DATABASE_DEADLINE_MS, answered.signal).then(() => false);
    return await Promise.race([isReachable(pool), deadline]);
  } finally {
    answered.abort();
  }
}
