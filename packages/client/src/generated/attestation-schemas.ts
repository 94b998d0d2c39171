/** What "attestation" takes and answers, generated from the API’s document, and never edited: see docs/architecture.md. @module */

export type TreeHead = {
  readonly tree_size: number;
  readonly root_hash: string;
  readonly timestamp: number;
  readonly signature: string;
  readonly public_key: string;
  readonly sth_id: string;
  readonly log: string;
  readonly checkpoint: string;
};

export type InclusionProof = {
  readonly leaf_hash: string;
  readonly leaf_index: number;
  readonly tree_size: number;
  readonly proof_hashes: readonly string[];
  readonly root_hash: string;
};

export type ConsistencyProof = {
  readonly old_size: number;
  readonly new_size: number;
  readonly old_root: string;
  readonly new_root: string;
  readonly proof_hashes: readonly string[];
};

export type LogKeys = {
  readonly log: string;
  readonly keys: readonly {
    readonly key_id: string;
    readonly public_key: string;
    readonly vkey: string;
    readonly state: string;
    readonly valid_from: string;
    readonly valid_until: string | null;
  }[];
  readonly statements: readonly {
    readonly leaf_data: string;
    readonly leaf_hash: string;
    readonly leaf_index: number | null;
    readonly inclusion_proof: InclusionProof | null;
  }[];
  readonly signed_tree_head: TreeHead | null;
};

export type AnchorList = {
  readonly anchors: readonly Anchor[];
  readonly next_before: number | null;
};

export type Anchor = {
  readonly tree_size: number;
  readonly sth_id: string;
  readonly status: 'pending' | 'header_not_given' | 'confirmed' | 'mismatch';
  readonly created_at: string;
  readonly block_height: number | null;
  readonly block_header: string | null;
  readonly header_source: string | null;
};

export type WholeAnchor = {
  readonly tree_size: number;
  readonly sth_id: string;
  readonly status: 'pending' | 'header_not_given' | 'confirmed' | 'mismatch';
  readonly created_at: string;
  readonly block_height: number | null;
  readonly block_header: string | null;
  readonly header_source: string | null;
  readonly checkpoint: string;
  readonly ots: string | null;
  readonly calendars: readonly {
    readonly url: string;
    readonly state: 'new' | 'pending' | 'complete' | 'refused';
  }[];
};

export type ProofPackage = {
  readonly format: 'kapsel.proof/v1';
  readonly delivery_attempt_id: string;
  readonly leaf_data: string;
  readonly leaf_hash: string;
  readonly inclusion_proof: InclusionProof;
  readonly signed_tree_head: TreeHead;
  readonly key_chain?: readonly unknown[];
  readonly [name: string]: unknown;
};

export type BlockchainProof = {
  readonly status: 'pending' | 'header_not_given' | 'confirmed' | 'mismatch';
  readonly tree_size: number;
  readonly checkpoint: string;
  readonly ots: string | null;
  readonly block_height: number | null;
  readonly block_header: string | null;
  readonly header_source: string | null;
  readonly package: ProofPackage;
};

export type NewShareLink = {
  readonly id: string;
  readonly url: string;
  readonly expires_at: string;
};

export type ShareLinkList = { readonly data: readonly ShareLink[] };

export type ShareLink = {
  readonly id: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly revoked_at: string | null;
};
