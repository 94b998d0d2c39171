/** Signatures of our own deliveries, checked by the verifier that checks everybody else's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SignedFacts, signatureHeader } from '../../src/delivery/sign-request.ts';
import { presetScheme } from '../../src/endpoints/scheme-presets.ts';
import {
  type ActiveKey,
  makeSigningSecret,
  parseSigningSecret,
} from '../../src/endpoints/signing-secret.ts';
import { createSignatureVerifier } from '../../src/ingest/signature.ts';

const NOW_S = 1_700_000_000;
const FACTS: SignedFacts = { eventId: 'msg_1', timestampS: NOW_S, body: Buffer.from('{}') };

function active(secret: string, untilMs: number | null = null): ActiveKey {
  return { signingKey: parseSigningSecret(secret), untilMs };
}

function isAccepted(header: string, facts: SignedFacts, secret: string): boolean {
  const scheme = presetScheme(secret.startsWith('whpk_') ? 'standard-v1a' : 'standard');
  const headers = [
    ['webhook-id', facts.eventId],
    ['webhook-timestamp', `${facts.timestampS}`],
    ['webhook-signature', header],
  ].flat();
  const verifier = createSignatureVerifier(scheme, [secret]);
  return verifier.verify(headers, Buffer.from(facts.body), NOW_S * 1_000).kind === 'verified';
}

describe('known answers', () => {
  it('v1, as the libraries of Standard Webhooks publish it', async () => {
    const facts = {
      eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1_614_265_330,
      body: Buffer.from('{"test": 2432232314}'),
    };
    const key = active('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(await signatureHeader(facts, [key], 0)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('v1a, as the specification of Standard Webhooks publishes it', async () => {
    // Parsing it also checks that the published public key is that of the published seed.
    const key = active(
      'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
    );
    expect(key.signingKey.publicKey).toBe('whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=');
    const facts = {
      eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1_614_265_330,
      body: Buffer.from('{"test": 2432232314}'),
    };
    expect(await signatureHeader(facts, [key], 0)).toBe(
      'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    );
  });

  it('v1a: the key pair of RFC 8032 section 7.1, test 1', async () => {
    const seed = Buffer.from(
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'hex',
    );
    const pub = Buffer.from(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      'hex',
    );
    const publicKey = `whpk_${pub.toString('base64')}`;
    const short = parseSigningSecret(`whsk_${seed.toString('base64')}`);
    const long = parseSigningSecret(`whsk_${Buffer.concat([seed, pub]).toString('base64')}`);
    expect([short.publicKey, long.publicKey]).toEqual([publicKey, publicKey]);
    const header = await signatureHeader(FACTS, [{ signingKey: long, untilMs: null }], 0);
    expect(header).toBe(await signatureHeader(FACTS, [{ signingKey: short, untilMs: null }], 0));
    expect(isAccepted(header ?? '', FACTS, publicKey)).toBe(true);
  });
});

describe('a signature', () => {
  const old = makeSigningSecret('v1');
  const young = makeSigningSecret('v1');
  const asymmetric = makeSigningSecret('v1a');

  it('of each active secret stands in one header, in both versions', async () => {
    const keys = [active(young), active(old, 1_000), active(asymmetric)];
    const header = (await signatureHeader(FACTS, keys, 999)) ?? '';
    expect(header).toMatch(/^v1,\S{44} v1,\S{44} v1a,\S{88}$/);
    const publicKey = keys[2]?.signingKey.publicKey ?? '';
    for (const secret of [old, young, publicKey]) {
      expect(isAccepted(header, FACTS, secret)).toBe(true);
    }
  });

  it('of an old secret ends with its time', async () => {
    const header = (await signatureHeader(FACTS, [active(young), active(old, 1_000)], 1_000)) ?? '';
    expect(isAccepted(header, FACTS, young)).toBe(true);
    expect(isAccepted(header, FACTS, old)).toBe(false);
    expect(await signatureHeader(FACTS, [active(old, 1_000)], 1_000)).toBeNull();
    expect(await signatureHeader(FACTS, [], 0)).toBeNull();
  });

  it('covers the raw bytes, the id and the time, for all of them', async () => {
    const keys = [active(young), active(asymmetric)];
    const publicKey = keys[1]?.signingKey.publicKey ?? '';
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array(),
        fc.stringMatching(/^[a-z0-9-]{1,40}$/),
        async (body, eventId) => {
          const facts = { eventId, timestampS: NOW_S, body };
          const header = (await signatureHeader(facts, keys, 0)) ?? '';
          for (const secret of [young, publicKey]) {
            expect(isAccepted(header, facts, secret)).toBe(true);
            expect(isAccepted(header, { ...facts, eventId: `${eventId}x` }, secret)).toBe(false);
            expect(isAccepted(header, { ...facts, timestampS: NOW_S + 1 }, secret)).toBe(false);
            const changed = Buffer.concat([body, Buffer.of(0)]);
            expect(isAccepted(header, { ...facts, body: changed }, secret)).toBe(false);
          }
        },
      ),
      { seed: 20_260_101, numRuns: 25 },
    );
  });

  it('is not made over an id that could end elsewhere', async () => {
    await expect(signatureHeader({ ...FACTS, eventId: 'a.b' }, [active(young)], 0)).rejects.toThrow(
      RangeError,
    );
  });
});
