/** The only place that opens a connection: `watch` imports it, and `anchor` where it is told to go online. Source of truth: verifier-ux 2.9 and 2.10. @module */
import type { Host } from './host.ts';

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 1_048_576;

/** What a request came to; a failure is an answer like any other. */
export type Fetched =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly reason: string };

/** Tells why an address is not asked, or null: https anywhere, http only on this machine, no name and password in it. */
export function faultOfAddress(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'is no address like https://log.example';
  if (url.username !== '' || url.password !== '') return 'holds a name or a password';
  if (url.search !== '' || url.hash !== '') return 'must end with a path';
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return 'must begin with https://';
  return isLoopback(url.hostname)
    ? null
    : 'must begin with https://: plain http is for this machine';
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** How a request is made, where it is not a plain one for JSON. */
export interface Request {
  readonly headers: Readonly<Record<string, string>>;
  /** With a body it is a POST. */
  readonly body?: string;
  readonly maxBytes?: number;
}

/** Gets one small JSON text. */
export function getJson(host: Host, url: string): Promise<Fetched> {
  return getBytes(host, url, { headers: { accept: 'application/json' } });
}

/** Gets a small answer. No redirect is followed: it comes from the address that was given. */
export async function getBytes(host: Host, url: string, request: Request): Promise<Fetched> {
  const { headers, body, maxBytes = MAX_BODY_BYTES } = request;
  const signal = AbortSignal.any([host.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const post = body === undefined ? {} : { method: 'POST', body };
  try {
    const response = await fetch(url, { redirect: 'error', signal, headers, ...post });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { kind: 'failed', reason: `the server answers ${response.status}` };
    }
    return await readBody(response, maxBytes);
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Fetched> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > maxBytes)
      return { kind: 'failed', reason: `the answer is larger than ${maxBytes} bytes` };
    chunks.push(bytes);
  }
  return { kind: 'body', bytes: new Uint8Array(Buffer.concat(chunks)) };
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody answers at this address',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNRESET: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
};

/** Words for what `fetch` throws; a stop or a time-out has a name of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  if (error.name === 'AbortError') return 'stopped';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (error.name !== 'TypeError') throw error;
  return REASONS[code] ?? `the request failed${code === '' ? '' : ` (${code})`}`;
}
