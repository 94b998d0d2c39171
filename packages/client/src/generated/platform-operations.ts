/** The operations of "platform", generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import type {
  NewTenant,
  Tenant,
  TenantList,
  TenantSettings,
  TenantWithKey,
} from './platform-schemas.ts';

export interface PlatformOperations {
  /** All tenants, newest first. */
  readonly listTenants: {
    readonly args: {
      readonly query?: {
        readonly limit?: string | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: TenantList;
  };
  /** Makes a tenant with a first API key, which is shown this once. */
  readonly createTenant: {
    readonly args: { readonly body: NewTenant };
    readonly answer: TenantWithKey;
  };
  /** One tenant. */
  readonly getTenant: {
    readonly args: { readonly path: { readonly tenant_id: string } };
    readonly answer: Tenant;
  };
  /** Replaces name, tier and rate limits; they count after two seconds at the latest. */
  readonly replaceTenant: {
    readonly args: { readonly path: { readonly tenant_id: string }; readonly body: TenantSettings };
    readonly answer: Tenant;
  };
}

export const PLATFORM_OPERATIONS: Readonly<Record<keyof PlatformOperations, OperationFacts>> = {
  listTenants: { method: 'GET', path: '/v1/tenants', body: null, answer: 'json' },
  createTenant: { method: 'POST', path: '/v1/tenants', body: 'application/json', answer: 'json' },
  getTenant: { method: 'GET', path: '/v1/tenants/{tenant_id}', body: null, answer: 'json' },
  replaceTenant: {
    method: 'PUT',
    path: '/v1/tenants/{tenant_id}',
    body: 'application/json',
    answer: 'json',
  },
};
