/** Calendar: where digests are posted to, and the addresses that its proofs may name. Comes from the operator's settings alone. @module */
import { loopbackAddresses } from '../endpoints/destination-guard.ts';

export interface Calendar {
  /** The origin that digests are posted to. */
  readonly url: string;
  /** Origins that its answers may name, its own among them; paths are asked for there and nowhere else. */
  readonly uris: readonly string[];
}

// Pools that hand digests on: their answers name the calendars behind them.
const POOLS: Readonly<Record<string, readonly string[]>> = {
  'https://a.pool.opentimestamps.org': [
    'https://alice.btc.calendar.opentimestamps.org',
    'https://bob.btc.calendar.opentimestamps.org',
  ],
  'https://b.pool.opentimestamps.org': [
    'https://alice.btc.calendar.opentimestamps.org',
    'https://bob.btc.calendar.opentimestamps.org',
  ],
  'https://a.pool.eternitywall.com': ['https://finney.calendar.eternitywall.com'],
  'https://ots.btc.catallaxy.com': ['https://btc.calendar.catallaxy.com'],
};
const PUBLIC_HOSTS = /(?:^|\.)(?:opentimestamps\.org|eternitywall\.com|catallaxy\.com)$/;
const MAX_CALENDARS = 16;

/** Reads the items of KAPSEL_ANCHOR_CALENDARS: `https://host[:port]`, then further addresses after spaces. Throws a RangeError that names the item. */
export function parseCalendars(
  items: readonly string[],
  { allowHttp }: { readonly allowHttp: boolean },
): readonly Calendar[] {
  const calendars = items.map((item) => {
    const origins = item.split(/\s+/).map((text) => readOrigin(text, allowHttp));
    const [url = ''] = origins;
    return { url, uris: [...new Set([...origins, ...(POOLS[url] ?? [])])] };
  });
  if (calendars.length > MAX_CALENDARS) throw new RangeError(`wants at most ${MAX_CALENDARS}`);
  // One that is away, lies or runs out of money must not be the only one.
  if (calendars.length === 1)
    throw new RangeError('wants at least two calendars, of two operators');
  if (new Set(calendars.map(({ url }) => url)).size < calendars.length) {
    throw new RangeError('names a calendar twice');
  }
  return calendars;
}

// Origins alone: the stock clients join a path to what they ask for in two ways, so proofs with one would lead nowhere.
function readOrigin(text: string, allowHttp: boolean): string {
  const origin = originOf(text);
  const url = origin === null ? null : new URL(origin);
  const isHttps = url?.protocol === 'https:';
  const isLocal = url !== null && allowHttp && url.protocol === 'http:' && isLoopback(origin ?? '');
  if (origin !== null && (isHttps || isLocal)) return origin;
  throw new RangeError(`got ${JSON.stringify(text)}, want https://host[:port] without a path`);
}

/** The origin that a text names and nothing beside it, or null: no path, query, user or fragment. */
export function originOf(text: string): string | null {
  if (!/^https?:\/\/[A-Za-z0-9\-._:[\]]+\/?$/.test(text) || !URL.canParse(text)) return null;
  return new URL(text).origin;
}

/** Where to ask for the path of a proof that names this address; null: nowhere. */
export function askableOrigin({ uris }: Calendar, uri: string): string | null {
  const origin = originOf(uri);
  return origin !== null && uris.includes(origin) ? origin : null;
}

/** Run by others, for free: to be asked seldom. */
export function isPublicCalendar({ uris }: Calendar): boolean {
  return uris.some((uri) => PUBLIC_HOSTS.test(new URL(uri).hostname));
}

/** On this machine: a calendar of a test. */
export function isLoopbackCalendar({ uris }: Calendar): boolean {
  return uris.every(isLoopback);
}

function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin);
  return hostname === '127.0.0.1' || hostname === '[::1]' || loopbackAddresses(hostname) !== null;
}
