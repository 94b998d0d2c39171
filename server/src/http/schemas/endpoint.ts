/** Endpoints as the API reads and writes them. @module */
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import type { Endpoint } from '../../endpoints/endpoint.ts';
import { DELIVERY_ANSWER, DeliveryMembers, encodeDeliveryJson } from './endpoint-delivery.ts';
import {
  ClientCertificate,
  CustomHeaders,
  encodeRequestJson,
  REQUEST_ANSWER,
  RequestMembers,
  SigningSecretsMember,
} from './endpoint-request.ts';
import { encodeSignatureJson, SignatureBody, SignatureJson } from './signature.ts';
import { Id, NextCursor, nullable, STORABLE, Time } from './values.ts';

const strict = { additionalProperties: false } as const;

const SETTINGS = {
  url: Type.String({
    minLength: 1,
    maxLength: 2_048,
    description:
      'Where deliveries go: https, and into no private network. User name and password become a header.',
    examples: ['https://example.com/webhook'],
  }),
  description: Type.Optional(
    Type.String({ maxLength: 500, pattern: STORABLE, examples: ['Orders to the warehouse'] }),
  ),
  max_attempts: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: 'Else 11.', examples: [11] }),
  ),
  ...DeliveryMembers,
  ...RequestMembers,
};

export const NewEndpointBody = Type.Object(
  {
    ...SETTINGS,
    signature: Type.Optional(SignatureBody),
    custom_headers: Type.Optional(CustomHeaders),
    client_certificate: Type.Optional(ClientCertificate),
    ...SigningSecretsMember,
  },
  { ...strict, title: 'NewEndpoint' },
);
export type NewEndpointBody = Static<typeof NewEndpointBody>;

const KEPT = 'Left out it stays as it is, since it cannot be read back; null removes it.';

/** A full replacement, but for what holds secrets. The signing secrets are replaced by a rotation alone. */
export const EndpointBody = Type.Object(
  {
    ...SETTINGS,
    signature: Type.Optional(
      Type.Union([SignatureBody, Type.Null()], { description: KEPT, examples: [null] }),
    ),
    custom_headers: Type.Optional(
      Type.Union([CustomHeaders, Type.Null()], { description: KEPT, examples: [null] }),
    ),
    client_certificate: Type.Optional(
      Type.Union([ClientCertificate, Type.Null()], { description: KEPT, examples: [null] }),
    ),
  },
  { ...strict, title: 'EndpointSettings' },
);
export type EndpointBody = Static<typeof EndpointBody>;

const ENDPOINT_MEMBERS = {
  id: Id,
  url: Type.String({ examples: ['https://example.com/webhook'] }),
  description: Type.String({ examples: ['Orders to the warehouse'] }),
  max_attempts: Type.Integer({ examples: [11] }),
  signature: nullable(SignatureJson),
  ...DELIVERY_ANSWER,
  ...REQUEST_ANSWER,
  created_at: Time,
  updated_at: Time,
};

export const EndpointJson = Type.Object(ENDPOINT_MEMBERS, { title: 'Endpoint' });
export type EndpointJson = Static<typeof EndpointJson>;

export const EndpointWithSecretJson = Type.Object(
  {
    ...ENDPOINT_MEMBERS,
    signing_secret: Type.String({
      description: 'The secret of the `v1` signatures. Shown this once.',
      examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    }),
  },
  { title: 'EndpointWithSecret' },
);
export type EndpointWithSecretJson = Static<typeof EndpointWithSecretJson>;

export const EndpointListJson = Type.Object(
  { data: Type.Array(EndpointJson), next_cursor: NextCursor },
  { title: 'EndpointList' },
);
export type EndpointListJson = Static<typeof EndpointListJson>;

export function encodeEndpointJson(endpoint: Endpoint): EndpointJson {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    max_attempts: endpoint.maxAttempts,
    signature: encodeSignatureJson(endpoint.signature),
    ...encodeDeliveryJson(endpoint.delivery, endpoint.state),
    ...encodeRequestJson(endpoint.request),
    created_at: timeFromMs(endpoint.createdAtMs),
    updated_at: timeFromMs(endpoint.updatedAtMs),
  };
}
