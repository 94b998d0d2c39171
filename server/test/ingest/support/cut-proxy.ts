/** A TCP proxy before PostgreSQL that can swallow an answer and cut the connection, as a network does at the worst moment. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CutProxy {
  /** The same database, through the proxy. */
  readonly connectionString: string;
  /** The next connections that send `text` get no answer to it: PostgreSQL works it off, and both ends are cut. */
  cutAfter(text: string, times: number): void;
  /** From here on nothing passes in either direction, and nobody is told. */
  stall(): void;
  /** How often an answer was swallowed. */
  readonly cuts: () => number;
  close(): Promise<void>;
}

export async function openCutProxy(connectionString: string): Promise<CutProxy> {
  const target = new URL(connectionString);
  const sockets = new Set<Socket>();
  let wanted: { text: string; times: number } = { text: '', times: 0 };
  let cuts = 0;
  let isStalled = false;
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    let isDoomed = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on('close', end).on('data', (bytes) => {
      if (isStalled) return;
      if (wanted.times > 0 && bytes.includes(wanted.text)) {
        wanted = { ...wanted, times: wanted.times - 1 };
        isDoomed = true;
      }
      upstream.write(bytes);
    });
    upstream.on('close', end).on('data', (bytes) => {
      if (isStalled) return;
      if (!isDoomed) {
        client.write(bytes);
        return;
      }
      // The answer has come, so the statement is committed; who asked will never hear of it.
      cuts += 1;
      end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(connectionString);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  return {
    connectionString: through.href,
    cutAfter(text, times) {
      wanted = { text, times };
    },
    stall() {
      isStalled = true;
    },
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
