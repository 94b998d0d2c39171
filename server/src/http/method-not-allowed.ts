/** 405 for a path that exists with other methods, with the list of those. RFC 9110 section 15.5.6. @module */
import type { FastifyInstance } from 'fastify';

/** Told of a path as it was asked for; answers the methods it has, or none for an unknown path. */
export type AllowedMethods = (url: string) => readonly string[];

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Call before the first route is added. Which methods a path has says nothing of whether an id in it exists. */
export function collectMethods(app: FastifyInstance): AllowedMethods {
  const paths = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const each of [method].flat()) known.methods.add(each.toUpperCase());
    paths.set(url, known);
  });
  return (url) => {
    const path = url.replace(/[?#].*$/s, '');
    const found = [...paths.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  };
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`, 's');
}
