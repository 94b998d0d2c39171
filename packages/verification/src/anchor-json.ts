/** The verdict on an anchor as reports for machines have it. `kapsel.verify-report/v1`, member `anchors`. @module */
import type { OtsAttestation } from './ots/attestation.ts';
import type { AnchorVerdict, AttestationVerdict } from './ots/verify-anchor.ts';

/** Height, root, hash and time are those of the attestation that decided; null where none did. */
export function anchorJson({ state, chain, decisive, attestations }: AnchorVerdict): object {
  return {
    type: 'opentimestamps',
    state,
    chain,
    height: decisive?.attestation.kind === 'bitcoin' ? decisive.attestation.height : null,
    merkle_root: decisive?.merkleRoot ?? null,
    block_hash: decisive?.blockHash ?? null,
    block_time: decisive?.blockTime ?? null,
    header_source: decisive?.trust?.source ?? null,
    header_source_name: decisive?.trust?.name ?? null,
    attestations: attestations.map(attestationJson),
  };
}

function attestationJson({ attestation, state, merkleRoot }: AttestationVerdict): object {
  return { kind: attestation.kind, state, ...placeOf(attestation), merkle_root: merkleRoot };
}

function placeOf(attestation: OtsAttestation): object {
  switch (attestation.kind) {
    case 'pending':
      return { uri: attestation.uri };
    case 'unknown':
      return {};
    default:
      return { height: attestation.height };
  }
}
