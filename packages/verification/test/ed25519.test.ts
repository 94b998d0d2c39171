/** The strict Ed25519 rules: RFC 8032 vectors pass, every class on which engines disagree is refused. @module */
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { Point as OurPoint } from '@noble/ed25519';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bytesFromHex, concatBytes, hexFromBytes, utf8FromString } from '../src/bytes.ts';
import { isStrictPublicKey, verifyEd25519 } from '../src/ed25519.ts';
import { LOG_SIGNER, signerFromSeed } from './make-package.ts';

const { Point } = ed25519;
const L = Point.CURVE().n;
const P = Point.CURVE().p;

// RFC 8032 section 7.1: secret key, public key, message, signature.
const RFC_VECTORS = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
] as const;

const MESSAGE = utf8FromString('fifty bytes, or any other message');
const SECRET = 0x1234_5678_9abc_def0n; // the scalar of a key of prime order, known so that equations can be solved
const KEY = Point.BASE.multiply(SECRET);

// The eight points of small order, made from a point that is in no proper subgroup.
const TORSION = smallOrderPoints();

type EdwardsPoint = typeof Point.BASE;

function smallOrderPoints(): readonly EdwardsPoint[] {
  for (let y = 2n; ; y++) {
    const encoded = littleEndian(y);
    let generator: EdwardsPoint;
    try {
      generator = Point.fromBytes(encoded)
        .multiplyUnsafe(L - 1n)
        .add(Point.fromBytes(encoded));
    } catch {
      continue; // no point has this y
    }
    const points = [Point.ZERO];
    for (let i = 1; i < 8; i++) points.push((points[i - 1] as EdwardsPoint).add(generator));
    if (new Set(points.map((point) => point.toHex())).size === 8) return points;
  }
}

function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 255n);
  return bytes;
}

function challenge(encodedR: Uint8Array, encodedA: Uint8Array, message = MESSAGE): bigint {
  const digest = createHash('sha512').update(encodedR).update(encodedA).update(message).digest();
  return BigInt(`0x${Buffer.from(digest.reverse()).toString('hex')}`) % L;
}

/** S = r + k·a for any encodings of R and A, whether or not they are good ones. */
function signatureFor(
  encodedR: Uint8Array,
  r: bigint,
  encodedA: Uint8Array,
  a: bigint,
): Uint8Array {
  const s = (r + challenge(encodedR, encodedA) * a) % L;
  return concatBytes(encodedR, littleEndian(s));
}

function withHighBit(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[31] = (copy[31] as number) | 0x80;
  return copy;
}

describe('RFC 8032', () => {
  it.each(RFC_VECTORS)('accepts the vector of secret key %s', (seed, key, message, signature) => {
    const signer = signerFromSeed(seed);
    expect(hexFromBytes(signer.publicKey)).toBe(key);
    expect(hexFromBytes(signer.sign(bytesFromHex(message)))).toBe(signature);
    expect(isStrictPublicKey(bytesFromHex(key))).toBe(true);
    expect(verifyEd25519(bytesFromHex(signature), bytesFromHex(message), bytesFromHex(key))).toBe(
      true,
    );
  });

  it('accepts what node:crypto signs, and nothing with one bit changed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 1, maxLength: 80 }),
        fc.nat(),
        (seed, message, choice) => {
          const { publicKey, sign } = signerFromSeed(Buffer.from(seed).toString('hex'));
          const signature = sign(message);
          expect(verifyEd25519(signature, message, publicKey)).toBe(true);
          const all = concatBytes(signature, publicKey, message);
          const bit = choice % (8 * all.length);
          all[bit >> 3] = (all[bit >> 3] as number) ^ (1 << (bit & 7));
          const changed = [all.slice(0, 64), all.slice(96), all.slice(64, 96)] as const;
          expect(verifyEd25519(...changed)).toBe(false);
        },
      ),
      { seed: 8032, numRuns: 40 },
    );
  });

  it('gives the same answer when asked again', () => {
    const good = LOG_SIGNER.sign(MESSAGE);
    const bad = Uint8Array.from(good);
    bad[40] = (bad[40] as number) ^ 1;
    for (let i = 0; i < 3; i++) {
      expect(verifyEd25519(good, MESSAGE, LOG_SIGNER.publicKey)).toBe(true);
      expect(verifyEd25519(bad, MESSAGE, LOG_SIGNER.publicKey)).toBe(false);
    }
  });

  it('stays right after more keys and signatures than it remembers', () => {
    const first = LOG_SIGNER.sign(MESSAGE);
    expect(verifyEd25519(first, MESSAGE, LOG_SIGNER.publicKey)).toBe(true);
    for (let i = 0; i < 70; i++) {
      const signer = signerFromSeed(i.toString(16).padStart(64, '0'));
      expect(verifyEd25519(signer.sign(MESSAGE), MESSAGE, signer.publicKey)).toBe(true);
      expect(verifyEd25519(first, MESSAGE, signer.publicKey)).toBe(false);
    }
    expect(verifyEd25519(first, MESSAGE, LOG_SIGNER.publicKey)).toBe(true);
  });
});

describe('lengths', () => {
  it.each([0, 31, 63, 65, 96])('refuses a signature of %i bytes', (length) => {
    const signature = new Uint8Array(length);
    signature.set(LOG_SIGNER.sign(MESSAGE).subarray(0, length));
    expect(verifyEd25519(signature, MESSAGE, LOG_SIGNER.publicKey)).toBe(false);
  });

  it.each([0, 31, 33])('refuses a key of %i bytes', (length) => {
    const key = new Uint8Array(length);
    key.set(LOG_SIGNER.publicKey.subarray(0, length));
    expect(isStrictPublicKey(key)).toBe(false);
    expect(verifyEd25519(LOG_SIGNER.sign(MESSAGE), MESSAGE, key)).toBe(false);
  });
});

describe('keys', () => {
  it('refuses each key of small order, in every encoding', () => {
    for (const point of TORSION) {
      const encoded = point.toBytes();
      const variants = [encoded, withHighBit(encoded), littleEndian(point.toAffine().y + P)];
      for (const key of variants) {
        expect(isStrictPublicKey(key)).toBe(false);
        // Cofactored rules accept R = S·B under such a key whatever the message is.
        const signature = concatBytes(Point.BASE.toBytes(), littleEndian(1n));
        expect(verifyEd25519(signature, MESSAGE, key)).toBe(false);
      }
    }
  });

  it('refuses keys of mixed order, also where the torsion cancels in the equation', () => {
    for (const torsion of TORSION.slice(1)) {
      const key = KEY.add(torsion).toBytes();
      expect(isStrictPublicKey(key)).toBe(false);
      for (let r = 1n; r < 40n; r++) {
        const encodedR = Point.BASE.multiply(r).toBytes();
        // Where k is a multiple of 8, cofactorless engines accept this signature: the key must be refused itself.
        const signature = signatureFor(encodedR, r, key, SECRET);
        expect(verifyEd25519(signature, MESSAGE, key)).toBe(false);
      }
    }
  });

  it('refuses encodings that are not canonical', () => {
    const identity = Point.ZERO.toBytes();
    expect(isStrictPublicKey(withHighBit(identity))).toBe(false); // x = 0 with the sign bit
    for (let y = 0n; y < 19n; y++) expect(isStrictPublicKey(littleEndian(y + P))).toBe(false);
    expect(isStrictPublicKey(littleEndian(2n ** 256n - 1n))).toBe(false);
  });

  it('refuses the all-zero key and bytes that are no point', () => {
    expect(isStrictPublicKey(new Uint8Array(32))).toBe(false);
    expect(isStrictPublicKey(littleEndian(2n))).toBe(false);
  });
});

describe('signatures', () => {
  it('solves equations rightly: an honest R under the same key is accepted', () => {
    const encodedR = Point.BASE.multiply(77n).toBytes();
    const key = KEY.toBytes();
    expect(verifyEd25519(signatureFor(encodedR, 77n, key, SECRET), MESSAGE, key)).toBe(true);
  });

  it('refuses S + L, S = 0, S = L and S above 2^253', () => {
    const good = LOG_SIGNER.sign(MESSAGE);
    const s = BigInt(`0x${Buffer.from(good.slice(32).reverse()).toString('hex')}`);
    for (const forged of [s + L, s + 2n * L, L, 0n, s + 2n ** 253n, 2n ** 256n - 1n]) {
      const signature = concatBytes(good.slice(0, 32), littleEndian(forged));
      expect(verifyEd25519(signature, MESSAGE, LOG_SIGNER.publicKey)).toBe(false);
    }
  });

  it('refuses R = identity in each of its encodings', () => {
    const key = KEY.toBytes();
    const identity = Point.ZERO.toBytes();
    const encodings = [identity, withHighBit(identity), littleEndian(P + 1n)];
    encodings.push(withHighBit(littleEndian(P + 1n)));
    for (const encodedR of encodings) {
      expect(verifyEd25519(signatureFor(encodedR, 0n, key, SECRET), MESSAGE, key)).toBe(false);
    }
  });

  it('refuses R of small order and R with torsion', () => {
    const key = KEY.toBytes();
    for (const torsion of TORSION.slice(1)) {
      const small = torsion.toBytes();
      expect(verifyEd25519(signatureFor(small, 0n, key, SECRET), MESSAGE, key)).toBe(false);
      const mixed = Point.BASE.multiply(5n).add(torsion).toBytes();
      expect(verifyEd25519(signatureFor(mixed, 5n, key, SECRET), MESSAGE, key)).toBe(false);
    }
  });

  it('refuses R in an encoding that is not canonical', () => {
    const key = KEY.toBytes();
    for (const torsion of TORSION) {
      const { y } = torsion.toAffine();
      if (y + P >= 2n ** 255n) continue;
      const encodedR = littleEndian(y + P);
      expect(verifyEd25519(signatureFor(encodedR, 0n, key, SECRET), MESSAGE, key)).toBe(false);
    }
  });

  it('never throws on random bytes', () => {
    const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
    fc.assert(
      fc.property(bytes(70), bytes(70), bytes(40), (signature, message, key) => {
        expect(verifyEd25519(signature, message, key)).toBe(false);
      }),
      { seed: 8032, numRuns: 300 },
    );
  });
});

describe('arithmetic on the curve', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Whether an answer took arithmetic on the curve, told by its doublings. */
  async function withoutMemories(): Promise<{
    readonly module: typeof import('../src/ed25519.ts');
    readonly isComputed: (ask: () => boolean) => boolean;
  }> {
    vi.resetModules();
    const module = await import('../src/ed25519.ts');
    const double = vi.spyOn(OurPoint.prototype, 'double');
    const isComputed = (ask: () => boolean): boolean => {
      double.mockClear();
      ask();
      return double.mock.calls.length > 0;
    };
    return { module, isComputed };
  }

  it('is not begun where S is 0, or not below L', async () => {
    const { module, isComputed } = await withoutMemories();
    const key = KEY.toBytes();
    expect(isComputed(() => module.isStrictPublicKey(key))).toBe(true); // from here on it is remembered
    const encodedR = Point.BASE.toBytes();
    const isComputedFor = (s: bigint): boolean =>
      isComputed(() => module.verifyEd25519(concatBytes(encodedR, littleEndian(s)), MESSAGE, key));
    expect([1n, 2n, L - 1n].map(isComputedFor)).toEqual([true, true, true]);
    expect([0n, L, L + 1n, 2n ** 256n - 1n].map(isComputedFor)).toEqual(Array(4).fill(false));
  });

  it('is not done again for the last 256 signatures, good or bad', async () => {
    const { module, isComputed } = await withoutMemories();
    const good = LOG_SIGNER.sign(MESSAGE);
    const signatures = Array.from({ length: 257 }, (_, i) =>
      i === 0 ? good : concatBytes(good.slice(0, 32), littleEndian(BigInt(i))),
    );
    const computed = signatures.map((signature) =>
      isComputed(() => module.verifyEd25519(signature, MESSAGE, LOG_SIGNER.publicKey)),
    );
    expect(computed).toEqual(Array(257).fill(true));
    const again = signatures
      .toReversed()
      .map((signature) =>
        isComputed(() => module.verifyEd25519(signature, MESSAGE, LOG_SIGNER.publicKey)),
      );
    expect(again).toEqual([...Array(256).fill(false), true]);
  });

  it('is not done again for the last 64 keys, good or bad', async () => {
    const { module, isComputed } = await withoutMemories();
    const mixed = KEY.add(TORSION[1] as EdwardsPoint).toBytes();
    const keys = Array.from({ length: 65 }, (_, i) =>
      i === 9 ? mixed : signerFromSeed(i.toString(16).padStart(64, '0')).publicKey,
    );
    const computed = keys.map((key) => isComputed(() => module.isStrictPublicKey(key)));
    expect(computed).toEqual(Array(65).fill(true));
    const again = keys.toReversed().map((key) => isComputed(() => module.isStrictPublicKey(key)));
    expect(again).toEqual([...Array(64).fill(false), true]);
  });
});
