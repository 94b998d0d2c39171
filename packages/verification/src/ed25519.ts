/** The one Ed25519 verifier: prime-order keys, canonical encodings, cofactorless equation. RFC 8032 section 5.1.7, stricter. @module */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, hexFromBytes } from './bytes.ts';

type Point = InstanceType<typeof ed25519.Point>;

export const PUBLIC_KEY_BYTES = 32; // RFC 8032 5.1.5
export const SIGNATURE_BYTES = 64; // RFC 8032 5.1.6: R (32), then S (32, little-endian)

const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n; // L, RFC 8032 5.1

// Both memories are bounded and forget their oldest entry first; they change the time of an answer, never the answer.
// A key costs 0.7 ms to check and a run sees few keys; a bundle carries one head in thousands of packages.
const KEPT_KEYS = 64;
const KEPT_VERDICTS = 256;
const pointOfKey = new Map<string, Point | null>();
const verdictOfEquation = new Map<string, boolean>();

/**
 * Tells whether the signature is one that the strict rules accept. Never throws on hostile bytes.
 *
 * Engines disagree on edge cases (small order, mixed order, non-canonical encodings), so no platform verdict is used:
 * an operator could otherwise make a proof that is good here and bad there.
 * @example verifyEd25519(head.signature, encodeTreeHead(timestampMs, treeSize, rootHash), publicKey)
 */
export function verifyEd25519(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const keyPoint = strictPoint(publicKey);
  if (keyPoint === null) return false;
  const encodedR = signature.subarray(0, 32);
  const scalarS = littleEndian(signature.subarray(32));
  if (scalarS === 0n || scalarS >= GROUP_ORDER) return false; // S + L would be a second signature
  const digest = sha512(concatBytes(encodedR, publicKey, message));

  // The digest fixes R, A and M; with S it names the whole equation.
  const equation = `${hexFromBytes(digest)}${hexFromBytes(signature.subarray(32))}`;
  const known = verdictOfEquation.get(equation);
  if (known !== undefined) return known;
  const verdict = holdsEquation(encodedR, scalarS, littleEndian(digest) % GROUP_ORDER, keyPoint);
  remember(verdictOfEquation, KEPT_VERDICTS, equation, verdict);
  return verdict;
}

/**
 * Tells whether these are the canonical 32 bytes of a point of prime order: not the identity, no torsion.
 * @example isStrictPublicKey(bytesFromHex('d75a9801…'))
 */
export function isStrictPublicKey(bytes: Uint8Array): boolean {
  return strictPoint(bytes) !== null;
}

// Q = S·B − k·A, recomputed and compared with R byte for byte: so R is canonical and has no torsion, and the
// equation is the cofactorless one. A small-order R is the identity or not in the prime-order group, hence refused.
function holdsEquation(
  encodedR: Uint8Array,
  scalarS: bigint,
  scalarK: bigint,
  keyPoint: Point,
): boolean {
  const point = ed25519.Point.BASE.multiplyUnsafe(scalarS).subtract(
    keyPoint.multiplyUnsafe(scalarK),
  );
  return !point.is0() && equalBytes(point.toBytes(), encodedR);
}

function strictPoint(bytes: Uint8Array): Point | null {
  if (bytes.length !== PUBLIC_KEY_BYTES) return null;
  const hex = hexFromBytes(bytes);
  const known = pointOfKey.get(hex);
  if (known !== undefined) return known;
  const point = decodeStrictPoint(bytes);
  remember(pointOfKey, KEPT_KEYS, hex, point);
  return point;
}

function decodeStrictPoint(bytes: Uint8Array): Point | null {
  let point: Point;
  try {
    point = ed25519.Point.fromBytes(bytes, false); // false: y < p, and no sign bit where x is 0
  } catch {
    // Its error says which rule the encoding breaks; every such encoding is simply no key here.
    return null;
  }
  const isPrimeOrder = !point.isSmallOrder() && point.isTorsionFree();
  return isPrimeOrder && equalBytes(point.toBytes(), bytes) ? point : null;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hexFromBytes(Uint8Array.from(bytes).reverse())}`);
}

function remember<Value>(
  memory: Map<string, Value>,
  bound: number,
  key: string,
  value: Value,
): void {
  if (memory.size >= bound) {
    for (const oldest of memory.keys()) {
      memory.delete(oldest);
      break;
    }
  }
  memory.set(key, value);
}
