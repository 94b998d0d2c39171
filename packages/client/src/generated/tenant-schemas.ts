/** What "tenant" takes and answers, generated from the API’s document, and never edited: see docs/architecture.md. @module */

export type Stats = {
  readonly events: {
    readonly received: number;
    readonly pending: number;
    readonly delivered: number;
    readonly failed: number;
    readonly held: number;
  };
  readonly queue: {
    readonly waiting: number;
    readonly in_flight: number;
    readonly oldest_due_s: number;
  };
  readonly endpoints: {
    readonly total: number;
    readonly disabled: number;
    readonly interrupted: number;
  };
};

export type ApiKeyList = { readonly data: readonly ApiKey[]; readonly next_cursor: string | null };

export type ApiKey = {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly (
    | 'ingest'
    | 'events:read'
    | 'events:write'
    | 'endpoints:read'
    | 'endpoints:write'
    | 'proofs:read'
    | 'admin'
  )[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
};

export type NewApiKey = {
  readonly name?: string;
  readonly scopes: readonly (
    | 'ingest'
    | 'events:read'
    | 'events:write'
    | 'endpoints:read'
    | 'endpoints:write'
    | 'proofs:read'
    | 'admin'
  )[];
  readonly expires_in_s?: number;
};

export type ApiKeyWithSecret = {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly (
    | 'ingest'
    | 'events:read'
    | 'events:write'
    | 'endpoints:read'
    | 'endpoints:write'
    | 'proofs:read'
    | 'admin'
  )[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
  readonly secret: string;
};
