/** Keeps key text out of messages: an argument that may be a private key is never written back. Source of truth: verifier-ux 2.2. @module */

// Hex (a private Ed25519 key looks like a public one), base64 from 32 bytes up, PEM, JWK, Go's private note keys.
const KEY_LIKE: readonly RegExp[] = [
  /^(?:0x)?(?:[0-9a-f]{64}|[0-9a-f]{128})$/i,
  /^[A-Za-z0-9+/_-]{43,}={0,2}$/,
  /PRIVATE|-----BEGIN|"kty"|\+[0-9a-f]{8}\+/,
];

/** Whether text typed by the user may be a key. */
export function isKeyLike(text: string): boolean {
  return KEY_LIKE.some((form) => form.test(text.trim()));
}

/** The text, or a placeholder when it may be a key. */
export function withoutKey(text: string): string {
  return isKeyLike(text) ? '(text like a key, not shown)' : text;
}
