/** The operations of "tenant", generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import type { ApiKey, ApiKeyList, ApiKeyWithSecret, NewApiKey, Stats } from './tenant-schemas.ts';

export interface TenantOperations {
  /** How the tenant stands: events, queue and endpoints in numbers. */
  readonly getStats: { readonly args: Record<never, never>; readonly answer: Stats };
  /** The tenant’s API keys, newest first, those that are over among them. */
  readonly listApiKeys: {
    readonly args: {
      readonly query?: {
        readonly limit?: string | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: ApiKeyList;
  };
  /** Makes an API key, and shows its secret this once. */
  readonly createApiKey: {
    readonly args: { readonly body: NewApiKey };
    readonly answer: ApiKeyWithSecret;
  };
  /** One API key, without its secret. */
  readonly getApiKey: {
    readonly args: { readonly path: { readonly api_key_id: string } };
    readonly answer: ApiKey;
  };
  /** Revokes an API key, within a second on all servers; also the one that asks. */
  readonly revokeApiKey: {
    readonly args: { readonly path: { readonly api_key_id: string } };
    readonly answer: undefined;
  };
}

export const TENANT_OPERATIONS: Readonly<Record<keyof TenantOperations, OperationFacts>> = {
  getStats: { method: 'GET', path: '/v1/stats', body: null, answer: 'json' },
  listApiKeys: { method: 'GET', path: '/v1/api-keys', body: null, answer: 'json' },
  createApiKey: { method: 'POST', path: '/v1/api-keys', body: 'application/json', answer: 'json' },
  getApiKey: { method: 'GET', path: '/v1/api-keys/{api_key_id}', body: null, answer: 'json' },
  revokeApiKey: {
    method: 'DELETE',
    path: '/v1/api-keys/{api_key_id}',
    body: null,
    answer: 'nothing',
  },
};
