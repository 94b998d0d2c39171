/** Request settings of an endpoint: how the requests to it look, as far as everybody who may see the endpoint may know. @module */
import type { ClientCertificateInfo } from './client-identity.ts';
import type { SigningPairInfo } from './signing-pair.ts';
import type { SigningVersion } from './signing-secret.ts';
import type { TlsVersion } from './tls-settings.ts';

export interface RequestSettings {
  /** Which signatures deliveries carry. */
  readonly signatureVersions: readonly SigningVersion[];
  /** The one that stays first, then those that sign longest. Those of endpoints that were never signed for are empty. */
  readonly signingPairs: readonly SigningPairInfo[];
  /** Their values are secrets. In lower case. */
  readonly customHeaderNames: readonly string[];
  readonly minTlsVersion: TlsVersion;
  readonly clientCertificate: ClientCertificateInfo | null;
  /** Further headers of the provider that are kept and sent on. In lower case. */
  readonly keptHeaders: readonly string[];
}

export const DEFAULT_REQUEST_SETTINGS: RequestSettings = {
  signatureVersions: ['v1', 'v1a'],
  signingPairs: [],
  customHeaderNames: [],
  minTlsVersion: '1.2',
  clientCertificate: null,
  keptHeaders: [],
};

export const MAX_KEPT_HEADERS = 32;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]{1,100}$/; // RFC 9110 5.6.2, in lower case

/** Credentials of a provider are kept by nobody. */
const NEVER_KEPT: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]);

/** The names in lower case, each once; null where one is no header name, or is never kept. */
export function parseKeptHeaders(names: readonly string[]): readonly string[] | null {
  const lower = [...new Set(names.map((name) => name.toLowerCase()))];
  const isFine = lower.every((name) => TOKEN.test(name) && !NEVER_KEPT.has(name));
  return isFine && lower.length <= MAX_KEPT_HEADERS ? lower : null;
}
