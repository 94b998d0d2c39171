/** The operations of "attestation", generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import type {
  AnchorList,
  BlockchainProof,
  ConsistencyProof,
  InclusionProof,
  LogKeys,
  NewShareLink,
  ProofPackage,
  ShareLinkList,
  TreeHead,
  WholeAnchor,
} from './attestation-schemas.ts';

export interface AttestationOperations {
  /** The newest signed tree head, or the one of a size. */
  readonly getTreeHead: {
    readonly args: {
      readonly query?: {
        readonly log?: string | undefined;
        readonly tree_size?: string | undefined;
      };
    };
    readonly answer: TreeHead;
  };
  /** The newest head as a C2SP signed note, with the lines of its witnesses. */
  readonly getCheckpoint: {
    readonly args: { readonly query?: { readonly log?: string | undefined } };
    readonly answer: string;
  };
  /** The proof that a leaf is in the tree. */
  readonly getInclusionProof: {
    readonly args: {
      readonly path: { readonly leaf_hash: string };
      readonly query?: {
        readonly log?: string | undefined;
        readonly tree_size?: string | undefined;
        readonly leaf_index?: string | undefined;
      };
    };
    readonly answer: InclusionProof;
  };
  /** The proof that a later tree begins with an earlier one. */
  readonly getConsistencyProof: {
    readonly args: {
      readonly query: {
        readonly log?: string | undefined;
        readonly old_size: string;
        readonly new_size: string;
      };
    };
    readonly answer: ConsistencyProof;
  };
  /** The keys of a log, and the statements about them, each proved under the head. */
  readonly getLogKeys: {
    readonly args: { readonly query?: { readonly log?: string | undefined } };
    readonly answer: LogKeys;
  };
  /** The anchors of a log in the Bitcoin chain, the largest tree first. */
  readonly listAnchors: {
    readonly args: {
      readonly query?: {
        readonly log?: string | undefined;
        readonly before?: string | undefined;
        readonly limit?: string | undefined;
      };
    };
    readonly answer: AnchorList;
  };
  /** One anchor with its two files, and how each calendar stands. */
  readonly getAnchor: {
    readonly args: {
      readonly path: { readonly tree_size: string };
      readonly query?: { readonly log?: string | undefined };
    };
    readonly answer: WholeAnchor;
  };
  /** The checkpoint that was stamped, as a file. */
  readonly downloadAnchoredCheckpoint: {
    readonly args: {
      readonly path: { readonly tree_size: string };
      readonly query?: { readonly log?: string | undefined };
    };
    readonly answer: string;
  };
  /** The OpenTimestamps proof of the checkpoint, as a file. */
  readonly downloadAnchorProof: {
    readonly args: {
      readonly path: { readonly tree_size: string };
      readonly query?: { readonly log?: string | undefined };
    };
    readonly answer: Uint8Array;
  };
  /** The proof package of a delivery attempt, which verifies without this server. */
  readonly downloadProof: {
    readonly args: {
      readonly path: { readonly delivery_attempt_id: string };
      readonly query?: {
        readonly token?: string | undefined;
        readonly witnessed?: 'prefer' | 'require' | 'none' | undefined;
        readonly anchor?: 'prefer' | 'require' | 'none' | undefined;
      };
    };
    readonly answer: ProofPackage;
  };
  /** How the Bitcoin anchor over a delivery attempt stands, with a package under that head. */
  readonly getBlockchainProof: {
    readonly args: {
      readonly path: { readonly delivery_attempt_id: string };
      readonly query?: { readonly token?: string | undefined };
    };
    readonly answer: BlockchainProof;
  };
  /** A link by which somebody without a key downloads one proof package. */
  readonly createShareLink: {
    readonly args: {
      readonly path: { readonly delivery_attempt_id: string };
      readonly body?: { readonly expires_in_s?: number };
    };
    readonly answer: NewShareLink;
  };
  /** The links to a proof package, without their tokens; at most 1,000. */
  readonly listShareLinks: {
    readonly args: { readonly path: { readonly delivery_attempt_id: string } };
    readonly answer: ShareLinkList;
  };
  /** Ends a link at once. */
  readonly endShareLink: {
    readonly args: {
      readonly path: { readonly delivery_attempt_id: string; readonly share_link_id: string };
    };
    readonly answer: undefined;
  };
  /** The newest checkpoint of a log, at its C2SP tlog-tiles path. */
  readonly getStaticCheckpoint: {
    readonly args: { readonly path: { readonly name: string } };
    readonly answer: string;
  };
  /** A hash tile of a log, at its C2SP tlog-tiles path: `{level}/{index}` or `{level}/{index}.p/{width}`. */
  readonly getStaticTile: {
    readonly args: { readonly path: { readonly name: string; readonly path: string } };
    readonly answer: Uint8Array;
  };
}

export const ATTESTATION_OPERATIONS: Readonly<Record<keyof AttestationOperations, OperationFacts>> =
  {
    getTreeHead: { method: 'GET', path: '/attestation/sth', body: null, answer: 'json' },
    getCheckpoint: { method: 'GET', path: '/attestation/checkpoint', body: null, answer: 'text' },
    getInclusionProof: {
      method: 'GET',
      path: '/attestation/proof/{leaf_hash}',
      body: null,
      answer: 'json',
    },
    getConsistencyProof: {
      method: 'GET',
      path: '/attestation/consistency-proof',
      body: null,
      answer: 'json',
    },
    getLogKeys: { method: 'GET', path: '/attestation/keys', body: null, answer: 'json' },
    listAnchors: { method: 'GET', path: '/attestation/anchors', body: null, answer: 'json' },
    getAnchor: {
      method: 'GET',
      path: '/attestation/anchors/{tree_size}',
      body: null,
      answer: 'json',
    },
    downloadAnchoredCheckpoint: {
      method: 'GET',
      path: '/attestation/anchors/{tree_size}/checkpoint',
      body: null,
      answer: 'text',
    },
    downloadAnchorProof: {
      method: 'GET',
      path: '/attestation/anchors/{tree_size}/checkpoint.ots',
      body: null,
      answer: 'bytes',
    },
    downloadProof: {
      method: 'GET',
      path: '/attestation/download-proof/{delivery_attempt_id}',
      body: null,
      answer: 'json',
    },
    getBlockchainProof: {
      method: 'GET',
      path: '/attestation/blockchain-proof/{delivery_attempt_id}',
      body: null,
      answer: 'json',
    },
    createShareLink: {
      method: 'POST',
      path: '/attestation/share/{delivery_attempt_id}',
      body: 'application/json',
      answer: 'json',
    },
    listShareLinks: {
      method: 'GET',
      path: '/attestation/share/{delivery_attempt_id}',
      body: null,
      answer: 'json',
    },
    endShareLink: {
      method: 'DELETE',
      path: '/attestation/share/{delivery_attempt_id}/{share_link_id}',
      body: null,
      answer: 'nothing',
    },
    getStaticCheckpoint: {
      method: 'GET',
      path: '/log/{name}/checkpoint',
      body: null,
      answer: 'text',
    },
    getStaticTile: { method: 'GET', path: '/log/{name}/tile/{path}', body: null, answer: 'bytes' },
  };
