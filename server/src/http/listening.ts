/** The port: taken, named, and the pages that are served on it. @module */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../base/config.ts';

const PAGES_FOLDER = new URL('../', import.meta.url);

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

/** The verifier page and the operator page; null for one that was not built. */
export async function readPages(): Promise<{
  readonly verifyPage: Buffer | null;
  readonly consolePage: Buffer | null;
}> {
  return {
    verifyPage: await readPage('kapsel-verify.html'),
    consolePage: await readPage('kapsel-console.html'),
  };
}

async function readPage(name: string): Promise<Buffer | null> {
  try {
    return await readFile(new URL(name, PAGES_FOLDER));
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
