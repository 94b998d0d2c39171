/** The operations of "endpoints", generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import type {
  Endpoint,
  EndpointList,
  EndpointSettings,
  EndpointWithSecret,
  NewEndpoint,
} from './endpoints-schemas.ts';
import type { QueuedEvent } from './events-schemas.ts';

export interface EndpointsOperations {
  /** Makes an endpoint, and shows its signing secret this once. */
  readonly createEndpoint: {
    readonly args: { readonly body: NewEndpoint };
    readonly answer: EndpointWithSecret;
  };
  /** Endpoints, newest first. */
  readonly listEndpoints: {
    readonly args: {
      readonly query?: {
        readonly limit?: string | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: EndpointList;
  };
  /** One endpoint, without its secrets. */
  readonly getEndpoint: {
    readonly args: { readonly path: { readonly endpoint_id: string } };
    readonly answer: Endpoint;
  };
  /** Replaces the settings of an endpoint. */
  readonly replaceEndpoint: {
    readonly args: {
      readonly path: { readonly endpoint_id: string };
      readonly headers?: { readonly 'If-Match'?: string | undefined };
      readonly body: EndpointSettings;
    };
    readonly answer: Endpoint;
  };
  /** Deletes an endpoint. */
  readonly deleteEndpoint: {
    readonly args: {
      readonly path: { readonly endpoint_id: string };
      readonly headers?: { readonly 'If-Match'?: string | undefined };
    };
    readonly answer: undefined;
  };
  /** Sends a test event to an endpoint. */
  readonly testEndpoint: {
    readonly args: {
      readonly path: { readonly endpoint_id: string };
      readonly body?: { readonly payload?: unknown };
    };
    readonly answer: QueuedEvent;
  };
  /** A new pair of signing secrets; the older ones sign beside it for a while. */
  readonly rotateEndpointSecret: {
    readonly args: {
      readonly path: { readonly endpoint_id: string };
      readonly body?: {
        readonly overlap_s?: number;
        readonly signing_secrets?: { readonly v1?: string; readonly v1a?: string };
      };
    };
    readonly answer: EndpointWithSecret;
  };
  /** Stops deliveries; events are still accepted, and held. */
  readonly disableEndpoint: {
    readonly args: { readonly path: { readonly endpoint_id: string } };
    readonly answer: Endpoint;
  };
  /** Starts deliveries again, and says which held events are released. */
  readonly enableEndpoint: {
    readonly args: {
      readonly path: { readonly endpoint_id: string };
      readonly body: { readonly release: 'all' | 'none' | { readonly since: string } };
    };
    readonly answer: Endpoint;
  };
}

export const ENDPOINTS_OPERATIONS: Readonly<Record<keyof EndpointsOperations, OperationFacts>> = {
  createEndpoint: {
    method: 'POST',
    path: '/v1/endpoints',
    body: 'application/json',
    answer: 'json',
  },
  listEndpoints: { method: 'GET', path: '/v1/endpoints', body: null, answer: 'json' },
  getEndpoint: { method: 'GET', path: '/v1/endpoints/{endpoint_id}', body: null, answer: 'json' },
  replaceEndpoint: {
    method: 'PUT',
    path: '/v1/endpoints/{endpoint_id}',
    body: 'application/json',
    answer: 'json',
  },
  deleteEndpoint: {
    method: 'DELETE',
    path: '/v1/endpoints/{endpoint_id}',
    body: null,
    answer: 'nothing',
  },
  testEndpoint: {
    method: 'POST',
    path: '/v1/endpoints/{endpoint_id}/test',
    body: 'application/json',
    answer: 'json',
  },
  rotateEndpointSecret: {
    method: 'POST',
    path: '/v1/endpoints/{endpoint_id}/rotate-secret',
    body: 'application/json',
    answer: 'json',
  },
  disableEndpoint: {
    method: 'POST',
    path: '/v1/endpoints/{endpoint_id}/disable',
    body: null,
    answer: 'json',
  },
  enableEndpoint: {
    method: 'POST',
    path: '/v1/endpoints/{endpoint_id}/enable',
    body: 'application/json',
    answer: 'json',
  },
};
