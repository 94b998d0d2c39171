/** Sessions of the operator page: an API key's hash, sealed into a cookie that no script can read. RFC 6265. @module */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.ts';
import { SealError, type Sealer } from '../base/seal.ts';

/**
 * The page sends it with every request, saying by which scheme it was loaded. Pages of other origins cannot: a request
 * with a header of its own is asked about first, and this server allows nobody.
 */
export const CONSOLE_HEADER = 'kapsel-console';

/** A working day; whoever still works signs in again. */
export const SESSION_MS: number = 12 * 3_600_000;

// A browser takes the name with `__Host-` from this very host over TLS alone, so nobody beside it can plant one.
const COOKIE_NAMES = { https: '__Host-kapsel-console', http: 'kapsel-console' } as const;
export type ConsoleScheme = keyof typeof COOKIE_NAMES;

const PLACE = 'console session';
const MAX_COOKIE_CHARS = 512;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const KEY_HASH_BYTES = 32;
const SAFE_METHODS = ['GET', 'HEAD'];

export interface ConsoleSession {
  /** What the API key is found by, anew at each request: a revoked key ends its sessions. */
  readonly keyHash: Buffer;
  readonly expiresAtMs: number;
}

type Asked = Pick<FastifyRequest, 'headers' | 'method'>;

/** Owned by a request from the first hook to its answer. */
const sessions = new WeakMap<object, ConsoleSession | null>();

/** Finds the session of each request of the page, before any route looks for its caller. */
export function takeSessions(
  app: FastifyInstance,
  deps: { readonly sealer: Sealer; readonly clock: Clock; readonly publicUrl: string | null },
): void {
  app.addHook('onRequest', function takeSession(request, _reply, done) {
    if (request.headers[CONSOLE_HEADER] !== undefined) {
      const isOurs = isFromConsole(request, deps.publicUrl);
      sessions.set(request, isOurs ? openSession(deps, request) : null);
    }
    done();
  });
}

/** Undefined for a request that does not come from the page; null for one of the page without a good session. */
export function sessionOf(request: object): ConsoleSession | null | undefined {
  return sessions.get(request);
}

/** True for a request of the page that this server gave out: its header is there, and no other origin had a hand in it. */
export function isFromConsole(request: Asked, publicUrl: string | null): boolean {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  if (schemeOf(request) === null) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return SAFE_METHODS.includes(request.method);
  if (publicUrl !== null && origin === new URL(publicUrl).origin) return true;
  return origin === `${schemeOf(request)}://${host}`;
}

/** The value of `Set-Cookie` that begins a session; what the browser had before plays no part in it. */
export function sessionCookie(
  sealer: Sealer,
  scheme: ConsoleScheme,
  { keyHash, expiresAtMs }: ConsoleSession,
): string {
  const text = JSON.stringify([keyHash.toString('base64'), expiresAtMs]);
  const value = sealer.seal(text, PLACE).toString('base64url');
  return cookie(scheme, value, SESSION_MS / 1_000);
}

/** The value of `Set-Cookie` that takes it away. */
export function endedCookie(scheme: ConsoleScheme): string {
  return cookie(scheme, '', 0);
}

/** How the page was loaded, by its own word; null when it says nothing that we know. */
export function schemeOf({ headers }: Pick<Asked, 'headers'>): ConsoleScheme | null {
  const scheme = headers[CONSOLE_HEADER];
  return scheme === 'https' || scheme === 'http' ? scheme : null;
}

function cookie(scheme: ConsoleScheme, value: string, maxAgeS: number): string {
  const secure = scheme === 'https' ? '; Secure' : '';
  return `${COOKIE_NAMES[scheme]}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`;
}

function openSession(
  { sealer, clock }: { readonly sealer: Sealer; readonly clock: Clock },
  request: Asked,
): ConsoleSession | null {
  const scheme = schemeOf(request);
  const value = scheme === null ? null : cookieValue(request.headers.cookie, COOKIE_NAMES[scheme]);
  if (value === null) return null;
  const session = parseSession(sealer, value);
  return session !== null && clock.nowMs() < session.expiresAtMs ? session : null;
}

/** Null also where the name stands twice: one of the two was put there by somebody else. */
function cookieValue(header: string | undefined, name: string): string | null {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? (values[0]?.slice(name.length + 1) ?? null) : null;
}

function parseSession(sealer: Sealer, value: string): ConsoleSession | null {
  // from the network
  if (value.length > MAX_COOKIE_CHARS || !BASE64URL.test(value)) return null;
  try {
    // Sealed by us: what opens here has the form that `sessionCookie` gave it.
    const [hash, expiresAtMs] = JSON.parse(sealer.open(Buffer.from(value, 'base64url'), PLACE)) as [
      string,
      number,
    ];
    const keyHash = Buffer.from(hash, 'base64');
    return keyHash.length === KEY_HASH_BYTES ? { keyHash, expiresAtMs } : null;
  } catch (error) {
    if (error instanceof SealError) return null; // forged, cut, or of a secret key that is gone
    throw error;
  }
}
