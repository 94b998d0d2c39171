/** Endpoints as the API reads and writes them. @module */
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import type { Endpoint } from '../../endpoints/endpoint.ts';
import { type DeliveryJson, DeliveryMembers, encodeDeliveryJson } from './endpoint-delivery.ts';
import {
  encodeRequestJson,
  type RequestJson,
  RequestMembers,
  SigningSecretsMember,
} from './endpoint-request.ts';
import { encodeSignatureJson, SignatureBody, type SignatureJson } from './signature.ts';

// PostgreSQL text holds neither U+0000 nor half of a surrogate pair.
const STORABLE = '^[^\\u0000\\ud800-\\udfff]*$';

export const NewEndpointBody = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 2_048 }),
    description: Type.Optional(Type.String({ maxLength: 500, pattern: STORABLE })),
    max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    signature: Type.Optional(SignatureBody),
    ...DeliveryMembers,
    ...RequestMembers,
    ...SigningSecretsMember,
  },
  { additionalProperties: false },
);
export type NewEndpointBody = Static<typeof NewEndpointBody>;

export const EndpointListQuery = Type.Object(
  {
    limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|100)$' })),
    cursor: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
);
export type EndpointListQuery = Static<typeof EndpointListQuery>;

export interface EndpointJson extends RequestJson, DeliveryJson {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly max_attempts: number;
  readonly signature: SignatureJson | null;
  readonly created_at: string;
  readonly updated_at: string;
}

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
