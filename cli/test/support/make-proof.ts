/** Makes logs, heads and proof packages for the tests, with Node's own crypto and the RFC's recursion. RFC 6962 section 2.1. @module */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

export interface TestLog {
  readonly origin: string;
  readonly publicKeyHex: string;
  /** PKCS#8 PEM, for the tests that must see it refused. */
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
  /** The JSON of /attestation/sth for the first `size` leaves. */
  head(size: number, timestampMs?: number): Record<string, unknown>;
  /** A package for the leaf at `index`, proven in the tree of all leaves. */
  proof(index: number): ProofJson;
  consistency(oldSize: number, newSize: number): Record<string, unknown>;
}

export interface ProofJson {
  format: string;
  delivery_attempt_id: string;
  leaf_data: string;
  leaf_hash: string;
  inclusion_proof: {
    leaf_hash: string;
    leaf_index: number;
    tree_size: number;
    proof_hashes: string[];
    root_hash: string;
  };
  signed_tree_head: Record<string, unknown>;
}

export const HEAD_TIME_MS = Date.parse('2024-01-15T10:30:46.000Z');

/** A log whose key is derived from a one-byte seed and whose leaves differ from the plain delivery as told. */
export function makeLog(
  seed: number,
  leaves: readonly Record<string, unknown>[],
  origin = 'log.kapsel.example/t1',
): TestLog {
  const privateKey = keyFromSeed(seed);
  const publicKey = createPublicKey(privateKey);
  const rawKey = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const texts = leaves.map((change, index) => leafText(origin, index, change));
  const hashes = texts.map((text) => sha256(Buffer.of(0), Buffer.from(text)));

  function head(size: number, timestampMs = HEAD_TIME_MS): Record<string, unknown> {
    const root = treeHash(hashes.slice(0, size));
    const message = Buffer.alloc(50);
    message.writeUInt16BE(1, 0);
    message.writeBigUInt64BE(BigInt(timestampMs), 2);
    message.writeBigUInt64BE(BigInt(size), 10);
    root.copy(message, 18);
    const body = `${origin}\n${size}\n${root.toString('base64')}\n`;
    const keyId = sha256(Buffer.from(`${origin}\n`), Buffer.of(1), rawKey).subarray(0, 4);
    const line = Buffer.concat([keyId, sign(null, Buffer.from(body), privateKey)]);
    return {
      tree_size: size,
      root_hash: root.toString('hex'),
      timestamp: timestampMs,
      signature: sign(null, message, privateKey).toString('hex'),
      public_key: rawKey.toString('hex'),
      sth_id: '018cd2a0-0000-7000-8000-00000000f001',
      log: origin,
      checkpoint: `${body}\n— ${origin} ${line.toString('base64')}\n`,
    };
  }

  return {
    origin,
    publicKeyHex: rawKey.toString('hex'),
    publicKeyPem: String(publicKey.export({ format: 'pem', type: 'spki' })),
    privateKeyPem: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    head,
    proof(index) {
      const leafData = texts[index] ?? '';
      const leafHash = hashes[index]?.toString('hex') ?? '';
      return {
        format: 'kapsel.proof/v1',
        delivery_attempt_id: attemptId(index),
        leaf_data: leafData,
        leaf_hash: leafHash,
        inclusion_proof: {
          leaf_hash: leafHash,
          leaf_index: index,
          tree_size: hashes.length,
          proof_hashes: inclusionPath(index, hashes).map((hash) => hash.toString('hex')),
          root_hash: treeHash(hashes).toString('hex'),
        },
        signed_tree_head: head(hashes.length),
      };
    },
    consistency(oldSize, newSize) {
      const path = subproof(oldSize, hashes.slice(0, newSize), true);
      return {
        old_size: oldSize,
        new_size: newSize,
        old_root: treeHash(hashes.slice(0, oldSize)).toString('hex'),
        new_root: treeHash(hashes.slice(0, newSize)).toString('hex'),
        proof_hashes: path.map((hash) => hash.toString('hex')),
      };
    },
  };
}

/** The delivery of the README: 200 from https://example.com/webhook. */
export const PLAIN_LEAF: Readonly<Record<string, unknown>> = {};

function leafText(origin: string, index: number, change: Record<string, unknown>): string {
  return JSON.stringify({
    type: 'kapsel.delivery/v1',
    log: origin,
    delivery_attempt_id: attemptId(index),
    event_id: '018cd2a0-0000-7000-8000-00000000e001',
    endpoint_id: '018cd2a0-0000-7000-8000-00000000d001',
    endpoint_url: 'https://example.com/webhook',
    attempt_number: 1,
    payload_hash: 'aa'.repeat(32),
    payload_size: 17,
    attempted_at: '2024-01-15T10:30:45.000Z',
    completed_at: '2024-01-15T10:30:45.120Z',
    outcome: 'delivered',
    response_status: 200,
    response_hash: null,
    error: null,
    receipt_hash: null,
    commitments: null,
    ...change,
  });
}

function attemptId(index: number): string {
  return `018cd2a0-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

function keyFromSeed(seed: number): KeyObject {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.alloc(32, seed),
  ]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function treeHash(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0] ?? sha256();
  const k = splitPoint(hashes.length);
  return sha256(Buffer.of(1), treeHash(hashes.slice(0, k)), treeHash(hashes.slice(k)));
}

function inclusionPath(m: number, hashes: readonly Buffer[]): Buffer[] {
  if (hashes.length <= 1) return [];
  const k = splitPoint(hashes.length);
  return m < k
    ? [...inclusionPath(m, hashes.slice(0, k)), treeHash(hashes.slice(k))]
    : [...inclusionPath(m - k, hashes.slice(k)), treeHash(hashes.slice(0, k))];
}

// RFC 6962 2.1.2: SUBPROOF(m, D[n], b).
function subproof(m: number, hashes: readonly Buffer[], b: boolean): Buffer[] {
  if (m === hashes.length) return b ? [] : [treeHash(hashes)];
  const k = splitPoint(hashes.length);
  return m <= k
    ? [...subproof(m, hashes.slice(0, k), b), treeHash(hashes.slice(k))]
    : [...subproof(m - k, hashes.slice(k), false), treeHash(hashes.slice(0, k))];
}

/** The largest power of two strictly below n. */
function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
