/** The parts of an attempt: each begins and ends once, in order, however the attempt goes. @module */
import { describe, expect, it } from 'vitest';
import { during, type OnPhase } from '../../src/delivery/phases.ts';
import { makeCertificate } from './support/certificate.ts';
import { openClient, openFor, post } from './support/client.ts';
import { sayRaw, sayStatus } from './support/destination.ts';

function listen(): { readonly heard: string[]; readonly onPhase: OnPhase } {
  const heard: string[] = [];
  const onPhase: OnPhase = (name) => {
    heard.push(`${name} begins`);
    return () => heard.push(`${name} ends`);
  };
  return { heard, onPhase };
}

const whole = (...names: string[]): string[] =>
  names.flatMap((name) => [`${name} begins`, `${name} ends`]);

const loopback = { resolve: async () => ['127.0.0.1'] };

describe('the parts of an attempt', () => {
  it('are all four over a new connection, and one over a used one', async () => {
    const tls = makeCertificate(['secure.test']);
    const { port } = await openFor({ tls, answer: sayStatus(200) });
    const client = openClient({ ca: tls.cert, resolver: loopback });
    const { heard, onPhase } = listen();
    await post(client, `https://secure.test:${port}/`, { onPhase });
    expect(heard).toEqual(whole('dns', 'connect', 'tls', 'ttfb'));
    heard.length = 0;
    await post(client, `https://secure.test:${port}/`, { onPhase });
    expect(heard).toEqual(whole('ttfb'));
  });

  it('leave out the name of a literal', async () => {
    const { url } = await openFor({ answer: sayStatus(500) });
    const { heard, onPhase } = listen();
    await post(openClient(), url, { onPhase });
    expect(heard).toEqual(whole('connect', 'ttfb'));
  });

  it('end where the attempt fails, the last one too', async () => {
    const client = openClient({ resolver: { resolve: () => Promise.reject(new Error('none')) } });
    const names = listen();
    await post(client, 'http://nowhere.test/', { onPhase: names.onPhase });
    expect(names.heard).toEqual(whole('dns'));

    const plain = await openFor({ answer: sayStatus(200) });
    const secure = listen();
    const url = plain.url.replace('http:', 'https:');
    await post(client, url, { onPhase: secure.onPhase });
    expect(secure.heard).toEqual(whole('connect', 'tls'));

    const silent = await openFor({ answer: () => undefined });
    const late = listen();
    expect(
      await post(client, silent.url, { onPhase: late.onPhase, deadlineMs: 200 }),
    ).toMatchObject({ error: 'timeout' });
    expect(late.heard).toEqual(whole('connect', 'ttfb'));
  });

  it('end the wait at the answer, not at an interim one, and once', async () => {
    const interim = await openFor({
      answer: sayRaw(
        'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
      ),
    });
    const { heard, onPhase } = listen();
    await post(openClient(), interim.url, { onPhase });
    expect(heard).toEqual(whole('connect', 'ttfb'));
  });

  it('are nobody’s business where nobody listens', async () => {
    expect(await during(undefined, 'dns', Promise.resolve(1))).toBe(1);
    await expect(during(undefined, 'dns', Promise.reject(new Error('x')))).rejects.toThrow('x');
  });
});
