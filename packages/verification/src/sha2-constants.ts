/** The constants of SHA-256 and SHA-512, made as they were chosen: fractions of the roots of the first primes. FIPS 180-4 sections 4.2 and 5.3. @module */

const FRACTION_BITS = 64n;
const ROOT_BOUND = 8n; // above the cube root of 409, the 80th prime, and the square root of 19, the 8th

// Tables of them would be the largest part of this package that does not compress; making them takes 0.5 ms.
const PRIMES = /* @__PURE__ */ firstPrimes(80);

/** 64 bits of the fraction of the cube roots of the first 80 primes. SHA-256 takes the upper halves of the first 64. */
export const ROUND_CONSTANTS: readonly bigint[] = /* @__PURE__ */ PRIMES.map((prime) =>
  fractionOfRoot(prime, 3n),
);

/** 64 bits of the fraction of the square roots of the first 8 primes. SHA-256 takes the upper halves. */
export const START_WORDS: readonly bigint[] = /* @__PURE__ */ PRIMES.slice(0, 8).map((prime) =>
  fractionOfRoot(prime, 2n),
);

/** The halves of each word, upper and lower in turn, as signed words: what the operators of the language work on. */
export function halvesOf(words: readonly bigint[]): Int32Array {
  const both = words.flatMap((word) => [word >> 32n, word]);
  return Int32Array.from(both, (half) => Number(BigInt.asIntN(32, half)));
}

/** The upper halves alone. */
export function upperHalvesOf(words: readonly bigint[]): Int32Array {
  return halvesOf(words).filter((_, i) => i % 2 === 0);
}

function firstPrimes(count: number): readonly bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  }
  return primes;
}

/** Newton's steps down from above, in integers: no engine's floating point takes part. */
function fractionOfRoot(prime: bigint, degree: bigint): bigint {
  const scaled = prime << (degree * FRACTION_BITS);
  let root = ROOT_BOUND << FRACTION_BITS;
  for (;;) {
    const next = ((degree - 1n) * root + scaled / root ** (degree - 1n)) / degree;
    if (next >= root) return BigInt.asUintN(64, root);
    root = next;
  }
}
