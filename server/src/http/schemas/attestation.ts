/** Query parameters of the attestation routes. @module */
import { type Static, Type } from 'typebox';

// Decimal, no sign, no leading zero, below 10^15: always a safe integer.
const Size = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' });

// Any text: what is no log's name gets the answer of an unknown one.
const LogName = Type.Optional(Type.String());

const strict = { additionalProperties: false } as const;

export const LogQuery = Type.Object({ log: LogName }, strict);
export type LogQuery = Static<typeof LogQuery>;

export const TreeHeadQuery = Type.Object({ log: LogName, tree_size: Type.Optional(Size) }, strict);
export type TreeHeadQuery = Static<typeof TreeHeadQuery>;

export const InclusionQuery = Type.Object(
  { log: LogName, tree_size: Type.Optional(Size), leaf_index: Type.Optional(Size) },
  strict,
);
export type InclusionQuery = Static<typeof InclusionQuery>;

export const ConsistencyQuery = Type.Object(
  { log: LogName, old_size: Size, new_size: Size },
  strict,
);
export type ConsistencyQuery = Static<typeof ConsistencyQuery>;

export const PackageQuery = Type.Object(
  {
    token: Type.Optional(Type.String()),
    witnessed: Type.Optional(Type.Enum(['prefer', 'require', 'none'])),
  },
  strict,
);
export type PackageQuery = Static<typeof PackageQuery>;

/** A size that its schema has already checked. */
export function integerFromQuery(text: string): number;
export function integerFromQuery(text: string | undefined): number | null;
export function integerFromQuery(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
