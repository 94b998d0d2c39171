/** How the page speaks to its server: the session is a cookie, and every answer says what can be shown of it. @module */

export interface ApiFault {
  /** Stable, of the API; `unreachable` when there was no answer. */
  readonly code: string;
  readonly message: string;
  readonly details: readonly { readonly path: string; readonly message: string }[];
  readonly retryAfterS: number | null;
}

export type ApiAnswer<Value> =
  | { readonly kind: 'ok'; readonly value: Value; readonly etag: string | null }
  | { readonly kind: 'fault'; readonly fault: ApiFault };

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** `text`: the body as it came, for what is handed on. */
  readonly as?: 'json' | 'text';
}

/** One server, and whoever wants to know when it does not know us any more. */
export class Api {
  readonly #fetch: typeof fetch;
  readonly #scheme: string;
  readonly #onSignedOut: () => void;

  constructor(deps: {
    readonly fetch: typeof fetch;
    /** `http:` or `https:`, as the page was loaded. */
    readonly protocol: string;
    readonly onSignedOut: () => void;
  }) {
    this.#fetch = deps.fetch;
    this.#scheme = deps.protocol.replace(':', '');
    this.#onSignedOut = deps.onSignedOut;
  }

  /** Never throws but for an abort: what went wrong is the answer. `path` begins with `/`. */
  async call<Value>(
    method: Method,
    path: string,
    { body, headers = {}, signal, as = 'json' }: CallOptions = {},
  ): Promise<ApiAnswer<Value>> {
    const answered = await this.#ask(method, path, body, headers, signal);
    if (answered === null) return fault('unreachable', 'The server did not answer.');
    const { response, text } = answered;
    if (response.ok) {
      const etag = response.headers.get('etag');
      if (as === 'text') return { kind: 'ok', value: text as Value, etag };
      try {
        return { kind: 'ok', value: (text === '' ? null : JSON.parse(text)) as Value, etag };
      } catch {
        return notOurs(response);
      }
    }
    const refused = faultFrom(response, text);
    if (refused.fault.code === 'unauthorized' && !path.startsWith('/console/')) {
      this.#onSignedOut();
    }
    return refused;
  }

  async #ask(
    method: Method,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly response: Response; readonly text: string } | null> {
    try {
      const response = await this.#fetch(path, {
        method,
        // With this header the cookie counts; no other site can send it along.
        headers: { ...headers, 'kapsel-console': this.#scheme },
        credentials: 'same-origin',
        redirect: 'error',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      return { response, text: await response.text() };
    } catch (error) {
      if (signal?.aborted) throw error;
      return null; // no network, no server behind it, or an answer that broke off
    }
  }
}

function faultFrom(response: Response, text: string): { kind: 'fault'; fault: ApiFault } {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterS = Number.isSafeInteger(retryAfter) ? retryAfter : null;
  try {
    const { error } = JSON.parse(text) as { error: Omit<ApiFault, 'retryAfterS'> };
    const { code, message, details = [] } = error;
    return { kind: 'fault', fault: { code, message, details, retryAfterS } };
  } catch {
    return notOurs(response);
  }
}

/** A proxy in between has its own pages. */
function notOurs({ status }: Response): { kind: 'fault'; fault: ApiFault } {
  return fault('unreachable', `Something before the server answered with ${status}.`);
}

function fault(code: string, message: string): { kind: 'fault'; fault: ApiFault } {
  return { kind: 'fault', fault: { code, message, details: [], retryAfterS: null } };
}
