/** Anchors as the API shows them, and the query parameters of their routes. @module */
import { base64FromBytes, hexFromBytes } from '@kapsel/verification';
import { type Static, Type } from 'typebox';
import {
  type Anchor,
  type CalendarState,
  type PublicAnchorStatus,
  publicStatus,
} from '../../anchors/anchor.ts';
import type { CoveringAnchor } from '../../anchors/store.ts';
import { timeFromMs } from '../../base/clock.ts';
import { LogName, PackageAnswer } from './attestation.ts';
import { Id, LimitText, nullable, Time } from './values.ts';

const strict = { additionalProperties: false } as const;

export const BlockchainProofQuery = Type.Object(
  { token: Type.Optional(Type.String({ description: 'Of a share link, in place of a key.' })) },
  strict,
);

export const AnchorListQuery = Type.Object(
  {
    log: LogName,
    before: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}$',
        description: 'Anchors of smaller trees than this.',
        examples: ['1000'],
      }),
    ),
    limit: Type.Optional(LimitText),
  },
  strict,
);
export type AnchorListQuery = Static<typeof AnchorListQuery>;

const STATUSES: readonly PublicAnchorStatus[] = [
  'pending',
  'header_not_given',
  'confirmed',
  'mismatch',
];
const STATES: readonly CalendarState[] = ['new', 'pending', 'complete', 'refused'];

const TreeSize = Type.Integer({ minimum: 1, examples: [1_000] });
const Status = Type.Enum([...STATUSES]);
const Checkpoint = Type.String({
  description: 'The file that was stamped.',
  examples: ['log.example/shared\n1000\n…\n'],
});
const Ots = nullable(
  Type.String({
    description: 'The OpenTimestamps proof, base64; null before the first calendar answered.',
    examples: ['AE9wZW5UaW1lc3RhbXBz…'],
  }),
);

const BLOCK = {
  block_height: nullable(Type.Integer({ minimum: 0, examples: [840_000] })),
  block_header: nullable(
    Type.String({ description: 'Its 80 bytes, hex.', examples: ['0000002006…'] }),
  ),
  header_source: nullable(
    Type.String({
      description: 'Whose word it is that the block stands at that height.',
      examples: ['bitcoin-rpc'],
    }),
  ),
};
type BlockJson = Pick<AnchorJson, keyof typeof BLOCK>;

const ANCHOR = {
  tree_size: TreeSize,
  sth_id: Id,
  status: Status,
  created_at: Time,
  ...BLOCK,
};

export const AnchorJson = Type.Object(ANCHOR, { title: 'Anchor' });
export type AnchorJson = Static<typeof AnchorJson>;

export const AnchorListJson = Type.Object(
  {
    anchors: Type.Array(AnchorJson),
    next_before: nullable(
      Type.Integer({ description: 'Give it as `before` for the next page.', examples: [900] }),
    ),
  },
  { title: 'AnchorList' },
);
export type AnchorListJson = Static<typeof AnchorListJson>;

export function encodeAnchorJson(anchor: CoveringAnchor): AnchorJson {
  return {
    tree_size: anchor.treeSize,
    sth_id: anchor.headId,
    status: publicStatus(anchor.status),
    created_at: timeFromMs(anchor.createdAtMs),
    ...blockJson(anchor),
  };
}

export const WholeAnchorJson = Type.Object(
  {
    ...ANCHOR,
    checkpoint: Checkpoint,
    ots: Ots,
    calendars: Type.Array(
      Type.Object({
        url: Type.String({ examples: ['https://a.pool.opentimestamps.org'] }),
        state: Type.Enum([...STATES]),
      }),
    ),
  },
  { title: 'WholeAnchor' },
);
export type WholeAnchorJson = Static<typeof WholeAnchorJson>;

export function encodeWholeAnchorJson(anchor: Anchor): WholeAnchorJson {
  return {
    ...encodeAnchorJson(anchor),
    checkpoint: Buffer.from(anchor.note).toString('utf8'),
    ots: anchor.ots === null ? null : base64FromBytes(anchor.ots),
    calendars: anchor.calendars.map(({ url, state }) => ({ url, state })),
  };
}

export const BlockchainProofJson = Type.Object(
  {
    status: Status,
    tree_size: TreeSize,
    checkpoint: Checkpoint,
    ots: Ots,
    ...BLOCK,
    package: PackageAnswer,
  },
  { title: 'BlockchainProof' },
);
export type BlockchainProofJson = Static<typeof BlockchainProofJson>;

/** Without the package, which whoever sends it puts in as it is. */
export function encodeBlockchainProof(
  anchor: CoveringAnchor,
): Omit<BlockchainProofJson, 'package'> {
  return {
    status: publicStatus(anchor.status),
    tree_size: anchor.treeSize,
    checkpoint: Buffer.from(anchor.note).toString('utf8'),
    ots: anchor.ots === null ? null : base64FromBytes(anchor.ots),
    ...blockJson(anchor),
  };
}

function blockJson({ block }: CoveringAnchor): BlockJson {
  return {
    block_height: block?.height ?? null,
    block_header: block === null ? null : hexFromBytes(block.header),
    header_source: block?.source.split(' ')[0] ?? null,
  };
}
