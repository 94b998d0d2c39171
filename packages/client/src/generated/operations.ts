/** All operations, generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import { ATTESTATION_OPERATIONS, type AttestationOperations } from './attestation-operations.ts';
import { CONSOLE_OPERATIONS, type ConsoleOperations } from './console-operations.ts';
import { ENDPOINTS_OPERATIONS, type EndpointsOperations } from './endpoints-operations.ts';
import { EVENTS_OPERATIONS, type EventsOperations } from './events-operations.ts';
import { INGEST_OPERATIONS, type IngestOperations } from './ingest-operations.ts';
import { PLATFORM_OPERATIONS, type PlatformOperations } from './platform-operations.ts';
import { SERVER_OPERATIONS, type ServerOperations } from './server-operations.ts';
import { TENANT_OPERATIONS, type TenantOperations } from './tenant-operations.ts';

export interface Operations
  extends IngestOperations,
    EventsOperations,
    EndpointsOperations,
    AttestationOperations,
    TenantOperations,
    ConsoleOperations,
    PlatformOperations,
    ServerOperations {}

export const OPERATIONS: Readonly<Record<keyof Operations, OperationFacts>> = {
  ...INGEST_OPERATIONS,
  ...EVENTS_OPERATIONS,
  ...ENDPOINTS_OPERATIONS,
  ...ATTESTATION_OPERATIONS,
  ...TENANT_OPERATIONS,
  ...CONSOLE_OPERATIONS,
  ...PLATFORM_OPERATIONS,
  ...SERVER_OPERATIONS,
};
