import { describe, expect, it } from 'vitest';
import {
  isSigningVersion,
  makeSigningSecret,
  parseSigningSecret,
  SigningSecretError,
} from '../../src/endpoints/signing-secret.ts';

describe('a secret', () => {
  const base64 = (size: number) => Buffer.alloc(size, 1).toString('base64');

  it('is new each time, and of the right size', () => {
    expect(makeSigningSecret('v1')).not.toBe(makeSigningSecret('v1'));
    expect(makeSigningSecret('v1')).toMatch(/^whsec_\S{44}$/);
    expect(parseSigningSecret(makeSigningSecret('v1a')).version).toBe('v1a');
    for (const size of [24, 64])
      expect(parseSigningSecret(`whsec_${base64(size)}`).version).toBe('v1');
  });

  it.each([
    `whsec_${base64(23)}`,
    `whsec_${base64(65)}`,
    `whsec_${base64(32)}x`,
    'whsec_',
    `whsk_${base64(31)}`,
    `whsk_${base64(64)}`,
    `whsk_${base64(96)}`,
    `whpk_${base64(32)}`,
    base64(32),
    '',
  ])('%j is none, and is not repeated', (secret) => {
    let error: unknown;
    try {
      parseSigningSecret(secret);
    } catch (reason) {
      error = reason;
    }
    expect(error).toBeInstanceOf(SigningSecretError);
    if (secret.length > 10) expect(String(error)).not.toContain(secret.slice(6));
  });
});

it('has two versions', () => {
  expect(['v1', 'v1a', 'v2', ''].filter(isSigningVersion)).toEqual(['v1', 'v1a']);
});
