/** GET /verify: the verifier page, a static file that talks to nobody, also not to this server. @module */
import type { FastifyInstance } from 'fastify';
import { Failure } from '../../base/failure.ts';
import type { RouteDeps } from './route-deps.ts';

export function verifyPageRoutes(app: FastifyInstance, { verifyPage }: RouteDeps): void {
  app.get('/verify', async (_request, reply) => {
    if (verifyPage === null) {
      throw new Failure('unavailable', 'The verifier page was not built: run "npm run build"');
    }
    return (
      reply
        .header('content-type', 'text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        // The page carries its full policy inside; framing can only be refused by a header.
        .header('content-security-policy', "frame-ancestors 'none'; connect-src 'none'")
        .header('referrer-policy', 'no-referrer')
        .send(verifyPage)
    );
  });
}
