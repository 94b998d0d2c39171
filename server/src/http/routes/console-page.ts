/** GET /console: the operator page, a static file that talks to this server alone. @module */
import type { FastifyInstance } from 'fastify';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { staticPageRoute } from '../static-page.ts';
import type { RouteDeps } from './route-deps.ts';

const DOC: RouteDoc = {
  id: 'getConsolePage',
  tag: 'console',
  summary: 'The operator page, to be opened in a browser.',
  auth: 'none',
  answers: { 200: { description: 'The page.', contentType: 'text/html' } },
  errors: ['unavailable'],
};

export function consolePageRoutes(app: FastifyInstance, { consolePage }: RouteDeps): void {
  staticPageRoute(app, { path: '/console', bytes: consolePage, connects: "'self'", doc: DOC });
}
