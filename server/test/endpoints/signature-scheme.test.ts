import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../src/endpoints/scheme-presets.ts';
import { parseSignatureScheme } from '../../src/endpoints/signature-scheme.ts';

const BARE = { kind: 'bare' };
const LEAST = {
  alg: 'hmac-sha256',
  signature_header: 'X-Sig',
  extract: BARE,
  encoding: 'hex',
  signed: '{body}',
  key: { kind: 'utf8' },
};

/** The places that are wrong. */
function faults(change: Record<string, unknown>): string[] {
  const parsed = parseSignatureScheme({ ...LEAST, ...change });
  return parsed.kind === 'scheme' ? [] : parsed.faults.map(({ path }) => path);
}

describe('a scheme', () => {
  it('is read with its defaults, header names in lower case', () => {
    expect(parseSignatureScheme(LEAST)).toMatchObject({
      kind: 'scheme',
      scheme: {
        algorithm: 'hmac-sha256',
        signatureHeader: 'x-sig',
        idHeader: null,
        timestamp: { kind: 'none' },
        timestampFormat: 'unix',
        toleranceS: 300,
        eventKey: null,
      },
    });
    expect(parseSignatureScheme(PRESETS.standard)).toMatchObject({
      scheme: { eventKey: { kind: 'header', name: 'webhook-id' }, idHeader: 'webhook-id' },
    });
    expect(parseSignatureScheme(PRESETS.slack)).toMatchObject({
      scheme: { timestamp: { kind: 'header', name: 'x-slack-request-timestamp' } },
    });
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['an id that is signed and read from nowhere', { signed: '{id}.{body}' }, ['/id_header']],
    ['an id that is read and not signed', { id_header: 'X-Id' }, ['/id_header']],
    [
      'a time that is signed and read from nowhere',
      { signed: '{timestamp}.{body}' },
      ['/timestamp'],
    ],
    ['a time that is not signed', { timestamp: { kind: 'header', name: 'X-T' } }, ['/timestamp']],
    ['a tolerance without a time', { tolerance_s: 10 }, ['/timestamp']],
    [
      'a time in a list that is none',
      { signed: '{timestamp}{body}', timestamp: { kind: 'list', name: 't' } },
      ['/timestamp'],
    ],
    [
      'one separator for items and pairs',
      {
        extract: { kind: 'list', item_separator: ',', pair_separator: ',', versions: ['v1'] },
      },
      ['/extract/pair_separator'],
    ],
    ['Ed25519 with a text as its key', { alg: 'ed25519' }, ['/key']],
    ['a template without a body', { signed: 'x' }, ['/signed']],
    ['another member', { verify: false }, ['']],
    ['an unknown algorithm', { alg: 'none' }, ['']],
    ['a header name with a colon', { signature_header: 'a:b' }, ['']],
    ['no versions', { extract: { ...BARE, kind: 'list', versions: [] } }, ['']],
    ['a pointer that is none', { event_key: { kind: 'pointer', pointer: 'id' } }, ['']],
    ['a tolerance of no time', { timestamp: { kind: 'none' }, tolerance_s: 0 }, ['']],
  ])('with %s is refused', (_what, change, expected) => {
    expect(faults(change)).toEqual(expected);
  });

  it.each([null, undefined, 'github', [], {}, 1])('is not %j', (json) => {
    expect(parseSignatureScheme(json).kind).toBe('faults');
  });
});
