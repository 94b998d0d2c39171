/** A built page as a route: one file, asked for anew each time, and never framed. @module */
import type { FastifyInstance } from 'fastify';
import { Failure } from '../base/failure.ts';
import type { RouteDoc } from './openapi/route-doc.ts';

export interface StaticPage {
  readonly path: string;
  /** Null when it was not built. */
  readonly bytes: Buffer | null;
  /** What the page may connect to, as its own policy says it too. */
  readonly connects: "'none'" | "'self'";
  readonly doc: RouteDoc;
}

export function staticPageRoute(app: FastifyInstance, page: StaticPage): void {
  app.get(page.path, { config: { doc: page.doc } }, async (_request, reply) => {
    if (page.bytes === null) {
      throw new Failure('unavailable', 'The page was not built: run "npm run build"');
    }
    return (
      reply
        .header('content-type', 'text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        // The page carries its full policy inside; framing can only be refused by a header.
        .header('content-security-policy', `frame-ancestors 'none'; connect-src ${page.connects}`)
        .header('referrer-policy', 'no-referrer')
        .send(page.bytes)
    );
  });
}
