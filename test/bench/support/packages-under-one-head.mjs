// @ts-check
/** Many proof packages of one tree, as files would hold them; a new head can be put over all of them. @module */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

const ORIGIN = 'log.kapsel.example/bench';
const ED25519_NOTE = 0x01; // C2SP signed-note

/**
 * @typedef {{ publicKey: Uint8Array, packagesUnder: (timestampMs: number, count: number) => Uint8Array[] }} Bundle
 */

/**
 * @param {typeof import('@kapsel/verification')} core
 * @param {typeof import('@kapsel/tree')} tree
 * @param {number} size Leaves of the tree; the first `count` of them get a package.
 * @returns {Bundle}
 */
export function bundleOf(core, { MemoryTree }, size) {
  const { privateKey, publicKey: keyObject } = generateKeyPairSync('ed25519');
  const publicKey = new Uint8Array(
    keyObject.export({ format: 'der', type: 'spki' }).subarray(12), // RFC 8410: 12 bytes, then the key
  );
  const memory = new MemoryTree();
  const texts = Array.from({ length: size }, (_, i) => leafText(i));
  const hashes = texts.map((text) => core.leafHash(core.utf8FromString(text)));
  for (const hash of hashes) memory.append(hash);
  const root = memory.root();

  /** @param {Uint8Array} message */
  const signature = (message) => new Uint8Array(sign(null, message, privateKey));

  /** @param {number} timestampMs */
  function headAt(timestampMs) {
    const body = core.encodeCheckpointBody(ORIGIN, size, root);
    const keyId = core.noteKeyId(ORIGIN, ED25519_NOTE, publicKey);
    const line = core.encodeNoteSignature(ORIGIN, keyId, signature(core.utf8FromString(body)));
    return {
      tree_size: size,
      root_hash: core.hexFromBytes(root),
      timestamp: timestampMs,
      signature: core.hexFromBytes(signature(core.encodeTreeHead(timestampMs, size, root))),
      public_key: core.hexFromBytes(publicKey),
      sth_id: uuid('head', timestampMs),
      log: ORIGIN,
      checkpoint: `${body}\n${line}`,
    };
  }

  /** @param {number} index @param {ReturnType<typeof headAt>} head */
  function packageOf(index, head) {
    const leafHash = core.hexFromBytes(/** @type {Uint8Array} */ (hashes[index]));
    const text = JSON.stringify({
      format: 'kapsel.proof/v1',
      delivery_attempt_id: uuid('attempt', index),
      leaf_data: texts[index],
      leaf_hash: leafHash,
      inclusion_proof: {
        leaf_hash: leafHash,
        leaf_index: index,
        tree_size: size,
        proof_hashes: memory.proveInclusion(index).map(core.hexFromBytes),
        root_hash: head.root_hash,
      },
      signed_tree_head: head,
    });
    return core.utf8FromString(text);
  }

  return {
    publicKey,
    packagesUnder(timestampMs, count) {
      const head = headAt(timestampMs);
      return Array.from({ length: count }, (_, index) => packageOf(index, head));
    },
  };
}

/** @param {number} index */
function leafText(index) {
  return JSON.stringify({
    type: 'kapsel.delivery/v1',
    log: ORIGIN,
    delivery_attempt_id: uuid('attempt', index),
    event_id: uuid('event', index),
    endpoint_id: uuid('endpoint', index % 100),
    endpoint_url: `https://customer-${index % 100}.example/hooks/orders`,
    attempt_number: 1,
    payload_hash: hexHash(`payload ${index}`),
    payload_size: 512 + (index % 1000),
    attempted_at: '2026-01-15T10:30:44.000Z',
    completed_at: '2026-01-15T10:30:44.250Z',
    outcome: 'delivered',
    response_status: 200,
    response_hash: hexHash('ok'),
    error: null,
    receipt_hash: null,
    commitments: null,
  });
}

/** @param {string} kind @param {number} index */
function uuid(kind, index) {
  const digits = hexHash(`${kind} ${index}`);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-7${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

/** @param {string} text */
function hexHash(text) {
  return createHash('sha256').update(text).digest('hex');
}
