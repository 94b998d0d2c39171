/** What "console" takes and answers, generated from the API’s document, and never edited: see docs/architecture.md. @module */

export type SignIn = { readonly api_key: string };

export type ConsoleSession = {
  readonly session: {
    readonly tenant_id: string;
    readonly scopes: readonly (
      | 'ingest'
      | 'events:read'
      | 'events:write'
      | 'endpoints:read'
      | 'endpoints:write'
      | 'proofs:read'
      | 'admin'
    )[];
    readonly expires_at: string;
  } | null;
};
