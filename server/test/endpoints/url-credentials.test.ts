import { expect, it } from 'vitest';
import { takeUrlCredentials } from '../../src/endpoints/url-credentials.ts';

function headerOf(userinfo: string): string {
  const taken = takeUrlCredentials(`https://${userinfo}@example.com/a?b#c`);
  if (taken.kind !== 'taken') return taken.kind;
  expect(taken.url).toBe('https://example.com/a?b#c');
  return Buffer.from(taken.authorization.replace(/^Basic /, ''), 'base64').toString();
}

it('become a header, unescaped, and the URL is rid of them', () => {
  expect(headerOf('Aladdin:open%20sesame')).toBe('Aladdin:open sesame');
  expect(takeUrlCredentials('https://Aladdin:open%20sesame@example.com/')).toEqual({
    kind: 'taken',
    url: 'https://example.com/',
    authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', // RFC 7617 section 2
  });
  expect(headerOf('user')).toBe('user:');
  expect(headerOf(':secret')).toBe(':secret');
  expect(headerOf('a:b:c')).toBe('a:b:c');
  expect(headerOf('test:123%C2%A3')).toBe('test:123£');
});

it('are none where there are none', () => {
  expect(takeUrlCredentials('https://example.com/a@b')).toEqual({ kind: 'none' });
  expect(takeUrlCredentials('https://@example.com/')).toEqual({ kind: 'none' });
});

it.each(['a%3Ab:c', 'a%00:b', 'a:b%0d%0a', 'a:%7f', '%ff:a', 'a:%'])(
  '%j cannot be told to a receiver',
  (userinfo) => expect(headerOf(userinfo)).toBe('unusable'),
);
