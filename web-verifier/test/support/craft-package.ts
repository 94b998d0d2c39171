/** Makes proof packages with node:crypto and the recursion of RFC 6962 section 2.1: none of the code under test. @module */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

const PKCS8_PREFIX = '302e020100300506032b657004220420'; // RFC 8410 section 7, then the 32-byte seed
const LOG = 'log.kapsel.example/t1';
const TIMESTAMP_MS = Date.UTC(2026, 0, 15, 10, 30, 46);

/** A signing key made from a number, so that every run has the same. */
export function signerFromSeed(seed: number): { privateKey: KeyObject; publicKeyHex: string } {
  const der = Buffer.concat([Buffer.from(PKCS8_PREFIX, 'hex'), Buffer.alloc(32, seed)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, publicKeyHex: spki.subarray(-32).toString('hex') };
}

/** Members of the leaf that a test wants to be different. */
export type LeafMembers = Record<string, string | number | null>;

export interface Crafted {
  readonly text: string;
  readonly publicKeyHex: string;
  readonly keyId: string;
}

export interface CraftOptions {
  readonly leaf?: LeafMembers;
  readonly treeSize?: number;
  readonly leafIndex?: number;
  readonly seed?: number;
}

/** A package in which everything is right. */
export function craftPackage(options: CraftOptions = {}): Crafted {
  const { treeSize = 11, leafIndex = 6, seed = 7 } = options;
  const leafData = JSON.stringify({ ...defaultLeaf(), ...options.leaf });
  const leaves = Array.from({ length: treeSize }, (_, i) =>
    leafHash(i === leafIndex ? leafData : `other leaf ${i}`),
  );
  const { publicKeyHex } = signerFromSeed(seed);
  const root = rootOf(leaves);
  const hash = (leaves[leafIndex] as Buffer).toString('hex');
  const text = JSON.stringify(
    {
      format: 'kapsel.proof/v1',
      delivery_attempt_id: JSON.parse(leafData).delivery_attempt_id,
      leaf_data: leafData,
      leaf_hash: hash,
      inclusion_proof: {
        leaf_hash: hash,
        leaf_index: leafIndex,
        tree_size: treeSize,
        proof_hashes: pathOf(leaves, leafIndex).map((sibling) => sibling.toString('hex')),
        root_hash: root.toString('hex'),
      },
      signed_tree_head: headOf(treeSize, root, seed),
    },
    null,
    2,
  );
  const keyId = createHash('sha256').update(Buffer.from(publicKeyHex, 'hex')).digest('hex');
  return { text, publicKeyHex, keyId };
}

/** Two heads of a log that grew, and the proof between them; another word makes another history. */
export function craftHeads(oldSize: number, newSize: number, word = 'leaf') {
  const leaves = Array.from({ length: newSize }, (_, i) => leafHash(`${word} ${i}`));
  const [oldRoot, newRoot] = [rootOf(leaves.slice(0, oldSize)), rootOf(leaves)];
  return {
    publicKeyHex: signerFromSeed(HEADS_SEED).publicKeyHex,
    oldHead: JSON.stringify(headOf(oldSize, oldRoot, HEADS_SEED)),
    newHead: JSON.stringify(headOf(newSize, newRoot, HEADS_SEED)),
    proof: JSON.stringify({
      old_size: oldSize,
      new_size: newSize,
      old_root: oldRoot.toString('hex'),
      new_root: newRoot.toString('hex'),
      proof_hashes: proofOf(leaves, oldSize, true).map((hash) => hash.toString('hex')),
    }),
  };
}

const HEADS_SEED = 7;

/** The JSON form of a signed tree head. */
function headOf(treeSize: number, root: Buffer, seed: number) {
  const { privateKey, publicKeyHex } = signerFromSeed(seed);
  return {
    tree_size: treeSize,
    root_hash: root.toString('hex'),
    timestamp: TIMESTAMP_MS,
    signature: sign(null, headBytes(treeSize, root), privateKey).toString('hex'),
    public_key: publicKeyHex,
    sth_id: '5f0e3c1a-8d2b-4e6f-9a7c-0b1d2e3f4a5b',
    log: LOG,
    checkpoint: checkpointNote(treeSize, root, privateKey, publicKeyHex),
  };
}

/** The same package with one thing changed; fails if there was nothing to change. */
export function alter(text: string, from: string | RegExp, to: string): string {
  const altered = text.replace(from, () => to);
  if (altered === text) throw new Error(`nothing to alter: ${from}`);
  return altered;
}

function defaultLeaf(): LeafMembers {
  return {
    type: 'kapsel.delivery/v1',
    log: LOG,
    delivery_attempt_id: '0194a6f0-7c1e-7b54-8a3d-5d2f1c9b0e11',
    event_id: '0194a6f0-7b00-7c21-9f4e-3a6b8d7c1f22',
    endpoint_id: '0193b1aa-2f10-7d3c-b1f8-9e0d4c5b6a33',
    endpoint_url: 'https://example.com/webhook',
    attempt_number: 1,
    payload_hash: createHash('sha256').update('{"order":4711}').digest('hex'),
    payload_size: 14,
    attempted_at: '2026-01-15T10:30:45.000Z',
    completed_at: '2026-01-15T10:30:45.212Z',
    outcome: 'delivered',
    response_status: 200,
    response_hash: null,
    error: null,
    receipt_hash: null,
    commitments: null,
  };
}

function sha256(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function leafHash(data: string): Buffer {
  return sha256(Buffer.of(0), data);
}

/** The largest power of two below n. RFC 6962 section 2.1. */
function splitOf(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  const k = splitOf(leaves.length);
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

function pathOf(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length === 1) return [];
  const k = splitOf(leaves.length);
  return index < k
    ? [...pathOf(leaves.slice(0, k), index), rootOf(leaves.slice(k))]
    : [...pathOf(leaves.slice(k), index - k), rootOf(leaves.slice(0, k))];
}

/** SUBPROOF of RFC 6962 section 2.1.2. */
function proofOf(leaves: readonly Buffer[], m: number, isWhole: boolean): Buffer[] {
  if (m === leaves.length) return isWhole ? [] : [rootOf(leaves)];
  const k = splitOf(leaves.length);
  return m <= k
    ? [...proofOf(leaves.slice(0, k), m, isWhole), rootOf(leaves.slice(k))]
    : [...proofOf(leaves.slice(k), m - k, false), rootOf(leaves.slice(0, k))];
}

/** RFC 6962 section 3.5: 50 bytes. */
function headBytes(treeSize: number, root: Buffer): Buffer {
  const head = Buffer.alloc(18);
  head.writeUInt16BE(1, 0);
  head.writeBigUInt64BE(BigInt(TIMESTAMP_MS), 2);
  head.writeBigUInt64BE(BigInt(treeSize), 10);
  return Buffer.concat([head, root]);
}

/** C2SP signed note with one signature line. */
function checkpointNote(
  treeSize: number,
  root: Buffer,
  privateKey: KeyObject,
  publicKeyHex: string,
): string {
  const body = `${LOG}\n${treeSize}\n${root.toString('base64')}\n`;
  const publicKey = Buffer.from(publicKeyHex, 'hex');
  const keyId = sha256(`${LOG}\n`, Buffer.of(1), publicKey).subarray(0, 4);
  const signature = sign(null, Buffer.from(body), privateKey);
  return `${body}\n— ${LOG} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}
