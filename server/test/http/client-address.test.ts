/** Which client a request is counted for, and who may say so. */
import { describe, expect, it } from 'vitest';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import { clientAddress } from '../../src/http/client-address.ts';

const PROXIES = parseCidrList('10.0.0.0/8,fd00::/8');

describe('without proxies of the operator', () => {
  it('is the other end of the connection, whatever the request claims', () => {
    expect(clientAddress('192.0.2.7', undefined, [])).toBe('192.0.2.7');
    expect(clientAddress('192.0.2.7', '198.51.100.1', [])).toBe('192.0.2.7');
    expect(clientAddress('192.0.2.7', '198.51.100.1', PROXIES)).toBe('192.0.2.7');
  });

  it('is one for an IPv4 address in both of its forms', () => {
    expect(clientAddress('::ffff:192.0.2.7', undefined, [])).toBe('192.0.2.7');
  });

  it('is one for all of an IPv6 /64, and not for more', () => {
    const one = clientAddress('2001:db8:1:2:3:4:5:6', undefined, []);
    expect(one).toBe('2001:db8:1:2::/64');
    expect(clientAddress('2001:db8:1:2:ffff::1', undefined, [])).toBe(one);
    expect(clientAddress('2001:db8:1:3::1', undefined, [])).not.toBe(one);
  });

  it('is one for all connections that are gone already', () => {
    expect(clientAddress(undefined, undefined, [])).toBe('unknown');
  });
});

describe('behind proxies of the operator', () => {
  it.each([
    ['one proxy', '198.51.100.1', '198.51.100.1'],
    ['two proxies', '198.51.100.1, 10.0.0.9', '198.51.100.1'],
    ['a client that made up the beginning', '203.0.113.9, 198.51.100.1, 10.0.0.9', '198.51.100.1'],
    ['an address with its port', '198.51.100.1:4711', '198.51.100.1'],
    ['IPv6 with brackets and port', '[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['nothing but proxies', '10.0.0.1, 10.0.0.9', '10.0.0.1'],
    ['what is no address', 'unknown, 10.0.0.9', '10.0.0.9'],
    ['an address in a form that readers disagree on', '0x7f.1', '10.0.0.2'],
    ['nothing', '', '10.0.0.2'],
  ])('is told by %s', (_what, forwarded, client) => {
    expect(clientAddress('10.0.0.2', forwarded, PROXIES)).toBe(client);
    expect(clientAddress('::ffff:10.0.0.2', forwarded, PROXIES)).toBe(client);
  });

  it('is told by a proxy with an IPv6 address too', () => {
    expect(clientAddress('fd00::1', '198.51.100.1', PROXIES)).toBe('198.51.100.1');
  });

  it('looks back over twenty hops, however long the header is', () => {
    const header = `198.51.100.1${', 10.0.0.9'.repeat(1_000)}`;
    expect(clientAddress('10.0.0.2', header, PROXIES)).toBe('10.0.0.9');
  });
});
