/** API keys: random, of one shape, and kept as a hash alone. @module */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashApiKey, isApiKeyShaped, makeApiKey, SCOPES } from '../../src/tenants/api-key.ts';

describe('makeApiKey', () => {
  it('makes another key of 256 random bits each time', () => {
    const keys = Array.from({ length: 500 }, () => makeApiKey());
    expect(new Set(keys.map(({ secret }) => secret)).size).toBe(keys.length);
    for (const { secret } of keys) {
      expect(isApiKeyShaped(secret)).toBe(true);
      expect(Buffer.from(secret.slice('ksk_'.length), 'base64url')).toHaveLength(32);
    }
  });

  it('gives a prefix that shows 48 bits at most and a hash that shows nothing', () => {
    const { secret, prefix, hash } = makeApiKey();
    expect(prefix).toBe(secret.slice(0, 12));
    expect(hash).toEqual(createHash('sha256').update(secret, 'utf8').digest());
    expect(hash.equals(hashApiKey(secret))).toBe(true);
    expect(hash.equals(hashApiKey(makeApiKey().secret))).toBe(false);
  });
});

describe('isApiKeyShaped', () => {
  it('refuses all that cannot be a key', () => {
    const { secret } = makeApiKey();
    for (const text of [
      '',
      'ksk_',
      secret.slice(0, -1),
      `${secret}A`,
      `${secret}\n`,
      ` ${secret}`,
      secret.replace('ksk_', 'KSK_'),
      secret.replace('ksk_', 'ksk-'),
      `ksk_${'+'.repeat(43)}`,
      `ksk_${'é'.repeat(43)}`,
      `Bearer ${secret}`,
    ]) {
      expect(isApiKeyShaped(text), JSON.stringify(text)).toBe(false);
    }
  });
});

describe('SCOPES', () => {
  it('are the words of the API', () => {
    expect(SCOPES).toEqual([
      'ingest',
      'events:read',
      'events:write',
      'endpoints:read',
      'endpoints:write',
      'proofs:read',
      'admin',
    ]);
  });
});
