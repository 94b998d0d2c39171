/** HTTP/1.1 as bytes on a socket, for what no client library would send. RFC 9112. @module */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const DEADLINE_MS = 10_000;
const HEAD_END = '\r\n\r\n';

/** One connection. Everything that comes is kept until it is read. */
export class RawConnection {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    const end = () => {
      this.#ended = true;
      this.#changed();
    };
    socket.on('close', end);
    // Servers that hang up are the subject here; what came before is still judged.
    socket.on('error', end);
  }

  /** Resolves when the bytes are out, or the connection is gone. */
  async send(bytes: string | Uint8Array): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  /** The next whole response; interim ones are passed over. */
  async response(): Promise<RawResponse> {
    for (;;) {
      const response = this.#takeResponse();
      if (response !== null && response.status >= 200) return response;
      if (response !== null) continue;
      if (this.#ended) throw new Error(`closed after ${JSON.stringify(this.#received.toString())}`);
      await this.#change();
    }
  }

  /** Resolves when the server has closed the connection; answers what it said before and nobody read. */
  async closed(): Promise<Buffer> {
    while (!this.#ended) await this.#change();
    return this.#received;
  }

  #takeResponse(): RawResponse | null {
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return null;
    const [line = '', ...fields] = this.#received.toString('latin1', 0, headEnd).split('\r\n');
    const headers = Object.fromEntries(
      fields.map((field) => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    );
    const bodyStart = headEnd + HEAD_END.length;
    const bodyEnd = bodyStart + Number(headers['content-length'] ?? 0);
    if (this.#received.length < bodyEnd) return null;
    const body = this.#received.subarray(bodyStart, bodyEnd);
    this.#received = this.#received.subarray(bodyEnd);
    return { status: Number(line.split(' ')[1]), headers, body };
  }

  #change(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`nothing came in ${DEADLINE_MS} ms`)),
        DEADLINE_MS,
      );
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Call `socket.destroy()` at the end unless the server closes. */
export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return new RawConnection(socket);
}

/** The head of a request, without a body. */
export function requestHead(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const fields = Object.entries({ host: 'test', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`;
}

/** Bytes as one chunk of a chunked body. RFC 9112 7.1. */
export function chunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ]);
}

export const LAST_CHUNK = '0\r\n\r\n';
