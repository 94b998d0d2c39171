import { describe, expect, it } from 'vitest';
import {
  parseEndpointSignature,
  schemeFromStored,
} from '../../src/endpoints/endpoint-signature.ts';
import { PRESETS, presetScheme } from '../../src/endpoints/scheme-presets.ts';

function faults(input: Parameters<typeof parseEndpointSignature>[0]): string[] {
  const parsed = parseEndpointSignature(input);
  return parsed.kind === 'faults' ? parsed.faults.map(({ path }) => path) : [];
}

const RECORD = { ...PRESETS.github, signature_header: 'X-Own' };

describe('what a caller asks for', () => {
  it('is a preset by name, or a record of its own', () => {
    expect(parseEndpointSignature({ scheme: 'github', secrets: ['a', 'b'] })).toEqual({
      kind: 'signature',
      choice: { scheme: 'github' },
    });
    expect(parseEndpointSignature({ scheme: 'generic', secrets: ['a'], record: RECORD })).toEqual({
      kind: 'signature',
      choice: { scheme: 'generic', record: RECORD },
    });
  });

  it('is refused with the place of the fault', () => {
    expect(faults({ scheme: 'generic', secrets: ['a'] })).toEqual(['/record']);
    expect(faults({ scheme: 'github', secrets: ['a'], record: RECORD })).toEqual(['/record']);
    expect(faults({ scheme: 'unknown', secrets: ['a'] })).toEqual(['/record']);
    expect(faults({ scheme: 'toString', secrets: ['a'] })).toEqual(['/record']);
    const unsigned = { ...RECORD, signed: '{id}.{body}' };
    expect(faults({ scheme: 'generic', secrets: ['a'], record: unsigned })).toEqual([
      '/record/id_header',
    ]);
    expect(faults({ scheme: 'standard', secrets: ['whsec_AAAA', 'AAAA'] })).toEqual(['/secrets/1']);
  });
});

describe('what the database holds', () => {
  it('is read again', () => {
    expect(schemeFromStored({ scheme: 'slack' })).toEqual(presetScheme('slack'));
    expect(schemeFromStored({ scheme: 'generic', record: RECORD }).signatureHeader).toBe('x-own');
  });

  it.each([
    null,
    undefined,
    {},
    { scheme: 'new' },
    { scheme: 'generic' },
    'github',
    [],
    {
      scheme: 'generic',
      record: { ...RECORD, alg: 'none' },
    },
  ])('%j accepts nothing: it throws', (stored) => {
    expect(() => schemeFromStored(stored)).toThrow('unknown signature scheme');
  });
});
