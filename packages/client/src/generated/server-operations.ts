/** The operations of "server", generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import type { Health } from './server-schemas.ts';

export interface ServerOperations {
  /** Whether the process turns. */
  readonly getLiveness: { readonly args: Record<never, never>; readonly answer: Health };
  /** Whether this server should get traffic. */
  readonly getReadiness: { readonly args: Record<never, never>; readonly answer: Health };
  /** Whether the start is over. */
  readonly getStartup: { readonly args: Record<never, never>; readonly answer: Health };
  /** The server’s metrics as Prometheus text. */
  readonly getMetrics: { readonly args: Record<never, never>; readonly answer: string };
  /** The verifier page, which checks proofs in the browser and talks to nobody. */
  readonly getVerifyPage: { readonly args: Record<never, never>; readonly answer: string };
  /** This description: OpenAPI 3.1. */
  readonly getApiDocument: {
    readonly args: Record<never, never>;
    readonly answer: { readonly openapi: string; readonly [name: string]: unknown };
  };
  /** This description as a page. */
  readonly getDocsPage: { readonly args: Record<never, never>; readonly answer: string };
}

export const SERVER_OPERATIONS: Readonly<Record<keyof ServerOperations, OperationFacts>> = {
  getLiveness: { method: 'GET', path: '/health/live', body: null, answer: 'json' },
  getReadiness: { method: 'GET', path: '/health/ready', body: null, answer: 'json' },
  getStartup: { method: 'GET', path: '/health/startup', body: null, answer: 'json' },
  getMetrics: { method: 'GET', path: '/metrics', body: null, answer: 'text' },
  getVerifyPage: { method: 'GET', path: '/verify', body: null, answer: 'text' },
  getApiDocument: { method: 'GET', path: '/openapi.json', body: null, answer: 'json' },
  getDocsPage: { method: 'GET', path: '/docs', body: null, answer: 'text' },
};
