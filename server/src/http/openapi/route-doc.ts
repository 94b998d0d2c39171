/** What a route says of itself beside its schemas: enough for the document, and nothing that the schemas say already. @module */
import type { TSchema } from 'typebox';
import type { FailureKind } from '../../base/failure.ts';
import type { Scope } from '../../tenants/api-key.ts';

export const TAGS = {
  ingest: 'Webhooks come in.',
  events: 'Accepted webhooks, their delivery attempts, and delivering them again.',
  endpoints: 'Where events are delivered to, and how.',
  attestation: 'The log: tree heads, proofs, and packages that verify without this server.',
  tenant: 'A tenant’s own API keys, and how it stands.',
  console: 'Sessions of the operator page, which is at `/console`.',
  platform: 'Tenants, for the operator of the server.',
  server: 'Health, metrics and pages of this server.',
} as const;
export type Tag = keyof typeof TAGS;

/**
 * Who may call a route. A scope: an API key that has it. `log`: everybody for a public log, a `proofs:read` key for its
 * tenant's own. `package`: a `proofs:read` key or a share link's token. `ingest`: an `ingest` key, or the signature that
 * the endpoint asks for. `platform`: the operator's token. `metrics`: the metrics token, where one is set.
 */
export type Auth = Scope | 'none' | 'log' | 'package' | 'ingest' | 'platform' | 'metrics';

export interface AnswerDoc {
  readonly description: string;
  /** JSON, unless `contentType` says otherwise; without it the answer has no body. */
  readonly schema?: TSchema;
  readonly contentType?: string;
  /** Headers that callers may rely on, each with what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteDoc {
  /** The name of the operation, and of the method in clients. */
  readonly id: string;
  readonly tag: Tag;
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  readonly auth: Auth;
  /** By status: what a caller gets where nothing is wrong. */
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /** Refusals beyond those that follow from the rest: of the key, of the rate, of the schemas, of ids in the path. */
  readonly errors?: readonly FailureKind[];
  /** The answer has an `ETag`, and whoever has it already gets 304. */
  readonly isConditional?: boolean;
  /** A body that is no JSON, by content type. */
  readonly rawBody?: { readonly contentType: string; readonly description: string };
  /** A JSON body that may be left out. */
  readonly bodyIsOptional?: boolean;
  /** Headers of the request that change what is done, each with what it says. */
  readonly requestHeaders?: Readonly<Record<string, string>>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly doc?: RouteDoc;
  }
}
