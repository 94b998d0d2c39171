/**
 * A real S3 server (npm `s3rver`) in a process of its own, behind a gate that checks each signature.
 *
 * `s3rver` 3.7 knows access keys, but neither computes Signature Version 4 nor keeps conditions: the gate does both,
 * from the request as it arrived, written apart from the client. What it lets through goes on unchanged.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

export const BUCKET = 'tiles';
export const KEY_ID = 'S3RVER'; // the one account that s3rver has
export const SECRET = 'planted-s3-secret';
const REGION = 'eu-test-1';

export interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  /** `METHOD /path` of all requests that had a good signature. */
  readonly seen: string[];
  /** Called before each of them goes on. */
  before: ((line: string) => Promise<void> | void) | null;
  /** Answers a request that the store has done in another way; `lose` breaks the connection instead. */
  after: ((line: string) => 'pass' | 'lose') | null;
  /** False: conditions are ignored, as by the store alone. */
  keepsConditions: boolean;
  /** Ends the store as a crash would. The gate then answers nothing. */
  kill(): Promise<void>;
  /** Starts the store again, with what it had. */
  revive(): Promise<void>;
  /** An object as anybody could fetch it. */
  fetch(
    key: string,
  ): Promise<{ status: number; headers: IncomingMessage['headers']; bytes: Buffer }>;
  close(): Promise<void>;
}

export async function openS3Server(folder: string): Promise<S3Server> {
  let store = await startStore(folder);
  const seen: string[] = [];
  // A condition and its write are one step, as in the real store: one request an object at a time.
  const last = new Map<string, Promise<unknown>>();
  const inOrder = <T>(url: string, work: () => Promise<T>): Promise<T> => {
    const done = (last.get(url) ?? Promise.resolve()).then(work, work);
    last.set(url, done);
    return done;
  };
  const gate = createServer((incoming, outgoing) => {
    void answer().catch(() => outgoing.destroy()); // the store is dead: the client sees a lost connection

    async function answer(): Promise<void> {
      const body = await readAll(incoming);
      if (!isSigned(incoming, body)) {
        outgoing.writeHead(403, { 'content-type': 'application/xml' });
        outgoing.end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
        return;
      }
      const line = `${incoming.method} ${incoming.url}`;
      await server.before?.(line);
      const from = await inOrder(incoming.url ?? '', async () => {
        const refused = server.keepsConditions ? await refusalOf(store.port, incoming) : null;
        return refused ?? (await forward(store.port, incoming, body));
      });
      seen.push(line);
      if (typeof from === 'number') {
        outgoing.writeHead(from, { 'content-type': 'application/xml' });
        outgoing.end(`<Error><Code>${CONDITION_CODES[from]}</Code></Error>`);
        return;
      }
      if (server.after?.(line) === 'lose') {
        from.resume();
        return void outgoing.destroy();
      }
      outgoing.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(outgoing);
    }
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  const server: S3Server = {
    endpoint: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
    region: REGION,
    seen,
    before: null,
    after: null,
    keepsConditions: true,
    kill: () => endChild(store.child),
    async revive() {
      store = await startStore(folder);
    },
    async fetch(key) {
      const from = await send(store.port, 'GET', `/${BUCKET}/${key}`, {}, Buffer.alloc(0));
      return { status: from.statusCode ?? 0, headers: from.headers, bytes: await readAll(from) };
    },
    async close() {
      await endChild(store.child);
      await closeServer(gate);
    },
  };
  return server;
}

async function startStore(folder: string): Promise<{ child: ChildProcess; port: number }> {
  const bin = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      bin,
      '-s',
      '-d',
      folder,
      '-a',
      '127.0.0.1',
      '-p',
      '0',
      '--configure-bucket',
      BUCKET,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  child.stderr.on('data', (part: Buffer) => {
    text += part.toString();
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString();
      const found = /listening on \S+:(\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('close', () => reject(new Error(`s3rver did not start: ${text}`)));
  });
  return { child, port };
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const CONDITION_CODES: Readonly<Record<number, string>> = {
  404: 'NoSuchKey',
  412: 'PreconditionFailed',
};

/** The status with which a conditional PUT is refused, or null. Amazon's answers: 412, and 404 where If-Match finds nothing. */
async function refusalOf(port: number, incoming: IncomingMessage): Promise<number | null> {
  const { 'if-none-match': ifNone, 'if-match': ifMatch } = incoming.headers;
  if (incoming.method !== 'PUT' || (ifNone === undefined && ifMatch === undefined)) return null;
  const found = await send(port, 'HEAD', incoming.url ?? '', {}, Buffer.alloc(0));
  found.resume();
  const isThere = found.statusCode === 200;
  if (ifNone === '*') return isThere ? 412 : null;
  if (!isThere) return 404;
  return found.headers.etag === ifMatch ? null : 412;
}

function forward(port: number, from: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return send(port, from.method ?? '', from.url ?? '', from.headers, body);
}

function send(
  port: number,
  method: string,
  path: string,
  headers: IncomingMessage['headers'],
  body: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      resolve,
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** The store's side of Signature Version 4, for requests without a query. */
function isSigned({ method, url = '', headers }: IncomingMessage, body: Buffer): boolean {
  const [, keyId, day = '', region = '', list = '', signature] =
    HEADER.exec(headers.authorization ?? '') ?? [];
  const time = String(headers['x-amz-date']);
  const isRight = keyId === KEY_ID && region === REGION && time.startsWith(day);
  const isWhole = headers['x-amz-content-sha256'] === sha256(body);
  const names = list.split(';');
  const must = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (!isRight || !isWhole || !must.every((name) => names.includes(name))) return false;
  let canonical = `${method}\n${url}\n\n`;
  for (const name of names) canonical += `${name}:${String(headers[name]).trim()}\n`;
  canonical += `\n${list}\n${sha256(body)}`;
  const text = `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/s3/aws4_request\n${sha256(canonical)}`;
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, day), region), 's3'), 'aws4_request');
  return hmac(key, text).toString('hex') === signature;
}
