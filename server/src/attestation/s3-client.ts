/** One signed request to an S3-compatible store, within a deadline, and what came of it as a value. @module */
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import { encodeAwsPath, signAwsRequest } from './aws-signature.ts';
import { assertSinkPath, SinkError } from './tile-sink.ts';

export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

export interface S3Settings {
  readonly region: string;
  /** `https://host[:port]` of another store than Amazon's, or null. */
  readonly endpoint: string | null;
  /** The bucket stands in the path, not in the host name. */
  readonly pathStyle: boolean;
  readonly accessKeyId: string | null;
  readonly secretAccessKey: Secret | null;
  readonly sessionToken: Secret | null;
}

export interface S3Deps {
  readonly clock: Clock;
  /** Resolves names instead of the system. */
  readonly lookup?: LookupFunction;
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  /** Behind the prefix. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** One deadline over everything: a store that answers a byte a second must not hold us for ever. */
  readonly timeoutMs: number;
}

export interface S3Answer {
  /** 0 where there was none: what was asked for may have been done all the same. */
  readonly status: number;
  /** The store's own word for a refusal, as `SignatureDoesNotMatch`. */
  readonly code: string;
  /** The version of the object, quotes included; null where none was named. */
  readonly etag: string | null;
  /** Of a GET that was answered 200: at most 64 KiB and a part of what follows. */
  readonly bytes: Uint8Array;
  /** Trying again may help. */
  readonly mayPass: boolean;
  readonly cause?: unknown;
}

/** Concurrency: any number of requests at once. Nobody retries inside. Trust: none, answers are the network's. */
export interface S3Client {
  /** Names the place for people, without credentials. */
  readonly name: string;
  /** Never rejects but for a path that leads out of the place. */
  ask(wish: S3Request): Promise<S3Answer>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 65_536;

/** Opens no connection yet. Throws SinkError where no credentials are set. */
export function openS3Client(place: S3Place, settings: S3Settings, deps: S3Deps): S3Client {
  const { accessKeyId, secretAccessKey, sessionToken } = settings;
  if (accessKeyId === null || secretAccessKey === null) {
    throw new SinkError('KAPSEL_S3_ACCESS_KEY_ID and KAPSEL_S3_SECRET_ACCESS_KEY are needed');
  }
  const base = baseUrl(place, settings);
  const dispatcher = new Agent({
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      ...(deps.lookup === undefined ? {} : { lookup: deps.lookup }),
    },
    pipelining: 1,
  });
  return {
    name: nameOf(place, settings),
    async ask({ method, path, headers = {}, body = new Uint8Array(), timeoutMs }) {
      assertSinkPath(path);
      const url = new URL(`${base}/${encodeAwsPath(path)}`);
      // Signed each time: the store refuses a signature that is minutes old.
      const signed = signAwsRequest(
        { method, url, headers, body },
        {
          accessKeyId,
          secretAccessKey: secretAccessKey.reveal(),
          sessionToken: sessionToken?.reveal() ?? null,
        },
        settings.region,
        deps.clock.nowMs(),
      );
      try {
        return await exchange(url, {
          dispatcher,
          method,
          headers: signed,
          body: method === 'PUT' ? body : null,
          signal: AbortSignal.timeout(timeoutMs),
        });
      } catch (cause) {
        return { status: 0, code: '', etag: null, bytes: new Uint8Array(), mayPass: true, cause };
      }
    },
    async close() {
      if (!dispatcher.closed) await dispatcher.close();
    },
  };
}

async function exchange(url: URL, options: Parameters<typeof request>[1]): Promise<S3Answer> {
  const { statusCode: status, headers, body } = await request(url, options);
  const bytes = await readStart(body);
  const text = status < 300 ? '' : Buffer.from(bytes).toString('utf8'); // from the network; only its code is read
  return {
    status,
    code: /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1] ?? '',
    etag: typeof headers.etag === 'string' && headers.etag !== '' ? headers.etag : null,
    bytes,
    mayPass: status >= 500 || status === 408 || status === 429,
  };
}

async function readStart(body: Dispatcher.ResponseData['body']): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size > MAX_BODY_BYTES) break;
  }
  return Buffer.concat(parts);
}

function baseUrl({ bucket, prefix }: S3Place, { endpoint, region, pathStyle }: S3Settings): string {
  const store = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const host = pathStyle ? store.host : `${bucket}.${store.host}`;
  const parts = [...(pathStyle ? [bucket] : []), ...(prefix === '' ? [] : [prefix])];
  return [`${store.protocol}//${host}`, ...parts.map(encodeAwsPath)].join('/');
}

function nameOf({ bucket, prefix }: S3Place, { endpoint }: S3Settings): string {
  const place = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
  return endpoint === null ? place : `${place} at ${new URL(endpoint).host}`;
}
