/** Query parameters of the attestation routes. @module */
import { type Static, Type } from 'typebox';

// Decimal, no sign, no leading zero, below 10^15: always a safe integer.
const Size = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' });

export const TreeHeadQuery = Type.Object(
  { tree_size: Type.Optional(Size) },
  { additionalProperties: false },
);
export type TreeHeadQuery = Static<typeof TreeHeadQuery>;

export const InclusionQuery = Type.Object(
  { tree_size: Type.Optional(Size) },
  { additionalProperties: false },
);
export type InclusionQuery = Static<typeof InclusionQuery>;

export const ConsistencyQuery = Type.Object(
  { old_size: Size, new_size: Size },
  { additionalProperties: false },
);
export type ConsistencyQuery = Static<typeof ConsistencyQuery>;

/** A size that its schema has already checked. */
export function integerFromQuery(text: string): number;
export function integerFromQuery(text: string | undefined): number | null;
export function integerFromQuery(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
