/** Signer: whoever holds a log's private key. @module */

/** Where a key lies; the database names it beside each public key. */
export type KeyProvider = 'file' | 'env';

/**
 * Signs with one Ed25519 key (RFC 8032, pure). Files and the environment today; an HSM, a key service or a threshold of
 * them fits the same contract.
 *
 * - What is signed: the message as given, at most 4,096 bytes (the least that a key service takes). No pre-hash, no
 *   wrapping. The answer is 64 raw bytes. Two signatures of one message may differ: a threshold's do.
 * - Deadline: `sign` settles within 10 s, by its own clock; a device that does not answer is a rejection.
 * - Concurrency: calls may run at the same time, from several logs; a device that can do one at a time queues them,
 *   within that deadline. One key may be held by several processes; the log's row decides whose head counts.
 * - Trust: none. The public key is compared with the database's before the first signature, and every signature is
 *   verified by the core's strict verifier before it is stored: a wrong key, a pre-hash mode or a broken device is
 *   noticed by us and never by a reader.
 * - Failure: a rejection means "not now" and promises nothing about whether the device signed. The caller asks again at
 *   its next tick; a signer does not repeat by itself. Heads are late then, leaves and deliveries are not. The message
 *   of an error names the place of the key and never its content.
 */
export interface Signer {
  readonly provider: KeyProvider;
  /** 32 bytes; the same for as long as the signer lives. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A key that cannot be used; the message names its place and never its content. */
export class KeyError extends Error {}
