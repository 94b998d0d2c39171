/**
 * A real S3 server (npm `s3rver`) in a process of its own, behind a gate that checks each signature.
 *
 * `s3rver` 3.7 knows access keys, but does not compute Signature Version 4: the gate does, from the request as it
 * arrived, written apart from the client's signer. What it lets through goes on unchanged.
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
      const from = await forward(store.port, incoming, body);
      seen.push(line);
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
