/** If-Match: a change that is made only while a thing is at the version that the caller has seen. RFC 9110 section 13.1.1. @module */
import type { FastifyRequest } from 'fastify';

/** The ETag of a version. */
export function versionTag(version: number): string {
  return `"v${version}"`;
}

/** Whether a version is meant; without the header any is. Tags are compared strongly: a weak one fits none. */
export function readIfMatch({
  headers,
}: Pick<FastifyRequest, 'headers'>): (version: number) => boolean {
  const header = headers['if-match'];
  if (header === undefined) return () => true;
  const tags = header.split(',').map((tag) => tag.trim());
  return (version) => tags.includes('*') || tags.includes(versionTag(version));
}
