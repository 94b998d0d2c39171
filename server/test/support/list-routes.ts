/** Reads the list of routes back from Fastify, so that a new route without a case fails a sweep. @module */
import type { FastifyInstance } from 'fastify';

export interface ListedRoute {
  readonly method: string;
  /** With `:parameters`. */
  readonly path: string;
}

/** All routes but the HEAD twins of GET. */
export async function listRoutes(http: FastifyInstance): Promise<ListedRoute[]> {
  await http.ready();
  const parents: string[] = [];
  const routes: ListedRoute[] = [];
  // └── /
  //     └── v1/endpoints (GET, HEAD, POST)
  //         └── /
  //             └── :endpoint_id (GET, HEAD)
  for (const line of http.printRoutes().split('\n')) {
    const [, indent = '', part = '', methods] =
      /^([│ ]*)[├└]── (\S+)(?: \((.*)\))?$/.exec(line) ?? [];
    if (part === '') continue;
    const depth = indent.length / 4;
    parents.length = depth;
    parents[depth] = part;
    const path = parents.join('');
    for (const method of methods?.split(', ') ?? []) {
      if (method !== 'HEAD') routes.push({ method, path });
    }
  }
  return routes;
}
