/** What "ingest" takes and answers, generated from the API’s document, and never edited: see docs/architecture.md. @module */

export type Accepted = { readonly event_id: string; readonly duplicate: boolean };

export type BatchResults = {
  readonly results: readonly (
    | { readonly line: number; readonly event_id: string; readonly duplicate: boolean }
    | { readonly line: number; readonly error: { readonly code: string; readonly message: string } }
  )[];
};
