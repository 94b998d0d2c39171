/** Where deliveries may go: rules over URLs and addresses that keep tenants out of the operator's network. IANA special-purpose address registries. @module */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A destination as it is stored, shown and dialled: one parser, one meaning. */
export interface DestinationUrl {
  readonly kind: 'destination';
  /** Normal form without fragment; at most 2,048 characters. */
  readonly href: string;
  /** Scheme, host and port: requests of one origin may share connections. */
  readonly origin: string;
  readonly isTls: boolean;
  /** Name or address literal; an IPv6 literal stands without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query, as they stand in the request line. */
  readonly path: string;
}

export type RefusalReason =
  | 'too_long'
  | 'not_a_url'
  | 'scheme'
  | 'http_not_allowed'
  | 'credentials'
  | 'port'
  | 'address';

/** `code` is the short code of an attempt; `reason` says which rule refused, for whoever wrote the URL. */
export interface RefusedDestination {
  readonly kind: 'refused';
  readonly code: 'bad_url' | 'blocked_address';
  readonly reason: RefusalReason;
}

/** A range of addresses that the operator opens although it is not public. */
export interface Cidr {
  readonly address: string;
  readonly prefixLength: number;
}

export interface DestinationRules {
  readonly allowHttp?: boolean;
  /** Refused in addition to the mail ports. */
  readonly deniedPorts?: readonly number[];
  readonly egressAllow?: readonly Cidr[];
}

const MAX_URL_CHARS = 2_048;
const MAIL_PORTS: readonly number[] = [25, 465, 587]; // a POST body can speak SMTP to a lenient server
const DEFAULT_PORTS = { 'http:': 80, 'https:': 443 } as const;
/** The URL parser drops or rewrites these, so two readers of the text could see two destinations. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const AMBIGUOUS = /[\u0000-\u0020\u007f\\]/;

/** Checks an untrusted URL. A name passes here; its addresses are judged at each connect, where it counts. */
export function parseDestinationUrl(
  text: string,
  rules: DestinationRules = {},
): DestinationUrl | RefusedDestination {
  if (text.length > MAX_URL_CHARS) return refused('bad_url', 'too_long');
  if (AMBIGUOUS.test(text) || !URL.canParse(text)) return refused('bad_url', 'not_a_url');
  const url = new URL(text);
  const { protocol } = url;
  if (protocol !== 'https:' && protocol !== 'http:') return refused('bad_url', 'scheme');
  if (protocol === 'http:' && rules.allowHttp !== true) {
    return refused('bad_url', 'http_not_allowed');
  }
  // A leaf carries the URL for ever, so it must never carry a secret.
  if (url.username !== '' || url.password !== '') return refused('bad_url', 'credentials');
  const port = url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port);
  if (port === 0 || MAIL_PORTS.includes(port) || rules.deniedPorts?.includes(port)) {
    return refused('bad_url', 'port');
  }
  url.hash = '';
  // Escaping makes a text longer, up to nine times.
  if (url.href.length > MAX_URL_CHARS) return refused('bad_url', 'too_long');
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const known = isIP(hostname) === 0 ? loopbackAddresses(hostname) : [hostname];
  const egressAllow = rules.egressAllow ?? [];
  if (known?.some((address) => !isAllowedAddress(address, egressAllow))) {
    return refused('blocked_address', 'address');
  }
  return {
    kind: 'destination',
    href: url.href,
    origin: url.origin,
    isTls: protocol === 'https:',
    hostname,
    port,
    path: `${url.pathname}${url.search}`,
  };
}

function refused(code: RefusedDestination['code'], reason: RefusalReason): RefusedDestination {
  return { kind: 'refused', code, reason };
}

/** The addresses of `localhost` and names under it, which no resolver is asked for (RFC 6761 6.3); null for other names. */
export function loopbackAddresses(hostname: string): readonly string[] | null {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : null;
}

/** May this address be dialled? Public unicast, or inside a range that the operator opened. Never throws. */
export function isAllowedAddress(ip: string, egressAllow: readonly Cidr[]): boolean {
  const address = parseAddress(ip);
  if (address === null) return false;
  if (egressAllow.some((cidr) => isInside(address, cidr))) return true;
  return address instanceof ipaddr.IPv6 ? isPublicIpv6(address) : isPublicIpv4(address);
}

/** Only what the system would dial as written: ipaddr.js also reads 127.1 and 0x7f.1. */
function parseAddress(ip: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (isIP(ip) === 4) return ipaddr.IPv4.parse(ip);
  // A zone is no part of a destination; URL refuses it.
  const url = `http://[${ip}]/`;
  if (isIP(ip) !== 6 || !URL.canParse(url)) return null;
  // URL writes pure hex. In dotted form ipaddr.js takes ::a.b.c.d for ::ffff:a.b.c.d, another host.
  // `process` then undoes ::ffff:a.b.c.d, which does reach the same host as a.b.c.d.
  return ipaddr.process(new URL(url).hostname.slice(1, -1));
}

function isInside(address: ipaddr.IPv4 | ipaddr.IPv6, cidr: Cidr): boolean {
  const range = ipaddr.parse(cidr.address);
  return range.kind() === address.kind() && address.match(range, cidr.prefixLength);
}

const AZURE_PLATFORM = '168.63.129.16'; // metadata and DNS of every Azure machine, inside public space

function isPublicIpv4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && address.toString() !== AZURE_PLATFORM;
}

function isPublicIpv6(address: ipaddr.IPv6): boolean {
  const [first = 0, , , , interfaceHigh = 0, interfaceLow = 0] = address.parts;
  // RFC 4291 2.4 and the IANA registry: global unicast is handed out of 2000::/3 alone. This also drops
  // ::a.b.c.d and whatever local translation prefix sits outside it.
  const isGlobal = first >>> 13 === 0b001;
  // RFC 5214 6.1: interface id 0000:5efe or 0200:5efe and an IPv4 address, into which it tunnels.
  // The mask leaves out the universal and the group bit.
  const isIsatap = (interfaceHigh & 0xfcff) === 0 && interfaceLow === 0x5efe;
  return isGlobal && !isIsatap && address.range() === 'unicast';
}

/** Reads `10.1.0.0/16,fd00::/8`; an address alone means itself. Throws a `RangeError` that names the item. */
export function parseCidrList(text: string): readonly Cidr[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map(parseCidr);
}

/** One range. Bits set behind the prefix are refused: 10.1.2.3/16 is more often a slip than a wish. */
export function parseCidr(text: string): Cidr {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) throw badRange(text);
  const parsed = ipaddr.parse(address);
  // A mapped range would never match, since addresses are compared in their IPv4 form.
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) throw badRange(text);
  const bits = family === 4 ? 32 : 128;
  const prefixLength = prefix === undefined ? bits : Number(prefix);
  if (prefixLength > bits) throw badRange(text);
  const cidr = `${address}/${prefixLength}`;
  const first =
    family === 4
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  if (first.toString() !== parsed.toString()) throw badRange(text);
  return { address: parsed.toString(), prefixLength };
}

function badRange(text: string): RangeError {
  return new RangeError(`got ${JSON.stringify(text)}, want an address range such as 10.1.0.0/16`);
}
