/** Which client a request is counted for: one IPv4 address, or the /64 of an IPv6 address. RFC 7239 section 5.2, RFC 6177. @module */
import ipaddr from 'ipaddr.js';
import type { Cidr } from '../endpoints/destination-guard.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const MAX_HOPS = 20;
/** A household or a machine has at least so much of IPv6: by single address, one client would be 2^64. */
const IPV6_PREFIX_BYTES = 8;

/**
 * `remote` is the other end of the connection. What `X-Forwarded-For` says counts only as far as proxies of the
 * operator wrote it: from its end backwards, up to the first address that is none of theirs.
 */
export function clientAddress(
  remote: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: readonly Cidr[],
): string {
  const peer = parse(remote ?? '');
  if (peer === null) return 'unknown';
  let client = peer;
  if (forwardedFor !== undefined && trustedProxies.length > 0) {
    const hops = forwardedFor.split(',').slice(-MAX_HOPS);
    while (isTrusted(client, trustedProxies)) {
      const hop = parse(hops.pop()?.trim() ?? '');
      // Nothing more, or nothing that can be read: whoever wrote last is the client.
      if (hop === null) break;
      client = hop;
    }
  }
  return keyOf(client);
}

/** IPv4, also where it is written inside of an IPv6 address; null for anything else. */
function parse(text: string): Address | null {
  const bare = text.replace(/^\[(.*)\](?::\d{1,5})?$/, '$1').replace(/^([\d.]+):\d{1,5}$/, '$1');
  const isPlain = ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare);
  return isPlain ? ipaddr.process(bare) : null;
}

function isTrusted(address: Address, ranges: readonly Cidr[]): boolean {
  return ranges.some(({ address: base, prefixLength }) => {
    const range = parse(base);
    return range?.kind() === address.kind() && address.match(range as ipaddr.IPv4, prefixLength);
  });
}

function keyOf(address: Address): string {
  if (address instanceof ipaddr.IPv4) return address.toString();
  const bytes = address.toByteArray().map((byte, i) => (i < IPV6_PREFIX_BYTES ? byte : 0));
  return `${new ipaddr.IPv6(bytes).toString()}/64`;
}
