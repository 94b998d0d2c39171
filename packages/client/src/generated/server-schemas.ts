/** What "server" takes and answers, generated from the API’s document, and never edited: see docs/architecture.md. @module */

export type Health = { readonly status: 'ok' };
