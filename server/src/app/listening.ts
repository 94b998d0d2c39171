/** Opens the port of the HTTP server, and says under which address it is reached. @module */
import type { AddressInfo } from 'node:net';
import type { Config } from '../base/config.ts';
import type { createHttpServer } from '../http/server.ts';

type HttpServer = ReturnType<typeof createHttpServer>;

/** Throws with words for the operator. */
export async function listen(http: HttpServer, { host, port }: Config): Promise<void> {
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

/** What a browser on this machine would be given. */
export function urlOf(http: HttpServer, host: string): string {
  const { port } = http.server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
