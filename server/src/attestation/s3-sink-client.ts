/** A sink that is a bucket of S3 or of a store that speaks its protocol. @module */
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import { encodeAwsPath, signAwsRequest } from './aws-signature.ts';
import { assertSinkPath, CACHE_CONTROL, SinkError, type TileSink } from './tile-sink.ts';

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
  readonly random: () => number;
  /** Resolves names instead of the system. */
  readonly lookup?: LookupFunction;
}

const TRIES = 4;
const FIRST_WAIT_MS = 200;
const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 15_000;
const MAX_ERROR_BYTES = 16_384;

/** Opens no connection yet. Throws where no credentials are set. */
export function openS3Sink(place: S3Place, settings: S3Settings, deps: S3Deps): TileSink {
  const { accessKeyId, secretAccessKey, sessionToken } = settings;
  if (accessKeyId === null || secretAccessKey === null) {
    throw new SinkError('KAPSEL_S3_ACCESS_KEY_ID and KAPSEL_S3_SECRET_ACCESS_KEY are needed');
  }
  const base = baseUrl(place, settings);
  const agent = new Agent({
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      ...(deps.lookup === undefined ? {} : { lookup: deps.lookup }),
    },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    pipelining: 1,
  });

  const send = async (
    method: 'PUT' | 'HEAD',
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): Promise<Answer> => {
    assertSinkPath(path);
    const url = new URL(`${base}/${encodeAwsPath(path)}`);
    for (let tried = 1; ; tried++) {
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
      const answer = await ask(agent, method, url, signed, body);
      if (!answer.mayPass || tried === TRIES) return answer;
      await deps.clock.sleep(FIRST_WAIT_MS * 2 ** (tried - 1) * (0.5 + deps.random() / 2));
    }
  };

  return {
    name: nameOf(place, settings),
    async put({ path, bytes, contentType, lifetime }) {
      const headers = { 'content-type': contentType, 'cache-control': CACHE_CONTROL[lifetime] };
      const { status, code, cause } = await send('PUT', path, headers, bytes);
      if (status >= 200 && status <= 299) return;
      throw new SinkError(`PUT ${path}: ${status || 'no answer'} ${code}`.trim(), { cause });
    },
    async has(path) {
      const { status, code, cause } = await send('HEAD', path, {}, new Uint8Array());
      if (status === 200) return true;
      // S3 answers 403 for what does not exist to whoever may not list the bucket. Wrong credentials show at the next PUT.
      if (status === 404 || status === 403) return false;
      throw new SinkError(`HEAD ${path}: ${status || 'no answer'} ${code}`.trim(), { cause });
    },
    close: () => agent.close(),
  };
}

interface Answer {
  /** 0 where there was none. */
  readonly status: number;
  /** The store's own word for a refusal, as `SignatureDoesNotMatch`. */
  readonly code: string;
  /** Trying again may help. */
  readonly mayPass: boolean;
  readonly cause?: unknown;
}

async function ask(
  dispatcher: Dispatcher,
  method: 'PUT' | 'HEAD',
  url: URL,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<Answer> {
  try {
    const answer = await request(url, {
      dispatcher,
      method,
      headers,
      body: method === 'PUT' ? body : null,
      // One deadline over everything: a store that answers a byte a second must not hold us for ever.
      signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS + ANSWER_TIMEOUT_MS),
    });
    const status = answer.statusCode;
    const text = status < 300 ? '' : await readStart(answer.body);
    await answer.body.dump();
    const code = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1] ?? '';
    return { status, code, mayPass: status >= 500 || status === 408 || status === 429 };
  } catch (cause) {
    return { status: 0, code: '', mayPass: true, cause };
  }
}

async function readStart(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size >= MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(parts).toString('utf8'); // from the network; only its code is read
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
