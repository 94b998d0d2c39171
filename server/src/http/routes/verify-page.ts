/** GET /verify: the verifier page, a static file that talks to nobody, also not to this server. @module */
import type { FastifyInstance } from 'fastify';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { staticPageRoute } from '../static-page.ts';
import type { RouteDeps } from './route-deps.ts';

const DOC: RouteDoc = {
  id: 'getVerifyPage',
  tag: 'server',
  summary: 'The verifier page, which checks proofs in the browser and talks to nobody.',
  auth: 'none',
  answers: { 200: { description: 'The page.', contentType: 'text/html' } },
  errors: ['unavailable'],
};

export function verifyPageRoutes(app: FastifyInstance, { verifyPage }: RouteDeps): void {
  staticPageRoute(app, { path: '/verify', bytes: verifyPage, connects: "'none'", doc: DOC });
}
