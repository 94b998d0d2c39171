/** The port: taken, named, and the page that is served on it. @module */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../base/config.ts';

const PAGE_FILE = new URL('../kapsel-verify.html', import.meta.url);

export async function listen(http: FastifyInstance, { host, port }: Config): Promise<void> {
  try {
    await http.listen({ host, port });
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const message = isTaken
      ? `port ${port} is in use: set KAPSEL_PORT to another`
      : 'cannot listen';
    throw new Error(message, { cause: error });
  }
}

/** The verifier page, or null when it was not built. */
export async function readPage(): Promise<Buffer | null> {
  try {
    return await readFile(PAGE_FILE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function urlOf(http: FastifyInstance, host: string): string {
  const { port } = http.server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
