/** An endpoint's signature as the API reads and writes it; secrets go in and never come out. @module */
import { type Static, Type } from 'typebox';
import type { EndpointSignature } from '../../endpoints/endpoint-signature.ts';
import { PRESET_NAMES } from '../../endpoints/scheme-presets.ts';
import { MAX_SECRET_LENGTH, MAX_SECRETS } from '../../endpoints/scheme-secret.ts';
import { SchemeJson } from '../../endpoints/signature-scheme.ts';

/** The same for making an endpoint and for replacing one. */
export const SignatureBody = Type.Object(
  {
    scheme: Type.Unsafe<string>({ type: 'string', enum: [...PRESET_NAMES, 'generic'] }),
    secrets: Type.Array(Type.String({ minLength: 1, maxLength: MAX_SECRET_LENGTH }), {
      minItems: 1,
      maxItems: MAX_SECRETS,
    }),
    record: Type.Optional(SchemeJson),
  },
  { additionalProperties: false },
);
export type SignatureBody = Static<typeof SignatureBody>;

export const SignatureJson = Type.Object(
  {
    scheme: Type.String({ examples: ['github'] }),
    record: Type.Optional(SchemeJson),
    secret_count: Type.Integer({ minimum: 0, examples: [1] }),
  },
  { title: 'Signature' },
);
export type SignatureJson = Static<typeof SignatureJson>;

export function encodeSignatureJson(signature: EndpointSignature | null): SignatureJson | null {
  if (signature === null) return null;
  return { ...signature.choice, secret_count: signature.secretCount };
}
