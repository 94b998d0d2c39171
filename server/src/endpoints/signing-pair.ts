/** Signing pair: the two secrets that deliveries of an endpoint are signed with, made and replaced together. @module */
import type { EndpointId } from '../base/ids.ts';
import {
  type ActiveKey,
  makeSigningSecret,
  parseSigningSecret,
  SIGNING_VERSIONS,
  SigningSecretError,
  type SigningVersion,
} from './signing-secret.ts';

/** The texts of both. `v1` is known to the destination too; `v1a` to nobody but this server. */
export interface SigningPair {
  readonly v1: string;
  readonly v1a: string;
}

/** What everybody who may see the endpoint may see of a pair. */
export interface SigningPairInfo {
  /** `whpk_…`: verifies the `v1a` signatures of this pair. */
  readonly publicKey: string;
  readonly createdAtMs: number;
  /** Null for the pair that stays; during a rotation the older ones sign until then. */
  readonly validUntilMs: number | null;
}

/** So many pairs sign at once at most: each costs a destination a signature to look at. */
export const MAX_ACTIVE_PAIRS = 4;

export interface SecretFault {
  readonly version: SigningVersion;
  readonly message: string;
}

export type ParsedPair =
  | { readonly kind: 'pair'; readonly pair: SigningPair }
  | { readonly kind: 'faults'; readonly faults: readonly SecretFault[] };

export function makePair(): SigningPair {
  return { v1: makeSigningSecret('v1'), v1a: makeSigningSecret('v1a') };
}

/** Takes what a caller gives, and makes what it does not. */
export function parseGivenPair(given: {
  readonly v1?: string | undefined;
  readonly v1a?: string | undefined;
}): ParsedPair {
  const made = makePair();
  const pair: SigningPair = { v1: given.v1 ?? made.v1, v1a: given.v1a ?? made.v1a };
  const faults = SIGNING_VERSIONS.flatMap((version): SecretFault[] => {
    try {
      if (parseSigningSecret(pair[version]).version === version) return [];
      return [{ version, message: 'is a secret of the other kind' }];
    } catch (error) {
      if (!(error instanceof SigningSecretError)) throw error;
      return [{ version, message: error.message }];
    }
  });
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'pair', pair };
}

export function publicKeyOf({ v1a }: SigningPair): string {
  const { publicKey } = parseSigningSecret(v1a);
  if (publicKey === null) throw new SigningSecretError('has no public key');
  return publicKey;
}

/** What a pair is sealed for: copied to another endpoint's row, it does not open. */
export function placeOfPair(endpointId: EndpointId): string {
  return `endpoint_signing_secrets/${endpointId}`;
}

export function encodePair({ v1, v1a }: SigningPair): string {
  return JSON.stringify({ v1, v1a });
}

/** The keys of a stored pair, in the versions that are wanted. Throws for a text that holds none. */
export function activeKeysOf(
  stored: string,
  versions: readonly SigningVersion[],
  untilMs: number | null,
): ActiveKey[] {
  const pair = JSON.parse(stored) as Partial<SigningPair>;
  return versions.map((version) => {
    const signingKey = parseSigningSecret(String(pair[version]));
    if (signingKey.version !== version) throw new SigningSecretError('is of the other kind');
    return { signingKey, untilMs };
  });
}
