/** The client: each operation of the API's document as a function, sent with `fetch`. @module */
import { ApiError, type ErrorDetail } from './api-error.ts';
import type { ErrorCode } from './generated/error-codes.ts';
import { OPERATIONS, type Operations } from './generated/operations.ts';
import type { AnyArguments, OperationFacts } from './operation.ts';

export interface ClientOptions {
  /** Where the server is, as `https://kapsel.example`; "" for the page's own origin. */
  readonly url: string;
  /** An API key, or the operator's token; without it only what is public. */
  readonly token?: string | undefined;
  /** In place of the platform's own. */
  readonly fetch?: typeof fetch;
  /** The longest that a request may take; else 30 seconds. */
  readonly timeoutMs?: number;
}

type Call<Name extends keyof Operations> =
  Record<never, never> extends Operations[Name]['args']
    ? (args?: Operations[Name]['args']) => Promise<Operations[Name]['answer']>
    : (args: Operations[Name]['args']) => Promise<Operations[Name]['answer']>;

export type Client = { readonly [Name in keyof Operations]: Call<Name> };

const DEFAULT_TIMEOUT_MS = 30_000;
const JSON_TYPE = 'application/json';

/** Each function throws an `ApiError` for what is no success; what keeps the server from answering is the error of `fetch`. */
export function createClient(options: ClientOptions): Client {
  const entries = Object.entries(OPERATIONS).map(([name, facts]) => [
    name,
    (args: AnyArguments = {}) => send(options, facts, args),
  ]);
  return Object.fromEntries(entries) as Client;
}

async function send(
  { url, token, fetch: ask = fetch, timeoutMs = DEFAULT_TIMEOUT_MS }: ClientOptions,
  facts: OperationFacts,
  args: AnyArguments,
): Promise<unknown> {
  const headers = new Headers(presentIn(args.headers));
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const body = bodyOf(facts, args.body);
  if (body !== null && facts.body !== '*/*') headers.set('content-type', facts.body ?? JSON_TYPE);
  const response = await ask(url.replace(/\/+$/, '') + targetOf(facts, args), {
    method: facts.method,
    headers,
    body,
    // An answer is the API's own: nothing leads elsewhere, least of all with a key.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw await refusalFrom(response);
  switch (facts.answer) {
    case 'json':
      return response.json();
    case 'text':
      return response.text();
    case 'bytes':
      return new Uint8Array(await response.arrayBuffer());
    case 'nothing':
      return undefined;
  }
}

function targetOf({ path }: OperationFacts, { path: values = {}, query }: AnyArguments): string {
  const target = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`"${name}" of the path is missing`);
    // The rest of a path keeps its slashes.
    return name === 'path' ? value.split('/').map(segment).join('/') : segment(value);
  });
  const text = new URLSearchParams(presentIn(query)).toString();
  return text === '' ? target : `${target}?${text}`;
}

// An empty segment, or one of dots alone, would make it another path.
function segment(value: string): string {
  if (/^\.{0,2}$/.test(value)) throw new TypeError(`"${value}" cannot stand in a path`);
  return encodeURIComponent(value);
}

function bodyOf({ body: type }: OperationFacts, body: unknown): BodyInit | null {
  if (type === null || body === undefined) return null;
  return type === JSON_TYPE ? JSON.stringify(body) : (body as BodyInit);
}

function presentIn(
  values: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Record<string, string>;
}

async function refusalFrom(response: Response): Promise<ApiError> {
  const text = await response.text();
  const retryAfter = response.headers.get('retry-after') ?? '';
  const facts = {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    retryAfterS: /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : null,
  };
  try {
    const { error } = JSON.parse(text) as {
      error: { code: ErrorCode; message: string; details?: readonly ErrorDetail[] };
    };
    const { code, message, details = [] } = error;
    return new ApiError({ ...facts, code, message, details });
  } catch {
    // Not the API's own words: whatever stands between has answered.
    const message = `the server answered ${response.status}`;
    return new ApiError({ ...facts, code: 'unknown', message, details: [] });
  }
}
