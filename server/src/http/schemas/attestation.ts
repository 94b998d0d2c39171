/** The attestation routes: their query parameters, and heads and proofs as they are answered. @module */
import { type Static, Type } from 'typebox';
import { Count, Hash, Id } from './values.ts';

// Decimal, no sign, no leading zero, below 10^15: always a safe integer.
const Size = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$', examples: ['3'] });

// Any text: what is no log's name gets the answer of an unknown one.
export const LogName = Type.Optional(
  Type.String({
    description: 'The name of a log; else that of the key’s tenant, or the shared one.',
    examples: ['shared'],
  }),
);

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
    token: Type.Optional(Type.String({ description: 'Of a share link, in place of a key.' })),
    witnessed: Type.Optional(
      Type.Enum(['prefer', 'require', 'none'], {
        description: 'Whether the head is to be one that enough witnesses signed; else `prefer`.',
      }),
    ),
    anchor: Type.Optional(
      Type.Enum(['prefer', 'require', 'none'], {
        description:
          'Whether the head is to be one that is anchored in the Bitcoin chain; else `prefer`.',
      }),
    ),
  },
  strict,
);
export type PackageQuery = Static<typeof PackageQuery>;

const HashList = Type.Array(Hash);

export const TreeHeadAnswer = Type.Object(
  {
    tree_size: Count,
    root_hash: Hash,
    timestamp: Type.Integer({
      description: 'Unix milliseconds.',
      examples: [1_768_473_045_000],
    }),
    signature: Type.String({
      pattern: '^[0-9a-f]{128}$',
      description: 'Ed25519 over the 50 bytes of RFC 6962 section 3.5.',
      examples: ['a'.repeat(128)],
    }),
    public_key: Hash,
    sth_id: Id,
    log: Type.String({ examples: ['log.acme.example/1'] }),
    checkpoint: Type.String({
      description: 'The same head as a C2SP signed note.',
      examples: ['log.acme.example/1\n3\n…\n\n— log.acme.example/1 …\n'],
    }),
  },
  { title: 'TreeHead' },
);

export const InclusionProofAnswer = Type.Object(
  {
    leaf_hash: Hash,
    leaf_index: Count,
    tree_size: Count,
    proof_hashes: HashList,
    root_hash: Hash,
  },
  { title: 'InclusionProof' },
);

export const ConsistencyProofAnswer = Type.Object(
  {
    old_size: Count,
    new_size: Count,
    old_root: Hash,
    new_root: Hash,
    proof_hashes: HashList,
  },
  { title: 'ConsistencyProof' },
);

/** Proof packages have a format of their own, and are written by the story that assembles them. */
export const PackageAnswer = Type.Object(
  {
    format: Type.Literal('kapsel.proof/v1'),
    delivery_attempt_id: Id,
    leaf_data: Type.String({
      description: 'The exact text of the leaf.',
      examples: ['{"type":"kapsel.delivery/v1",…}'],
    }),
    leaf_hash: Hash,
    inclusion_proof: InclusionProofAnswer,
    signed_tree_head: TreeHeadAnswer,
    key_chain: Type.Optional(Type.Array(Type.Unknown({ examples: [{}] }))),
  },
  {
    title: 'ProofPackage',
    description: 'See docs/proof-format.md; further members stand there.',
    additionalProperties: true,
  },
);

/** A size that its schema has already checked. */
export function integerFromQuery(text: string): number;
export function integerFromQuery(text: string | undefined): number | null;
export function integerFromQuery(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
