/** Signer: whoever holds a log's private key. @module */

/**
 * Signs with one Ed25519 key (RFC 8032, pure, deterministic).
 *
 * - The message is signed as given: no pre-hash, no wrapping; the answer is 64 raw bytes.
 * - Calls may run at the same time; each has its own deadline inside the signer.
 * - A signer is not trusted to be right: `sign-head` verifies each signature before it is stored.
 * - A failing `sign` rejects; the caller waits and tries again. Heads are late then, leaves are not.
 */
export interface Signer {
  readonly provider: 'file';
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}
