/** Key statements: one text, one meaning, and exactly the signed bytes cut out of it. @module */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hexFromBytes, stringFromUtf8 } from '../src/bytes.ts';
import { verifyEd25519 } from '../src/ed25519.ts';
import { parseKeyLeaf } from '../src/key-leaf.ts';
import { rotationText, signerNumber, statementText } from './make-key-chain.ts';
import { ATTEMPT_ID, HEAD_TIME_MS, LOG_SIGNER, ORIGIN, signerFromSeed } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

// RFC 8032 section 7.1: TEST 1 names TEST 2. The text and both signatures are a known answer.
const TEST_2 = signerFromSeed('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
const OPEN =
  '{"type":"kapsel.key/v1","log":"log.kapsel.example/t1","action":"rotate","endpoint_id":null,' +
  '"public_key":"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",' +
  '"previous_public_key":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",' +
  '"valid_from":"2026-01-15T10:30:45.000Z"';
const POSSESSION =
  '6f21c9717000541e502300c19a864e5b8f2ed76a5851a32cc896b2a77d55ccf4056aafc3fd46ba54b8d90e73dc72e86421fc487832fda61f334aee181f78e809';
const SIGNATURE =
  '8207b0789b87cf65049f0cef68c2a134d154b646d56e490920de88f351494796c9092e5ef961430e1873a2c7cc33c1d2e4fac64d4ba329e60e5354e59caa0906';
const KNOWN = `${OPEN},"possession":"${POSSESSION}","signature":"${SIGNATURE}"}`;

const GOOD = rotationText(0);
const REVOKE = statementText({
  action: 'revoke',
  by: signerNumber(1),
  of: signerNumber(0),
  validFromMs: HEAD_TIME_MS,
});
const HEX_64 = 'ab'.repeat(64);

/** The good text with a member's value replaced by other source text. */
function withValue(text: string, name: string, source: string): string {
  const changed = text.replace(new RegExp(`"${name}":("[^"]*"|null)`), `"${name}":${source}`);
  expect(changed).not.toBe(text);
  return changed;
}

describe('the known answer', () => {
  it('is made by TEST 1 of the RFC for TEST 2', () => {
    const made = statementText({ by: LOG_SIGNER, of: TEST_2, validFromMs: HEAD_TIME_MS });
    expect(made).toBe(KNOWN);
    expect(createHash('sha256').update(`\0${KNOWN}`).digest('hex')).toBe(
      '4b4f9b39b81bbcb8309cbb2ed45e64f0feb93a8a1e77949d4108f912370f119c',
    );
  });

  it('is read whole', () => {
    const leaf = parseKeyLeaf(KNOWN);
    expect(leaf).toMatchObject({
      type: 'kapsel.key/v1',
      log: ORIGIN,
      action: 'rotate',
      endpointId: null,
      validFrom: '2026-01-15T10:30:45.000Z',
      validFromMs: HEAD_TIME_MS,
    });
    expect(leaf.publicKey).toEqual(TEST_2.publicKey);
    expect(leaf.previousPublicKey).toEqual(LOG_SIGNER.publicKey);
    expect(hexFromBytes(leaf.possession ?? new Uint8Array())).toBe(POSSESSION);
    expect(hexFromBytes(leaf.signature ?? new Uint8Array())).toBe(SIGNATURE);
  });

  it('gives the two signed texts byte for byte, and both signatures hold over them', () => {
    const leaf = parseKeyLeaf(KNOWN);
    expect(stringFromUtf8(leaf.possessionMessage)).toBe(`kapsel.key-possession/v1\n${OPEN}}`);
    expect(stringFromUtf8(leaf.statementMessage)).toBe(
      `kapsel.key/v1\n${OPEN},"possession":"${POSSESSION}"}`,
    );
    const { signature, possession } = leaf;
    if (signature === null || possession === null) throw new Error('both are there');
    expect(verifyEd25519(signature, leaf.statementMessage, LOG_SIGNER.publicKey)).toBe(true);
    expect(verifyEd25519(possession, leaf.possessionMessage, TEST_2.publicKey)).toBe(true);
  });

  it('keeps null where the text says so: a revocation has no possession', () => {
    const leaf = parseKeyLeaf(REVOKE);
    expect(leaf).toMatchObject({ action: 'revoke', possession: null });
    expect(stringFromUtf8(leaf.statementMessage)).toMatch(/,"possession":null\}$/);
    expect(stringFromUtf8(leaf.possessionMessage)).toMatch(/Z"\}$/);
  });

  it('is found at the end even if an earlier member is called alike', () => {
    const log = 'log.example/signature:possession';
    const leaf = parseKeyLeaf(rotationText(0, { log }));
    expect(stringFromUtf8(leaf.possessionMessage)).toContain(log);
  });
});

describe('actions', () => {
  const endpoint = statementText({
    action: 'endpoint-key',
    endpointId: ATTEMPT_ID,
    by: signerNumber(3),
    of: signerNumber(4),
    validFromMs: HEAD_TIME_MS,
  });

  it('reads the keys of other uses', () => {
    expect(parseKeyLeaf(endpoint)).toMatchObject({
      action: 'endpoint-key',
      endpointId: ATTEMPT_ID,
    });
    const delivery = rotationText(0, { action: 'delivery-key' });
    expect(parseKeyLeaf(delivery).action).toBe('delivery-key');
  });

  it('reads the first key of an endpoint, which no key before it can sign', () => {
    const unsigned = withValue(
      withValue(endpoint, 'previous_public_key', 'null'),
      'signature',
      'null',
    );
    expect(parseKeyLeaf(unsigned)).toMatchObject({ previousPublicKey: null, signature: null });
  });

  it('reads the revocation of an endpoint key', () => {
    const text = withValue(REVOKE, 'endpoint_id', `"${ATTEMPT_ID}"`);
    expect(parseKeyLeaf(text).endpointId).toBe(ATTEMPT_ID);
  });

  it.each([
    ['a rotation without signature', withValue(GOOD, 'signature', 'null'), 'signature'],
    ['a rotation without possession', withValue(GOOD, 'possession', 'null'), 'possession'],
    [
      'a rotation without previous key',
      withValue(GOOD, 'previous_public_key', 'null'),
      'previous_public_key',
    ],
    [
      'a rotation for an endpoint',
      withValue(GOOD, 'endpoint_id', `"${ATTEMPT_ID}"`),
      'endpoint_id',
    ],
    ['a revocation with possession', withValue(REVOKE, 'possession', `"${HEX_64}"`), 'possession'],
    ['a revocation without signature', withValue(REVOKE, 'signature', 'null'), 'signature'],
    [
      'a revocation without signer',
      withValue(REVOKE, 'previous_public_key', 'null'),
      'previous_public_key',
    ],
    [
      'a delivery key without previous key',
      withValue(rotationText(0, { action: 'delivery-key' }), 'previous_public_key', 'null'),
      'previous_public_key',
    ],
    ['an endpoint key without endpoint', withValue(endpoint, 'endpoint_id', 'null'), 'endpoint_id'],
    [
      'an endpoint key with a signature of nobody',
      withValue(endpoint, 'previous_public_key', 'null'),
      'signature',
    ],
    ['an endpoint key without signature', withValue(endpoint, 'signature', 'null'), 'signature'],
  ])('refuses %s', (_, text, member) => {
    const refusal = expectRefusal('E_LEAF_TEXT', () => parseKeyLeaf(text));
    expect(refusal.field).toBe(`leaf_data.${member}`);
    expect(refusal.cause).toMatchObject({ code: 'E_LEAF_TEXT', field: member });
    const isNull = text.includes(`"${member}":null`);
    expect(refusal.actual).toBe(isNull ? 'null' : 'a value');
  });
});

describe('form', () => {
  it.each([
    ['an action nobody knows', withValue(GOOD, 'action', '"replace"')],
    ['an action in upper case', withValue(GOOD, 'action', '"ROTATE"')],
    ['a log with a space', withValue(GOOD, 'log', '"log example"')],
    ['a reserved log name', withValue(GOOD, 'log', '"kapsel.key/v1"')],
    ['a key of 31 bytes', withValue(GOOD, 'public_key', `"${'ab'.repeat(31)}"`)],
    ['a previous key of 33 bytes', withValue(GOOD, 'previous_public_key', `"${'ab'.repeat(33)}"`)],
    ['a key in upper case', withValue(GOOD, 'public_key', `"${'AB'.repeat(32)}"`)],
    ['a signature of 63 bytes', withValue(GOOD, 'signature', `"${'ab'.repeat(63)}"`)],
    ['a possession of 65 bytes', withValue(GOOD, 'possession', `"${'ab'.repeat(65)}"`)],
    ['a time without milliseconds', withValue(GOOD, 'valid_from', '"2026-01-15T10:30:45Z"')],
    ['a time that is null', withValue(GOOD, 'valid_from', 'null')],
    ['an endpoint that is no uuid', withValue(REVOKE, 'endpoint_id', '"endpoint"')],
    ['a delivery leaf', withValue(GOOD, 'type', '"kapsel.delivery/v1"')],
    ['no object', '[]'],
    ['white space', GOOD.replace('","', '", "')],
    ['a newline at the end', `${GOOD}\n`],
    ['an escaped letter', GOOD.replace('kapsel.example', 'k\\u0061psel.example')],
    ['a member more', GOOD.replace(',"possession"', ',"note":null,"possession"')],
    ['a member less', GOOD.replace('"endpoint_id":null,', '')],
    [
      'the signature before the possession',
      GOOD.replace(/("possession":"\w+"),("signature":"\w+")/, '$2,$1'),
    ],
    ['a member twice', GOOD.replace(',"signature"', ',"possession":null,"signature"')],
  ])('refuses %s', (_, text) => {
    expect(text).not.toBe(GOOD);
    expectRefusal('E_LEAF_TEXT', () => parseKeyLeaf(text));
  });

  it('calls a later version so', () => {
    const text = withValue(GOOD, 'type', '"kapsel.key/v2"');
    expectRefusal('E_VERSION', () => parseKeyLeaf(text));
  });

  it('refuses a text of 65,536 bytes', () => {
    expectRefusal('E_TOO_LARGE', () => parseKeyLeaf(GOOD.padEnd(65_536)));
  });
});
