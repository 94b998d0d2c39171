/** The public list of the client. @module */
export type { ApiErrorFacts, ErrorDetail } from './api-error.ts';
export { ApiError } from './api-error.ts';
export type { Client, ClientOptions } from './client.ts';
export { createClient } from './client.ts';
export type {
  Endpoint,
  EndpointSettings,
  EndpointWithSecret,
  NewEndpoint,
  SignatureScheme,
} from './generated/endpoints-schemas.ts';
export type { ErrorCode } from './generated/error-codes.ts';
export type {
  DeliveryAttempt,
  Event,
  EventList,
  EventSummary,
  Replay,
  ReplayRequest,
} from './generated/events-schemas.ts';
export type { Operations } from './generated/operations.ts';
export type { NewTenant, Tenant, TenantWithKey } from './generated/platform-schemas.ts';
export type { ApiKey, ApiKeyWithSecret, NewApiKey, Stats } from './generated/tenant-schemas.ts';
