/** The rules over URLs and addresses: what a tenant may name and what may be dialled. @module */
import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Cidr,
  type DestinationRules,
  isAllowedAddress,
  loopbackAddresses,
  parseCidr,
  parseCidrList,
  parseDestinationUrl,
} from '../../src/endpoints/destination-guard.ts';

function refusalOf(text: string, rules: DestinationRules = {}): string {
  const result = parseDestinationUrl(text, rules);
  return result.kind === 'refused' ? `${result.code}/${result.reason}` : 'allowed';
}

describe('parseDestinationUrl', () => {
  it('takes a URL apart the way it is dialled', () => {
    expect(parseDestinationUrl('https://Example.com/hook?a=1&b=%20')).toEqual({
      kind: 'destination',
      href: 'https://example.com/hook?a=1&b=%20',
      origin: 'https://example.com',
      isTls: true,
      hostname: 'example.com',
      port: 443,
      path: '/hook?a=1&b=%20',
    });
    expect(parseDestinationUrl('http://[2606:4700::1111]:8080', { allowHttp: true })).toMatchObject(
      {
        origin: 'http://[2606:4700::1111]:8080',
        isTls: false,
        hostname: '2606:4700::1111',
        port: 8080,
        path: '/',
      },
    );
  });

  it('drops the fragment, an empty one too', () => {
    expect(parseDestinationUrl('https://example.com/a?b#c')).toMatchObject({
      href: 'https://example.com/a?b',
      path: '/a?b',
    });
    expect(parseDestinationUrl('https://example.com/a#')).toMatchObject({
      href: 'https://example.com/a',
    });
  });

  it('takes http only where it is allowed', () => {
    expect(refusalOf('http://example.com/')).toBe('bad_url/http_not_allowed');
    expect(refusalOf('http://example.com/', { allowHttp: false })).toBe('bad_url/http_not_allowed');
    expect(refusalOf('http://example.com/', { allowHttp: true })).toBe('allowed');
  });

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'unix:/run/docker.sock',
    'data:text/plain,x',
    'javascript:1',
    'ws://example.com/',
  ])('refuses the scheme of %s', (text) => {
    expect(refusalOf(text, { allowHttp: true })).toBe('bad_url/scheme');
  });

  it.each([
    '',
    'example.com',
    '/hook',
    '//example.com/',
    'https://',
    'https:///',
    'https://exa mple.com/',
    ' https://example.com/',
    'https://example.com/\t',
    'https://example.com/\r\nX-Evil: 1',
    'https://exam\nple.com/',
    'https://example.com\\@internal/',
    'https://example.com:99999/',
    'https://256.256.256.256/',
    'https://[::1/',
    'https://[fe80::1%25eth0]/',
    'https://example.com/\u0000',
  ])('refuses %j, which is no URL or not the same to every reader', (text) => {
    expect(refusalOf(text)).toBe('bad_url/not_a_url');
  });

  it.each([
    'https://user:secret@example.com/',
    'https://user@example.com/',
    'https://:secret@example.com/',
  ])('refuses credentials in %s', (text) => {
    expect(refusalOf(text)).toBe('bad_url/credentials');
  });

  it('refuses the mail ports, port 0 and those the operator adds', () => {
    for (const port of [25, 465, 587, 0]) {
      expect(refusalOf(`https://example.com:${port}/`)).toBe('bad_url/port');
    }
    expect(refusalOf('https://example.com:8443/')).toBe('allowed');
    expect(refusalOf('https://example.com:8443/', { deniedPorts: [8443] })).toBe('bad_url/port');
    expect(refusalOf('https://example.com/', { deniedPorts: [443] })).toBe('bad_url/port');
  });

  it('takes 2,048 characters and no more, as written and as escaped', () => {
    const start = 'https://example.com/';
    expect(refusalOf(start + 'a'.repeat(2_048 - start.length))).toBe('allowed');
    expect(refusalOf(start + 'a'.repeat(2_049 - start.length))).toBe('bad_url/too_long');
    expect(refusalOf(`${start}${'é'.repeat(500)}`)).toBe('bad_url/too_long');
    expect(refusalOf(`${start}#${'a'.repeat(2_048)}`)).toBe('bad_url/too_long');
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://１２７.０.０.１/',
    'https://127。0。0。1/',
    'https://%31%32%37.0.0.1/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::127.0.0.1]/',
    'https://0.0.0.0/',
    'https://0/',
    'https://[::]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://168.63.129.16/',
    'https://10.0.0.1/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
  ])('refuses the address in %s', (text) => {
    expect(refusalOf(text)).toBe('blocked_address/address');
  });

  it('takes an address or localhost when its range is open', () => {
    const open = { egressAllow: parseCidrList('127.0.0.0/8') };
    expect(refusalOf('https://127.0.0.1/', open)).toBe('allowed');
    expect(refusalOf('https://2130706433/', open)).toBe('allowed');
    expect(refusalOf('https://[::ffff:7f00:1]/', open)).toBe('allowed');
    expect(refusalOf('https://10.0.0.1/', open)).toBe('blocked_address/address');
    // localhost is two addresses, and one bad address refuses the name.
    expect(refusalOf('https://localhost/', open)).toBe('blocked_address/address');
    const both = { egressAllow: parseCidrList('127.0.0.0/8,::1') };
    expect(refusalOf('https://localhost/', both)).toBe('allowed');
  });

  it('gives back what it gives out: the normal form is its own normal form', () => {
    const text = fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (url) => {
        const first = parseDestinationUrl(url, { allowHttp: true });
        if (first.kind === 'refused') return;
        expect(first.href).not.toContain('#');
        expect(parseDestinationUrl(first.href, { allowHttp: true })).toEqual(first);
      }),
      { seed: 20_260_101, numRuns: 150 },
    );
  });
});

describe('isAllowedAddress', () => {
  it.each(['1.1.1.1', '93.184.216.34', '100.63.255.255', '100.128.0.0', '172.32.0.1'])(
    'allows the public address %s',
    (address) => expect(isAllowedAddress(address, [])).toBe(true),
  );

  it.each(['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '::ffff:1.1.1.1'])(
    'allows the public address %s',
    (address) => expect(isAllowedAddress(address, [])).toBe(true),
  );

  it.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['private', '10.0.0.0'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['link-local, metadata', '169.254.169.254'],
    ['shared address space', '100.64.0.1'],
    ['shared address space, metadata', '100.100.100.200'],
    ['Azure platform', '168.63.129.16'],
    ['protocol assignments', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['benchmarking', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped loopback', '::ffff:7f00:1'],
    ['mapped private', '::ffff:10.0.0.1'],
    ['compatible loopback', '::127.0.0.1'],
    ['compatible public', '::1.1.1.1'],
    ['translated', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64 of a public address', '64:ff9b::1.1.1.1'],
    ['local NAT64', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['ISATAP', '2606:4700::5efe:127.0.0.1'],
    ['ISATAP with the universal bit', '2606:4700::200:5efe:7f00:1'],
    ['unique local', 'fd00::1'],
    ['unique local, metadata', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%lo'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['discard', '100::1'],
    ['segment routing', '5f00::1'],
    ['outside of what is handed out', '4000::1'],
  ])('blocks %s: %s', (_range, address) => {
    expect(isIP(address)).not.toBe(0);
    expect(isAllowedAddress(address, [])).toBe(false);
  });

  it.each(['', 'localhost', '2130706433', '0x7f.1', '127.1', '0177.0.0.1', '1.1.1', '1.1.1.1 '])(
    'blocks %j, which is no address as the system writes it',
    (text) => expect(isAllowedAddress(text, [{ address: '0.0.0.0', prefixLength: 0 }])).toBe(false),
  );

  it('opens exactly the range that is given', () => {
    const range = parseCidrList('10.1.0.0/16');
    expect(isAllowedAddress('10.1.0.0', range)).toBe(true);
    expect(isAllowedAddress('10.1.255.255', range)).toBe(true);
    expect(isAllowedAddress('::ffff:10.1.2.3', range)).toBe(true);
    expect(isAllowedAddress('10.0.255.255', range)).toBe(false);
    expect(isAllowedAddress('10.2.0.0', range)).toBe(false);
    expect(isAllowedAddress('127.0.0.1', range)).toBe(false);
    // The same bits behind another prefix reach another host.
    expect(isAllowedAddress('::10.1.2.3', range)).toBe(false);
    expect(isAllowedAddress('64:ff9b::10.1.2.3', range)).toBe(false);
    expect(isAllowedAddress('2002:a01:203::', range)).toBe(false);
  });

  it('opens exactly the IPv6 range that is given', () => {
    const range = parseCidrList('fd12:3456::/32');
    expect(isAllowedAddress('fd12:3456::1', range)).toBe(true);
    expect(isAllowedAddress('fd12:3457::1', range)).toBe(false);
    expect(isAllowedAddress('::1', range)).toBe(false);
    expect(isAllowedAddress('10.0.0.1', range)).toBe(false);
  });

  it('never throws, and allows no IPv4 address outside of public space', () => {
    const blocked = [
      [0, 8],
      [10, 8],
      [127, 8],
      [224, 4],
      [240, 4],
    ] as const;
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const first = Number(address.split('.')[0]);
        const isBlocked = blocked.some(
          ([start, bits]) => first >> (8 - bits) === start >> (8 - bits),
        );
        if (isBlocked) expect(isAllowedAddress(address, [])).toBe(false);
        expect(isAllowedAddress(`::ffff:${address}`, [])).toBe(isAllowedAddress(address, []));
      }),
      { seed: 20_260_101, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.string()), (text) => {
        const allowed = isAllowedAddress(text, []);
        if (allowed) expect(isIP(text)).not.toBe(0);
      }),
      { seed: 20_260_101, numRuns: 500 },
    );
  });
});

describe('loopbackAddresses', () => {
  it('knows localhost and the names under it, and no other', () => {
    for (const name of ['localhost', 'LocalHost', 'localhost.', 'a.b.localhost', 'a.localhost.']) {
      expect(loopbackAddresses(name)).toEqual(['127.0.0.1', '::1']);
    }
    for (const name of ['localhost.com', 'mylocalhost', 'localhostx', '']) {
      expect(loopbackAddresses(name)).toBeNull();
    }
  });
});

describe('parseCidrList', () => {
  it('reads ranges, addresses and white space', () => {
    const expected: readonly Cidr[] = [
      { address: '10.1.0.0', prefixLength: 16 },
      { address: '127.0.0.1', prefixLength: 32 },
      { address: 'fd00::', prefixLength: 8 },
      { address: '::1', prefixLength: 128 },
      { address: '0.0.0.0', prefixLength: 0 },
    ];
    expect(parseCidrList(' 10.1.0.0/16, 127.0.0.1,fd00::/8 ,::1,0.0.0.0/0,')).toEqual(expected);
    expect(parseCidrList('')).toEqual([]);
  });

  it.each([
    '10.1.2.3/16',
    'fd00::1/8',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/1.5',
    '10.0.0.0/255.0.0.0',
    '10.0/8',
    '0x0a.0.0.0/8',
    '::ffff:10.0.0.0/104',
    'fe80::1%eth0',
    'localhost',
    '10.0.0.0/8/8',
  ])('refuses %s', (text) => {
    expect(() => parseCidr(text)).toThrow(RangeError);
    expect(() => parseCidrList(`127.0.0.1,${text}`)).toThrow(RangeError);
  });
});
