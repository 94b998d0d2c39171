/** The operations of "ingest", generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import type { Accepted, BatchResults } from './ingest-schemas.ts';

export interface IngestOperations {
  /** Takes a webhook, whatever bytes it is, and answers once it is stored. */
  readonly ingest: {
    readonly args: {
      readonly path: { readonly endpoint_id: string };
      readonly headers?: { readonly 'Idempotency-Key'?: string | undefined };
      readonly body?: string | Uint8Array<ArrayBuffer>;
    };
    readonly answer: Accepted;
  };
  /** Takes up to 1,000 webhooks, one JSON object a line, and answers a result a line. */
  readonly ingestBatch: {
    readonly args: {
      readonly path: { readonly endpoint_id: string };
      readonly body?: string | Uint8Array<ArrayBuffer>;
    };
    readonly answer: BatchResults;
  };
}

export const INGEST_OPERATIONS: Readonly<Record<keyof IngestOperations, OperationFacts>> = {
  ingest: { method: 'POST', path: '/ingest/{endpoint_id}', body: '*/*', answer: 'json' },
  ingestBatch: {
    method: 'POST',
    path: '/ingest/{endpoint_id}/batch',
    body: 'application/x-ndjson',
    answer: 'json',
  },
};
