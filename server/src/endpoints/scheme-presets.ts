/** The providers' signature schemes by name: one row each, as their documents describe them. @module */
import { parseSignatureScheme, type SchemeJson, type SignatureScheme } from './signature-scheme.ts';

export const PRESET_NAMES = [
  'github',
  'stripe',
  'shopify',
  'slack',
  'standard',
  'standard-v1a',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

const TOLERANCE_S = 300;

// Standard Webhooks 1.0.0; `v1` is HMAC, `v1a` Ed25519. Both may stand in one header.
const STANDARD = {
  signature_header: 'webhook-signature',
  encoding: 'base64',
  signed: '{id}.{timestamp}.{body}',
  id_header: 'webhook-id',
  timestamp: { kind: 'header', name: 'webhook-timestamp' },
  tolerance_s: TOLERANCE_S,
  event_key: { kind: 'header', name: 'webhook-id' },
} as const;

export const PRESETS: Readonly<Record<PresetName, SchemeJson>> = {
  // Signs no time, and not the event key either: that tells retries apart, and keeps nobody from a replay.
  github: {
    alg: 'hmac-sha256',
    signature_header: 'X-Hub-Signature-256',
    extract: { kind: 'prefix', prefix: 'sha256=' },
    encoding: 'hex',
    signed: '{body}',
    key: { kind: 'utf8' },
    event_key: { kind: 'header', name: 'X-GitHub-Delivery' },
  },
  // The key is the text of the secret, `whsec_` included; `v0` entries are for test clocks and count for nothing.
  stripe: {
    alg: 'hmac-sha256',
    signature_header: 'Stripe-Signature',
    extract: { kind: 'list', item_separator: ',', pair_separator: '=', versions: ['v1'] },
    encoding: 'hex',
    signed: '{timestamp}.{body}',
    timestamp: { kind: 'list', name: 't' },
    tolerance_s: TOLERANCE_S,
    key: { kind: 'utf8' },
    event_key: { kind: 'pointer', pointer: '/id' },
  },
  // Signs no time, as GitHub.
  shopify: {
    alg: 'hmac-sha256',
    signature_header: 'X-Shopify-Hmac-Sha256',
    extract: { kind: 'bare' },
    encoding: 'base64',
    signed: '{body}',
    key: { kind: 'utf8' },
    event_key: { kind: 'header', name: 'X-Shopify-Webhook-Id' },
  },
  slack: {
    alg: 'hmac-sha256',
    signature_header: 'X-Slack-Signature',
    extract: { kind: 'prefix', prefix: 'v0=' },
    encoding: 'hex',
    signed: 'v0:{timestamp}:{body}',
    timestamp: { kind: 'header', name: 'X-Slack-Request-Timestamp' },
    tolerance_s: TOLERANCE_S,
    key: { kind: 'utf8' },
    event_key: { kind: 'pointer', pointer: '/event_id' },
  },
  standard: {
    ...STANDARD,
    alg: 'hmac-sha256',
    extract: { kind: 'list', item_separator: ' ', pair_separator: ',', versions: ['v1'] },
    key: { kind: 'base64', prefix: 'whsec_' },
  },
  'standard-v1a': {
    ...STANDARD,
    alg: 'ed25519',
    extract: { kind: 'list', item_separator: ' ', pair_separator: ',', versions: ['v1a'] },
    key: { kind: 'base64', prefix: 'whpk_' },
  },
};

export function presetScheme(name: PresetName): SignatureScheme {
  const parsed = parseSignatureScheme(PRESETS[name]);
  if (parsed.kind === 'faults') throw new TypeError(`the preset ${name} is not a scheme`);
  return parsed.scheme;
}
