import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../../src/endpoints/scheme-presets.ts';
import { encodeSignatureJson, SignatureBody } from '../../../src/http/schemas/signature.ts';

describe('a signature', () => {
  it.each([
    ['a preset', { scheme: 'github', secrets: ['a'] }],
    ['four secrets', { scheme: 'stripe', secrets: ['a', 'b', 'c', 'd'] }],
    ['a record', { scheme: 'generic', secrets: ['a'], record: PRESETS.shopify }],
  ])('may be %s', (_what, body) => {
    expect(Value.Check(SignatureBody, body)).toBe(true);
  });

  it.each([
    ['without secrets', { scheme: 'github', secrets: [] }],
    ['with five', { scheme: 'github', secrets: ['a', 'b', 'c', 'd', 'e'] }],
    ['with an empty one', { scheme: 'github', secrets: [''] }],
    ['with a long one', { scheme: 'github', secrets: ['a'.repeat(513)] }],
    ['of an unknown scheme', { scheme: 'none', secrets: ['a'] }],
    ['with another member', { scheme: 'github', secrets: ['a'], verify: false }],
    ['with a record that is none', { scheme: 'generic', secrets: ['a'], record: {} }],
  ])('may not be %s', (_what, body) => {
    expect(Value.Check(SignatureBody, body)).toBe(false);
  });

  it('is shown without its secrets', () => {
    expect(encodeSignatureJson(null)).toBeNull();
    expect(encodeSignatureJson({ choice: { scheme: 'github' }, secretCount: 2 })).toEqual({
      scheme: 'github',
      secret_count: 2,
    });
    const choice = { scheme: 'generic', record: PRESETS.github } as const;
    expect(encodeSignatureJson({ choice, secretCount: 1 })).toEqual({
      scheme: 'generic',
      record: PRESETS.github,
      secret_count: 1,
    });
  });
});
