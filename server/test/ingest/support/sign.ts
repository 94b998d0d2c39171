/** A provider that signs by the words of its documents; written apart from the verifier it tries. @module */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Headers in turns, as `node:http` gives them. */
export function rawHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flat();
}

function hmac(key: string | Buffer, ...parts: readonly (string | Uint8Array)[]): Buffer {
  return createHmac('sha256', key)
    .update(Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))))
    .digest();
}

export function githubHeaders(secret: string, body: Uint8Array): Record<string, string> {
  return { 'X-Hub-Signature-256': `sha256=${hmac(secret, body).toString('hex')}` };
}

export function shopifyHeaders(secret: string, body: Uint8Array): Record<string, string> {
  return { 'X-Shopify-Hmac-Sha256': hmac(secret, body).toString('base64') };
}

export function stripeHeaders(
  secret: string,
  body: Uint8Array,
  seconds: number,
): Record<string, string> {
  const signature = hmac(secret, `${seconds}.`, body).toString('hex');
  return { 'Stripe-Signature': `t=${seconds},v1=${signature},v0=${'0'.repeat(64)}` };
}

export function slackHeaders(
  secret: string,
  body: Uint8Array,
  seconds: number,
): Record<string, string> {
  return {
    'X-Slack-Signature': `v0=${hmac(secret, `v0:${seconds}:`, body).toString('hex')}`,
    'X-Slack-Request-Timestamp': `${seconds}`,
  };
}

export function standardHeaders(
  secret: string,
  body: Uint8Array,
  seconds: number,
  id = 'msg_1',
): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = hmac(key, `${id}.${seconds}.`, body).toString('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': `${seconds}`,
    'webhook-signature': `v1,${signature}`,
  };
}

export interface Ed25519Pair {
  readonly privateKey: KeyObject;
  /** `whpk_` and the public key. */
  readonly secret: string;
}

export function ed25519Pair(): Ed25519Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { privateKey, secret: `whpk_${raw.toString('base64')}` };
}

export function standardV1aHeaders(
  { privateKey }: Ed25519Pair,
  body: Uint8Array,
  seconds: number,
  id = 'msg_1',
): Record<string, string> {
  const message = Buffer.concat([Buffer.from(`${id}.${seconds}.`), body]);
  return {
    'webhook-id': id,
    'webhook-timestamp': `${seconds}`,
    'webhook-signature': `v1a,${sign(null, message, privateKey).toString('base64')}`,
  };
}
