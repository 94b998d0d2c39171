/** The single values of which answers are made, each with an example. @module */
import { type Static, type TSchema, Type } from 'typebox';

export const Id = Type.String({
  format: 'uuid',
  examples: ['01935b7c-1f2e-7a3b-8c4d-5e6f708192a3'],
});

export const Time = Type.String({ format: 'date-time', examples: ['2026-01-15T10:30:45.000Z'] });

/** SHA-256, and other values of 32 bytes. */
export const Hash = Type.String({
  pattern: '^[0-9a-f]{64}$',
  examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
});

export const Count = Type.Integer({ minimum: 0, examples: [3] });

/** A value that may not be there; the member always is. */
export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

/** Where the next page begins; null on the last one. */
export const NextCursor = nullable(
  Type.String({
    description: 'Give it as `cursor` for the next page; null on the last one.',
    examples: ['AZNbfB8ueju4TF5vcIGSo4Wm0b7n'],
  }),
);

/** How many a page holds at most. */
export const LimitText = Type.String({
  pattern: '^([1-9][0-9]?|100)$',
  description: 'How many are answered at most: 1 to 100, else 20.',
  examples: ['20'],
});

export const CursorText = Type.String({
  maxLength: 100,
  description: 'The `next_cursor` of the page before.',
});

/** Of lists that are narrowed by nothing. */
export const PageQuery = Type.Object(
  { limit: Type.Optional(LimitText), cursor: Type.Optional(CursorText) },
  { additionalProperties: false },
);
export type PageQuery = Static<typeof PageQuery>;

const DEFAULT_LIMIT = 20;

/** How many a page is to hold, by a text that its schema has checked. */
export function limitFrom({ limit }: { readonly limit?: string }): number {
  return limit === undefined ? DEFAULT_LIMIT : Number(limit);
}

/** PostgreSQL text holds neither U+0000 nor half of a surrogate pair. */
export const STORABLE = '^[^\\u0000\\ud800-\\udfff]*$';
