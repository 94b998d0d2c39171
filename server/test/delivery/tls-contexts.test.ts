/** TLS with an identity of ours: shown to whoever demands it, and to nobody on another's behalf. @module */
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createTlsContexts } from '../../src/delivery/tls-contexts.ts';
import { DEFAULT_TLS, type TlsSettings, tlsSettings } from '../../src/endpoints/tls-settings.ts';
import { makeCertificate, type TestCertificate } from './support/certificate.ts';
import { openClient, openFor, post } from './support/client.ts';
import { sayStatus } from './support/destination.ts';

const AUTHORITY = {
  ...makeCertificate([], { commonName: 'kapsel test authority', isAuthority: true }),
  commonName: 'kapsel test authority',
};
// In TLS 1.3 a server judges after our handshake is over; Node's then hangs up without an alert.
const REFUSED = { kind: 'failed', error: expect.stringMatching(/^(?:tls|reset)$/) };
const SERVER = makeCertificate(['127.0.0.1'], { commonName: 'server', issuer: AUTHORITY });

function clientCertificate(commonName: string, issuer = AUTHORITY): TestCertificate {
  return makeCertificate([], { commonName, issuer });
}

function settingsFor({ cert, key }: TestCertificate, id: string): TlsSettings {
  return tlsSettings('1.2', { certificate: cert, privateKey: key }, id);
}

/** A server that demands a certificate of the authority, and notes whose it was shown for each request. */
async function openDemanding(version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3') {
  const shown: string[] = [];
  const destination = await openFor({
    tls: {
      ...SERVER,
      ca: AUTHORITY.cert,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: version,
      maxVersion: version,
    },
    answer: (socket, request) => {
      const { subject } = (socket as TLSSocket).getPeerCertificate();
      shown.push(String(subject.CN));
      sayStatus(200)(socket, request);
    },
  });
  return { ...destination, shown };
}

describe.each(['TLSv1.3', 'TLSv1.2'] as const)(
  'a server that demands a certificate, over %s',
  (version) => {
    it('is delivered to with the right one', async () => {
      const destination = await openDemanding(version);
      const client = openClient({ ca: AUTHORITY.cert });
      const tls = settingsFor(clientCertificate('one'), 'one');
      expect(await post(client, destination.url, { tls })).toMatchObject({ kind: 'delivered' });
      expect(destination.shown).toEqual(['one']);
    });

    it.each<[string, TlsSettings | undefined]>([
      ['none', undefined],
      [
        'one of another authority',
        settingsFor(makeCertificate([], { commonName: 'stranger' }), 'x'),
      ],
    ])('gets no request with %s', async (_what, tls) => {
      const destination = await openDemanding(version);
      const client = openClient({ ca: AUTHORITY.cert });
      const outcome = await post(client, destination.url, tls === undefined ? {} : { tls });
      expect(outcome).toMatchObject(REFUSED);
      expect(destination.shown).toEqual([]);
      expect(destination.requests()).toBe(0);
    });
  },
);

describe('an identity', () => {
  it('with the certificates between it and the authority is shown with them', async () => {
    const between = {
      ...makeCertificate([], { commonName: 'between', issuer: AUTHORITY, isAuthority: true }),
      commonName: 'between',
    };
    const leaf = clientCertificate('leaf', between);
    const client = openClient({ ca: AUTHORITY.cert });
    const destination = await openDemanding();
    const whole = settingsFor({ cert: leaf.cert + between.cert, key: leaf.key }, 'whole');
    expect(await post(client, destination.url, { tls: whole })).toMatchObject({
      kind: 'delivered',
    });
    const cut = await post(client, destination.url, { tls: settingsFor(leaf, 'cut') });
    expect(cut).toMatchObject(REFUSED);
    expect(destination.shown).toEqual(['leaf']);
  });

  it('is not shown for another endpoint of the same origin, idle connections or not', async () => {
    const destination = await openDemanding();
    const client = openClient({ ca: AUTHORITY.cert });
    const [one, two] = ['one', 'two'].map((name) => settingsFor(clientCertificate(name), name));
    for (const tls of [one, two, one, two]) {
      expect(await post(client, destination.url, tls === undefined ? {} : { tls })).toMatchObject({
        kind: 'delivered',
      });
    }
    expect(await post(client, destination.url)).toMatchObject(REFUSED);
    expect(destination.shown).toEqual(['one', 'two', 'one', 'two']);
    // One connection each, used twice, and the one that was refused.
    expect(destination.connections()).toBe(3);
  });

  it('that was replaced is shown no more', async () => {
    const destination = await openDemanding();
    const client = openClient({ ca: AUTHORITY.cert });
    const before = settingsFor(clientCertificate('before'), 'endpoint/1');
    const after = settingsFor(clientCertificate('after'), 'endpoint/2');
    await post(client, destination.url, { tls: before });
    await post(client, destination.url, { tls: after });
    expect(destination.shown).toEqual(['before', 'after']);
  });

  it('that the library does not take fails the attempt before anything is dialled', async () => {
    const destination = await openDemanding();
    const client = openClient({ ca: AUTHORITY.cert, maxConnectionsPerOrigin: 1 });
    const broken = settingsFor({ cert: clientCertificate('a').cert, key: AUTHORITY.key }, 'broken');
    for (let n = 0; n < 3; n += 1) {
      expect(await post(client, destination.url, { tls: broken })).toEqual({
        kind: 'failed',
        error: 'tls',
        peerAddress: null,
      });
    }
    expect(destination.connections()).toBe(0);
  });

  it('costs http destinations nothing: they share their connections', async () => {
    const destination = await openFor({ answer: sayStatus(200) });
    const client = openClient();
    await post(client, destination.url);
    await post(client, destination.url, { tls: settingsFor(clientCertificate('a'), 'a') });
    expect(destination.connections()).toBe(1);
  });
});

describe('the oldest version', () => {
  async function deliveredWith(
    asked: { readonly server?: '1.2' | '1.3'; readonly endpoint: '1.2' | '1.3' },
    version: 'TLSv1.2' | 'TLSv1.3',
  ): Promise<string> {
    const tls = { ...SERVER, minVersion: version, maxVersion: version };
    const destination = await openFor({ tls, answer: sayStatus(200) });
    const client = openClient({
      ca: AUTHORITY.cert,
      ...(asked.server === undefined ? {} : { minTlsVersion: asked.server }),
    });
    const outcome = await post(client, destination.url, {
      tls: tlsSettings(asked.endpoint, null, ''),
    });
    return outcome.kind === 'failed' ? outcome.error : outcome.kind;
  }

  it('is that of the endpoint or of the server, whichever is newer', async () => {
    expect(await deliveredWith({ endpoint: '1.2' }, 'TLSv1.2')).toBe('delivered');
    expect(await deliveredWith({ endpoint: '1.3' }, 'TLSv1.2')).toBe('tls');
    expect(await deliveredWith({ endpoint: '1.3' }, 'TLSv1.3')).toBe('delivered');
    expect(await deliveredWith({ endpoint: '1.2', server: '1.3' }, 'TLSv1.2')).toBe('tls');
    expect(await deliveredWith({ endpoint: '1.3', server: '1.2' }, 'TLSv1.2')).toBe('tls');
  });
});

it('a context is made once for each settings', () => {
  const contextOf = createTlsContexts({});
  expect(contextOf(DEFAULT_TLS)).toBe(contextOf(tlsSettings('1.2', null, 'any')));
  expect(contextOf(tlsSettings('1.3', null, ''))).not.toBe(contextOf(DEFAULT_TLS));
  const identity = settingsFor(clientCertificate('a'), 'a');
  expect(contextOf(identity)).toBe(contextOf(identity));
});

it('a server that hangs up after the handshake is told from one that demands a certificate', async () => {
  const destination = await openFor({
    tls: SERVER,
    onConnection: (socket) => {
      void once(socket, 'data').then(() => socket.destroy()); // a failure would show as another outcome
    },
  });
  const outcome = await post(openClient({ ca: AUTHORITY.cert }), destination.url);
  expect(outcome).toMatchObject({ kind: 'failed', error: 'reset' });
});
