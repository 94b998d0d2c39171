/** Turns a destination's name into addresses, with its own deadline and a short memory. RFC 1035, RFC 6761 section 6.3. @module */
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { loopbackAddresses } from '../endpoints/destination-guard.ts';
import { parseHostsFile } from './hosts-file.ts';

/**
 * Names to addresses. The answer is never trusted: the guard judges each address. An answer may be as
 * old as the resolver's memory. Calls may overlap. Answers at least one address, or throws; ends in
 * bounded time without being told to, and nobody but the next delivery attempt tries again.
 */
export interface AddressResolver {
  resolve(hostname: string): Promise<readonly string[]>;
}

export interface ResolverOptions {
  /** Name servers as `address` or `address:port`; default: the system's. */
  readonly servers?: readonly string[];
  /** First wait for a name server; the second try waits longer. */
  readonly timeoutMs?: number;
  readonly tries?: number;
  readonly cacheMs?: number;
  /** At the bound the oldest name is forgotten. */
  readonly maxCachedNames?: number;
  /** A hosts file to look into first; null (the default) asks the name servers alone. */
  readonly hostsFile?: string | null;
  /** Must not step back. */
  readonly monotonicMs?: () => number;
}

const DEFAULT_TIMEOUT_MS = 1_500;
const DEFAULT_TRIES = 2;
const DEFAULT_CACHE_MS = 5_000;
const DEFAULT_CACHED_NAMES = 1_000;

interface CachedAnswer {
  readonly addresses: Promise<readonly string[]>;
  readonly staleAtMs: number;
}

/** Asks name servers itself: `dns.lookup` would hold one of four threads until it ends, and cannot be stopped. */
export function createResolver(options: ResolverOptions = {}): AddressResolver {
  const { cacheMs = DEFAULT_CACHE_MS, maxCachedNames = DEFAULT_CACHED_NAMES } = options;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const hostsFile = options.hostsFile ?? null;
  const nameServers = new Resolver({
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    tries: options.tries ?? DEFAULT_TRIES,
  });
  if (options.servers !== undefined) nameServers.setServers(options.servers);
  const cache = new Map<string, CachedAnswer>();

  async function ask(name: string): Promise<readonly string[]> {
    const owned = hostsFile === null ? undefined : await findInHostsFile(hostsFile, name);
    return owned ?? (await askNameServers(nameServers, name));
  }

  return {
    async resolve(hostname) {
      const loopback = loopbackAddresses(hostname);
      if (loopback !== null) return loopback;
      const name = hostname.toLowerCase();
      const cached = cache.get(name);
      if (cached !== undefined && monotonicMs() < cached.staleAtMs) return cached.addresses;
      const addresses = ask(name);
      const answer: CachedAnswer = { addresses, staleAtMs: monotonicMs() + cacheMs };
      // Set again at the end of the map: its order is the order of age.
      cache.delete(name);
      cache.set(name, answer);
      for (const oldest of cache.keys()) {
        if (cache.size <= maxCachedNames) break;
        cache.delete(oldest);
      }
      try {
        return await addresses;
      } catch (error) {
        // A refusal is not remembered, otherwise a retry would repeat an answer that nobody gave.
        if (cache.get(name) === answer) cache.delete(name);
        throw error;
      }
    },
  };
}

/** IPv4 first: a network without an IPv6 route then costs nothing. One family may fail while the other answers. */
async function askNameServers(resolver: Resolver, name: string): Promise<readonly string[]> {
  const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = [ipv4, ipv6].flatMap((answer) =>
    answer.status === 'fulfilled' ? answer.value : [],
  );
  if (addresses.length > 0) return [...new Set(addresses)];
  throw ipv4.status === 'rejected' ? ipv4.reason : new Error('the name has no address');
}

async function findInHostsFile(path: string, name: string): Promise<readonly string[] | undefined> {
  const hosts = parseHostsFile(await readFile(path, 'utf8'));
  return hosts.get(name.replace(/\.$/, ''));
}
