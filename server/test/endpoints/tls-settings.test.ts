import { expect, it } from 'vitest';
import { DEFAULT_TLS, isTlsVersion, tlsSettings } from '../../src/endpoints/tls-settings.ts';

it('without an identity are the same for all, so that they share connections', () => {
  expect(tlsSettings('1.2', null, 'a')).toBe(DEFAULT_TLS);
  expect(tlsSettings('1.3', null, 'a')).toBe(tlsSettings('1.3', null, 'b'));
  expect(tlsSettings('1.3', null, 'a').id).not.toBe(DEFAULT_TLS.id);
});

it('with an identity are named by it and by the version', () => {
  const identity = { certificate: 'c', privateKey: 'k' };
  const ids = [
    tlsSettings('1.2', identity, 'a').id,
    tlsSettings('1.2', identity, 'b').id,
    tlsSettings('1.3', identity, 'a').id,
    DEFAULT_TLS.id,
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

it('know two versions', () => {
  expect(['1.2', '1.3', '1.1', 'TLSv1.3', ''].filter(isTlsVersion)).toEqual(['1.2', '1.3']);
});
