/** The guard at the connect: what is dialled, what never is, and whose certificate counts. @module */
import { connect, Socket } from 'node:net';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DialOptions, dial } from '../../src/delivery/dial.ts';
import type { AddressResolver } from '../../src/delivery/resolver.ts';
import { createResolver } from '../../src/delivery/resolver.ts';
import { type DestinationUrl, parseCidrList } from '../../src/endpoints/destination-guard.ts';
import { makeCertificate } from './support/certificate.ts';
import { noNames, openClient, openFor, post } from './support/client.ts';
import { LOOPBACK, sayStatus } from './support/destination.ts';
import { openNameServer } from './support/name-server.ts';

const LOOPBACK_V4 = parseCidrList('127.0.0.1');

/** Answers each call with the next list, the last one for ever, and counts. */
function answersInTurn(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const resolver: AddressResolver = {
    resolve: async (hostname) => {
      asked.push(hostname);
      return answers[Math.min(asked.length, answers.length) - 1] ?? [];
    },
  };
  return { resolver, asked };
}

describe('an address literal', () => {
  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    '１２７.０.０.１',
    '%31%32%37.0.0.1',
    '[::ffff:7f00:1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[::1]',
    '[::]',
    '0.0.0.0',
    '0',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
    '[2606:4700::5efe:127.0.0.1]',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '168.63.129.16',
    '100.64.0.1',
    '10.0.0.1',
    'localhost',
    'app.localhost',
  ])('like %s is blocked, and nothing is dialled', async (host) => {
    const destination = await openFor({ answer: sayStatus(200) });
    // The true resolver: localhost must not depend on a test double.
    const client = openClient({ egressAllow: [], resolver: createResolver({ servers: [] }) });
    expect(await post(client, `http://${host}:${destination.port}/`)).toEqual({
      kind: 'failed',
      error: 'blocked_address',
      peerAddress: null,
    });
    expect(destination.connections()).toBe(0);
  });

  it('is dialled when exactly its range is open', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const client = openClient({ egressAllow: LOOPBACK_V4 });
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1']) {
      expect(await post(client, `http://${host}:${destination.port}/`)).toMatchObject({
        kind: 'delivered',
      });
    }
    for (const host of ['127.0.0.2', '0.0.0.0', '[::1]', '10.0.0.1', 'localhost']) {
      expect(await post(client, `http://${host}:${destination.port}/`)).toMatchObject({
        error: 'blocked_address',
      });
    }
    expect(destination.requests()).toBe(3);
  });

  it('is shown to no resolver', async () => {
    const { resolver, asked } = answersInTurn(['169.254.169.254']);
    const destination = await openFor({ answer: sayStatus(200) });
    expect(await post(openClient({ resolver }), destination.url)).toMatchObject({
      kind: 'delivered',
    });
    expect(asked).toEqual([]);
  });
});

describe('a name', () => {
  it.each([
    ['one bad address', ['169.254.169.254']],
    ['a bad address after a good one', ['127.0.0.1', '10.0.0.1']],
    ['a bad address before a good one', ['::1', '127.0.0.1']],
    ['a mapped bad address', ['127.0.0.1', '::ffff:10.0.0.1']],
    ['an address that is none', ['127.0.0.1', 'localhost']],
  ])('with %s is refused whole', async (_what, addresses) => {
    const destination = await openFor({ answer: sayStatus(200) });
    const { resolver } = answersInTurn(addresses);
    const client = openClient({ resolver, egressAllow: LOOPBACK_V4 });
    expect(await post(client, `http://mixed.test:${destination.port}/`)).toEqual({
      kind: 'failed',
      error: 'blocked_address',
      peerAddress: null,
    });
    expect(destination.connections()).toBe(0);
  });

  it('that rebinds is asked once, and the vetted address is the one dialled', async () => {
    const destination = await openFor({ answer: sayStatus(200, 'connection: close\r\n') });
    const { resolver, asked } = answersInTurn(['127.0.0.1'], ['10.0.0.1'], ['127.0.0.1']);
    const client = openClient({ resolver, egressAllow: LOOPBACK_V4 });
    const url = `http://rebind.test:${destination.port}/`;
    expect(await post(client, url)).toMatchObject({ kind: 'delivered', peerAddress: '127.0.0.1' });
    expect(asked).toEqual(['rebind.test']);
    // The connection is gone, so the name is asked and judged again.
    expect(await post(client, url)).toMatchObject({ error: 'blocked_address' });
    expect(asked).toHaveLength(2);
    expect(destination.connections()).toBe(1);
  });

  it('of a hostile name server is judged at each connect, whatever it said before', async () => {
    const zone: { a: readonly string[]; aaaa: readonly string[] } = { a: ['127.0.0.1'], aaaa: [] };
    const server = await openNameServer({ 'rebind.test': zone });
    onTestFinished(() => server.close());
    const open = await openFor({ answer: sayStatus(200, 'connection: close\r\n') });
    const inner = await openFor({ host: '127.0.0.2', answer: sayStatus(200) });
    // Remembers nothing, as if each answer had a lifetime of zero.
    const resolver = createResolver({ servers: [server.address], cacheMs: 0 });
    const client = openClient({ resolver, egressAllow: LOOPBACK_V4 });
    expect(await post(client, `http://rebind.test:${open.port}/`)).toMatchObject({
      kind: 'delivered',
    });
    for (const [a, aaaa] of [
      [['127.0.0.2'], []],
      [['127.0.0.1', '127.0.0.2'], []],
      [['127.0.0.1'], ['::1']],
      [['127.0.0.1'], ['::ffff:7f00:2']],
      [['169.254.169.254'], []],
      [[], ['fd00:ec2::254']],
    ] as const) {
      zone.a = a;
      zone.aaaa = aaaa;
      expect(await post(client, `http://rebind.test:${inner.port}/`)).toEqual({
        kind: 'failed',
        error: 'blocked_address',
        peerAddress: null,
      });
    }
    expect(inner.connections()).toBe(0);
    expect(open.requests()).toBe(1);
  });

  it('keeps its own Host header while the vetted address is dialled', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const { resolver } = answersInTurn(['127.0.0.1']);
    await post(openClient({ resolver }), `http://named.test:${destination.port}/`);
    expect(destination.received().toString()).toContain(
      `\r\nhost: named.test:${destination.port}\r\n`,
    );
  });

  it('with a dead address is tried at the next', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const { resolver } = answersInTurn(['127.0.0.9', '127.0.0.1']);
    const client = openClient({ resolver });
    expect(await post(client, `http://two.test:${destination.port}/`)).toMatchObject({
      kind: 'delivered',
      peerAddress: '127.0.0.1',
    });
  });

  it('with no address at all is a dns error', async () => {
    const { resolver } = answersInTurn([]);
    expect(await post(openClient({ resolver }), 'http://empty.test/')).toMatchObject({
      error: 'dns',
    });
  });
});

describe('dial', () => {
  const destination: DestinationUrl = {
    kind: 'destination',
    href: 'http://127.0.0.1:9/',
    origin: 'http://127.0.0.1:9',
    isTls: false,
    hostname: '127.0.0.1',
    port: 9,
    path: '/',
  };
  const options: DialOptions = {
    egressAllow: LOOPBACK_V4,
    resolver: noNames,
    connectTimeoutMs: 5_000,
    secureContext: createSecureContext(),
  };
  const never = new AbortController().signal;

  it('looks again at who answered, and sends nothing to a bad one', async () => {
    const inner = await openFor({ host: '127.0.0.2', answer: sayStatus(200) });
    const opened: Socket[] = [];
    // Something between us and the address leads elsewhere.
    const openSocket = () => {
      const socket = connect({ host: '127.0.0.2', port: inner.port });
      opened.push(socket);
      return socket;
    };
    expect(await dial(destination, { ...options, openSocket }, never)).toEqual({
      kind: 'failed',
      error: 'blocked_address',
      peerAddress: null,
    });
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true]);
    expect(inner.received()).toHaveLength(0);
  });

  it('gives up on an address that does not accept', async () => {
    const opened: Socket[] = [];
    const openSocket = () => {
      const socket = new Socket(); // never connects
      opened.push(socket);
      return socket;
    };
    const result = await dial(destination, { ...options, openSocket, connectTimeoutMs: 50 }, never);
    expect(result).toEqual({ kind: 'failed', error: 'connect', peerAddress: null });
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('stops at the signal while an address does not accept', async () => {
    const ending = new AbortController();
    const opened: Socket[] = [];
    const openSocket = () => {
      const socket = new Socket(); // never connects
      opened.push(socket);
      queueMicrotask(() => ending.abort());
      return socket;
    };
    const result = await dial(destination, { ...options, openSocket }, ending.signal);
    expect(result).toEqual({ kind: 'failed', error: 'aborted', peerAddress: null });
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('dials at most eight addresses of a name', async () => {
    const dialled: string[] = [];
    const openSocket = (address: string) => {
      dialled.push(address);
      return new Socket().destroy();
    };
    const addresses = Array.from({ length: 20 }, (_, n) => `127.0.1.${n}`);
    const { resolver } = answersInTurn(addresses);
    await dial(
      { ...destination, hostname: 'many.test' },
      { ...options, egressAllow: LOOPBACK, resolver, openSocket },
      never,
    );
    expect(dialled).toEqual(addresses.slice(0, 8));
  });
});

describe('TLS', () => {
  const good = makeCertificate(['127.0.0.1', 'secure.test']);

  it('carries the delivery when the certificate names the host', async () => {
    const destination = await openFor({ tls: good, answer: sayStatus(200) });
    const { resolver } = answersInTurn(['127.0.0.1']);
    const client = openClient({ ca: good.cert, resolver, allowHttp: false });
    for (const host of ['127.0.0.1', 'secure.test', 'secure.test.']) {
      expect(await post(client, `https://${host}:${destination.port}/`)).toMatchObject({
        kind: 'delivered',
        peerAddress: '127.0.0.1',
      });
    }
    expect(destination.requests()).toBe(3);
  });

  it.each([
    ['of an unknown authority', makeCertificate(['127.0.0.1']), good.cert],
    ['for another name', makeCertificate(['other.test']), null],
    ['that has expired', makeCertificate(['127.0.0.1'], { notAfter: '210101000000Z' }), null],
  ])('refuses a certificate %s', async (_what, tls, ca) => {
    const destination = await openFor({ tls, answer: sayStatus(200) });
    const client = openClient({ ca: ca ?? tls.cert });
    expect(await post(client, destination.url)).toEqual({
      kind: 'failed',
      error: 'tls',
      peerAddress: '127.0.0.1',
    });
    expect(destination.requests()).toBe(0);
  });

  it('says the name of the host to the server, and never an address', async () => {
    const said: unknown[] = [];
    const destination = await openFor({
      tls: good,
      onConnection: (socket) => said.push((socket as TLSSocket).servername),
      answer: sayStatus(200),
    });
    const { resolver } = answersInTurn(['127.0.0.1']);
    const client = openClient({ ca: good.cert, resolver });
    for (const host of ['secure.test', 'secure.test.', '127.0.0.1']) {
      await post(client, `https://${host}:${destination.port}/`);
    }
    expect(said).toEqual(['secure.test', 'secure.test', false]);
  });

  it('refuses a certificate for a name when the URL has the address', async () => {
    const tls = makeCertificate(['secure.test']);
    const destination = await openFor({ tls, answer: sayStatus(200) });
    const outcome = await post(openClient({ ca: tls.cert }), destination.url);
    expect(outcome).toMatchObject({ error: 'tls' });
  });

  it('refuses a certificate for the address when the URL has a name', async () => {
    const tls = makeCertificate(['127.0.0.1']);
    const destination = await openFor({ tls, answer: sayStatus(200) });
    const { resolver } = answersInTurn(['127.0.0.1']);
    const client = openClient({ ca: tls.cert, resolver });
    expect(await post(client, `https://secure.test:${destination.port}/`)).toMatchObject({
      error: 'tls',
    });
  });

  it('speaks 1.2 and 1.3, and nothing older', async () => {
    const client = openClient({ ca: good.cert });
    const versions = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1'] as const;
    const outcomes = [];
    for (const version of versions) {
      const tls = {
        ...good,
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      };
      const destination = await openFor({ tls, answer: sayStatus(200) });
      const outcome = await post(client, destination.url);
      outcomes.push(outcome.kind === 'failed' ? outcome.error : outcome.kind);
    }
    expect(outcomes).toEqual(['delivered', 'delivered', 'tls']);
  });

  it('refuses a server that speaks HTTP/2 alone, and one without TLS', async () => {
    const client = openClient({ ca: good.cert });
    const h2 = await openFor({ tls: { ...good, ALPNProtocols: ['h2'] }, answer: sayStatus(200) });
    expect(await post(client, h2.url)).toMatchObject({ error: 'tls' });
    const plain = await openFor({
      onConnection: (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'),
    });
    expect(await post(client, `https://127.0.0.1:${plain.port}/`)).toMatchObject({ error: 'tls' });
  });

  it('that is never agreed on ends at the deadline', async () => {
    const mute = await openFor({});
    const url = `https://127.0.0.1:${mute.port}/`;
    expect(await post(openClient(), url, { deadlineMs: 200 })).toMatchObject({ error: 'timeout' });
  });
});
