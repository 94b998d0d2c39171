/** How the requests to an endpoint look, as the API reads and writes it; secrets go in and, but for a new signing secret, never come out. @module */
import { hexFromBytes } from '@kapsel/verification';
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import { MAX_CERTIFICATE_CHARS, MAX_PRIVATE_KEY_CHARS } from '../../endpoints/client-identity.ts';
import { MAX_KEPT_HEADERS, type RequestSettings } from '../../endpoints/request-settings.ts';
import { MAX_OVERLAP_S } from '../../endpoints/rotate-secret.ts';
import { SIGNING_VERSIONS } from '../../endpoints/signing-secret.ts';
import { TLS_VERSIONS } from '../../endpoints/tls-settings.ts';
import { Hash, nullable, Time } from './values.ts';

const MAX_SECRET_CHARS = 128;

/** Secrets that a caller brings along, such as those of the system it comes from. */
const GivenPair = Type.Object(
  {
    v1: Type.Optional(Type.String({ maxLength: MAX_SECRET_CHARS })),
    v1a: Type.Optional(Type.String({ maxLength: MAX_SECRET_CHARS })),
  },
  { additionalProperties: false },
);

export const CustomHeaders = Type.Record(Type.String(), Type.String(), {
  description: 'Headers of every delivery; their values are sealed and never shown.',
  examples: [{ 'x-team': 'orders' }],
});

export const ClientCertificate = Type.Object(
  {
    certificate: Type.String({ maxLength: MAX_CERTIFICATE_CHARS }),
    private_key: Type.String({ maxLength: MAX_PRIVATE_KEY_CHARS }),
  },
  { additionalProperties: false, description: 'For mutual TLS: PEM.' },
);

/** The same for making an endpoint and for replacing one. */
export const RequestMembers = {
  signature_versions: Type.Optional(
    Type.Array(Type.Unsafe<'v1' | 'v1a'>({ type: 'string', enum: [...SIGNING_VERSIONS] }), {
      minItems: 1,
      maxItems: SIGNING_VERSIONS.length,
      uniqueItems: true,
    }),
  ),
  min_tls_version: Type.Optional(
    Type.Unsafe<'1.2' | '1.3'>({ type: 'string', enum: [...TLS_VERSIONS] }),
  ),
  kept_headers: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: MAX_KEPT_HEADERS }),
  ),
};

export const SigningSecretsMember = { signing_secrets: Type.Optional(GivenPair) };

export const RotateSecretBody = Type.Object(
  {
    overlap_s: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_OVERLAP_S })),
    ...SigningSecretsMember,
  },
  { additionalProperties: false },
);
export type RotateSecretBody = Static<typeof RotateSecretBody>;

/** Members of an endpoint as it is shown. */
export const REQUEST_ANSWER = {
  signature_versions: Type.Array(Type.Enum(['v1', 'v1a'])),
  signing_keys: Type.Array(
    Type.Object({
      public_key: Type.String({ examples: ['whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4='] }),
      created_at: Time,
      valid_until: nullable(Time),
    }),
    { description: 'What `v1a` signatures verify with; the one that stays first.' },
  ),
  custom_header_names: Type.Array(Type.String({ examples: ['x-team'] })),
  client_certificate: nullable(Type.Object({ sha256: Hash, expires_at: Time })),
  min_tls_version: Type.Enum(['1.2', '1.3']),
  kept_headers: Type.Array(Type.String({ examples: ['x-request-source'] })),
};
const RequestJson = Type.Object(REQUEST_ANSWER);
type RequestJson = Static<typeof RequestJson>;

export function encodeRequestJson(request: RequestSettings): RequestJson {
  const { clientCertificate } = request;
  return {
    signature_versions: [...request.signatureVersions],
    signing_keys: request.signingPairs.map(({ publicKey, createdAtMs, validUntilMs }) => ({
      public_key: publicKey,
      created_at: timeFromMs(createdAtMs),
      valid_until: validUntilMs === null ? null : timeFromMs(validUntilMs),
    })),
    custom_header_names: [...request.customHeaderNames],
    client_certificate:
      clientCertificate === null
        ? null
        : {
            sha256: hexFromBytes(clientCertificate.sha256),
            expires_at: timeFromMs(clientCertificate.expiresAtMs),
          },
    min_tls_version: request.minTlsVersion,
    kept_headers: [...request.keptHeaders],
  };
}
